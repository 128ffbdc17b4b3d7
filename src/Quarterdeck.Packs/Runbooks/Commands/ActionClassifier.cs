using System.Text.RegularExpressions;
using Quarterdeck.Packs.Manifest;

namespace Quarterdeck.Packs.Runbooks.Commands;

/// <summary>
/// Says what kind of change a function makes: the pack's word first, then the pack's pause definition, then the function's name.
/// Where a flag decides between pausing and unpausing and is not known, it counts as unpausing, which is the stricter.
/// </summary>
public sealed partial class ActionClassifier(ProtocolPack? pack)
{
    /// <summary>The class of a call.</summary>
    /// <param name="target">Contract as the runbook names it.</param>
    /// <param name="function">Name, signature, or four-byte selector.</param>
    /// <param name="args">Arguments as text.</param>
    public ActionClass Classify(string target, string function, IReadOnlyList<string> args)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(function);
        ArgumentNullException.ThrowIfNull(args);
        var contract = pack?.FindContract(target);
        if (function.StartsWith("0x", StringComparison.Ordinal))
        {
            if (function.Length < 10 || !uint.TryParse(function.AsSpan(2, 8), System.Globalization.NumberStyles.HexNumber, null, out var selector)
                || contract?.Abi?.FindFunction(selector) is not { } known) return ActionClass.Other;
            function = known.Signature;
        }

        var signature = AbiReference.SignatureOf(function);
        var name = signature.Split('(')[0];
        if (contract is not null)
        {
            if (contract.Classes.TryGetValue(signature, out var given) || contract.Classes.TryGetValue(name, out given)) return given;
            if (contract.Pause is { } pause)
            {
                if (AbiReference.SignatureOf(pause.Call) == signature && !signature.Contains("bool", StringComparison.Ordinal)) return ActionClass.Pause;
                if (pause.Inverse is not null && AbiReference.SignatureOf(pause.Inverse) == signature) return ActionClass.Unpause;
                if (pause.Request is not null && AbiReference.SignatureOf(pause.Request) == signature) return ActionClass.Unpause;
            }
        }

        return Wrapped(name, args) ?? ByName(name, args);
    }

    /// <summary>A call inside a timelock or multisig call is classed by what it will do.</summary>
    private ActionClass? Wrapped(string name, IReadOnlyList<string> args)
    {
        if (!Forwarding().IsMatch(name) || args.Count < 2 || pack?.FindContract(args[0]) is null) return null;
        var inner = args.Skip(1).FirstOrDefault(a => a.StartsWith("0x", StringComparison.Ordinal) && a.Length >= 10 && a.Length % 64 == 10);
        return inner is null || Classify(args[0], inner, []) is var found && found == ActionClass.Other ? null : Classify(args[0], inner, []);
    }

    [GeneratedRegex("^(schedule|execute|execTransaction|functionCall|queueTransaction|executeTransaction|submitTransaction|forward)$")]
    private static partial Regex Forwarding();

    private static ActionClass ByName(string name, IReadOnlyList<string> args)
    {
        var plain = Separators().Replace(name, "").ToLowerInvariant();
        if (Toggle().IsMatch(plain) && args.Count > 0)
        {
            var on = args[^1].Trim().ToLowerInvariant();
            var stops = !plain.Contains("enable", StringComparison.Ordinal) && !plain.Contains("active", StringComparison.Ordinal);
            return on is "true" or "1" == stops && on is "true" or "1" or "false" or "0" ? ActionClass.Pause : ActionClass.Unpause;
        }

        if (Unpause().IsMatch(plain)) return ActionClass.Unpause;
        if (Pause().IsMatch(plain)) return ActionClass.Pause;
        if (Role().IsMatch(plain)) return ActionClass.Role;
        if (Deploy().IsMatch(plain)) return ActionClass.Deploy;
        if (Funds().IsMatch(plain)) return ActionClass.Funds;
        return Parameter().IsMatch(plain) ? ActionClass.Parameter : ActionClass.Other;
    }

    [GeneratedRegex("[-_]")]
    private static partial Regex Separators();

    [GeneratedRegex("^(set|toggle|update)?(is)?(global|emergency|trading|transfers?|deposits?|withdrawals?|mint(ing)?)*(paused?|pausestate|shutdown|frozen|halted|enabled|active)$|^(set|toggle|update)[a-z0-9]*(paused?|pausestate|pausestatus|frozen|halted|stopped|suspended|shutdown)$")]
    private static partial Regex Toggle();

    [GeneratedRegex("unpause|unfreeze|unhalt|unstop|unsuspend|^restart|restart$|thaw|^resume|resume$|^reopen|^unlock|closecircuit|resetcircuit|^deactivateemergency|^reenable|emergencyresume|liftpause|uncage")]
    private static partial Regex Unpause();

    [GeneratedRegex("pause|freeze|^halt|^stop(?!loss)|^suspend|^shutdown|^emergencystop|killswitch|opencircuit|triggercircuit|^activateemergency|^blacklist|^lockdown|stopmint|^cage$")]
    private static partial Regex Pause();

    [GeneratedRegex("role|owner|(set|change|update|add|remove|propose|accept|rotate)(new|pending)?(admin|minter|guardian|signer|relayer|validator|operator|controller|keeper|governor|governance|pauser|attestor|authorit|member|whitelist|threshold$)|^authorize|^revoke|^swapowner")]
    private static partial Regex Role();

    [GeneratedRegex("^upgrade|upgradeto|setimplementation|^deploy|^initiali[sz]e|^migrate|^reinitiali")]
    private static partial Regex Deploy();

    [GeneratedRegex("^(safe)?transfer|^approve$|^(increase|decrease)allowance|mint|burn|withdraw|deposit|redeem|sweep|rescue|recover|claim|distribute|payout|^borrow|^repay|^stake|^unstake|liquidate|swap|bridge|^send|^fund|^pay|^topup|multisend")]
    private static partial Regex Funds();

    [GeneratedRegex("^(set|update|configure|change|adjust|increase|decrease|raise|lower|enable|disable|add|remove|register|toggle|reset|clear|override)")]
    private static partial Regex Parameter();
}
