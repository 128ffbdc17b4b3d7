using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Chains.Evm.Simulation;
using Quarterdeck.Packs.Manifest;
using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Packs.Yaml;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Findings;

namespace Quarterdeck.Packs.Checking;

/// <summary>
/// Checks runbooks against a chain: is there code, does it have the function, does the read answer, would the transaction
/// revert if sent now from its sender and why, are the decimals of a formula the same. Reads only.
/// </summary>
public sealed class LiveChecker(IJsonRpc rpc, CheckScope scope)
{
    private readonly EvmReader _reader = new(rpc);
    private readonly RevertDecoder _reverts = new(scope.Contracts.Select(c => c.Abi).OfType<ContractAbi>().Distinct());
    private readonly Dictionary<Address, byte[]> _code = [];

    /// <summary>Static and live findings of one file, by line. An endpoint that does not answer is a finding, not an exception.</summary>
    public async Task<IReadOnlyList<Finding>> Check(RunbookDocument document, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(document);
        var (known, calls) = RunbookChecker.Analyse(document, scope);
        var findings = new FindingList(document.Source);
        findings.AddRange(known);
        try
        {
            var units = new UnitCheck(scope, new TokenDecimals(_reader), findings);
            foreach (var runbook in document.Runbooks)
            {
                await units.Check(runbook, cancel);
                var own = calls.Where(c => runbook.Steps.Any(s => s.Line == c.Step.Line && s.Index == c.Step.Index)).ToArray();
                await Calls(own, findings, cancel);
            }
        }
        catch (TransientException e)
        {
            findings.Warning(FindingCodes.ChainUnreachable, Position.WholeFile, $"The chain could not be asked: {e.Message}", "Check the endpoint and try again.");
        }

        return [.. findings.All.Distinct().OrderBy(f => f.Line)];
    }

    private async Task Calls(IReadOnlyList<ResolvedCall> calls, FindingList findings, CancellationToken cancel)
    {
        var sends = new List<(ResolvedCall Call, SendStep Send, Address? Sender)>();
        foreach (var call in calls)
        {
            if (call.Contract.Address is not { } address || !await HasCode(call, address, findings, cancel)) continue;
            if (call.Arguments is null) continue;
            if (call.Step is SendStep send) sends.Add((call, send, Sender(send)));
            else await Read(call, address, findings, cancel);
        }

        if (sends.Count == 0) return;
        var bundle = sends.Select(s => new CallRequest(s.Call.Contract.Address, s.Call.Function.EncodeCall(s.Call.Function.ParseArguments(s.Call.Arguments!))) { From = s.Sender, Value = Value(s.Send) }).ToArray();
        var result = await new Simulator(rpc, _reverts).Simulate(bundle, cancel: cancel);
        for (var i = 0; i < sends.Count; i++)
        {
            if (!result.Calls[i].Succeeded) await Explain(sends[i].Call, sends[i].Send, sends[i].Sender, result.Calls[i].Revert!, [.. sends.Take(i).Select(s => s.Send)], findings, cancel);
        }
    }

    private System.Numerics.BigInteger Value(SendStep send)
    {
        if (send.Value is null || scope.Value(send.Value) is not { } text) return 0;
        try
        {
            return AbiText.Parse(AbiType.Parse("uint256"), text) is System.Numerics.BigInteger number ? number : 0;
        }
        catch (FormatException)
        {
            return 0; // the value is reported where arguments are
        }
    }

    private Address? Sender(SendStep send)
    {
        if (send.Account is not { } account) return scope.Accounts.Count == 1 ? scope.Accounts.Values.First() : null;
        if (scope.Accounts.TryGetValue(account.Text, out var known) && known is not null) return known;
        return scope.Value(account) is { } value && Address.TryParseAnyCase(value, out var address) ? address : null;
    }

    private async Task<bool> HasCode(ResolvedCall call, Address address, FindingList findings, CancellationToken cancel)
    {
        var code = await DeployedCode.Of(_reader, address, _code, cancel);
        if (code.Length == 0)
        {
            findings.Error(FindingCodes.NoCode, new Position(call.Step.Line), $"There is no contract at {address} ({call.Contract.Name}).", "Check the address, and that the endpoint is of the right chain.");
            return false;
        }

        if (DeployedCode.Has(code, call.Function.Selector) || DeployedCode.Delegates(code)) return true;
        findings.Error(FindingCodes.NotInCode, new Position(call.Step.Line), $"The code of {call.Contract.Name} at {address} has no function '{call.Function.Signature}'.",
            call.Contract.Abi is { } abi
                ? NearestName.Suggest(call.Function.Name, abi.Functions.Where(f => DeployedCode.Has(code, f.Selector)).Select(f => f.Name).Except([call.Function.Name]), "The deployed contract is another version than the ABI.")
                : "Check the function's name and parameters against the deployed contract.");
        return false;
    }

    private async Task Read(ResolvedCall call, Address address, FindingList findings, CancellationToken cancel)
    {
        try
        {
            var from = (call.Step as CallStep)?.From is { } word && scope.Value(word) is { } text && Address.TryParseAnyCase(text, out var sender) ? sender : (Address?)null;
            await _reader.Call(new CallRequest(address, call.Function.EncodeCall(call.Function.ParseArguments(call.Arguments!))) { From = from }, cancel: cancel);
        }
        catch (RpcException e) when (e.IsRevert)
        {
            findings.Warning(FindingCodes.ReadReverts, new Position(call.Step.Line), $"'{call.Function.Name}' of {call.Contract.Name} reverts now: {Reason(e)}.", "See whether that is its state at present or the arguments are wrong.");
        }
    }

    private string Reason(RpcException e) => e.RevertData.Length > 0 ? _reverts.Decode(e.RevertData).Text : e.Message;

    private async Task Explain(ResolvedCall call, SendStep send, Address? sender, RevertReason reason, IReadOnlyList<SendStep> earlier, FindingList findings, CancellationToken cancel)
    {
        var at = new Position(send.Line);
        var what = $"'{call.Function.Name}' of {call.Contract.Name}";
        var who = send.Account?.Text ?? "the sender";
        if (AccessRefusal.Is(reason))
        {
            if (earlier.Any(e => e.ActionClass == ActionClass.Role))
            {
                findings.Note(FindingCodes.DependsOnEarlier, at, $"{what} would be refused now: {reason}.", "An earlier step changes roles; rehearse the procedure as a whole.");
                return;
            }

            await Refused(call, send, sender, reason, what, who, findings, cancel);
            return;
        }

        if (send.ActionClass == ActionClass.Pause && reason.Text.Contains("Pause", StringComparison.OrdinalIgnoreCase) && !AccessRefusal.SaysNotPaused(reason))
            findings.Note(FindingCodes.AlreadyDone, at, $"{what} reverts now with {reason}: it is paused already.", "Nothing needs to be done; when it is not paused the call is valid.");
        else if (send.ActionClass == ActionClass.Unpause && AccessRefusal.SaysNotPaused(reason))
            findings.Note(FindingCodes.AlreadyDone, at, $"{what} reverts now with {reason}: it is not paused.", "Nothing needs to be done; when it is paused the call is valid.");
        else if (earlier.Any(e => scope.Contract(e.Target)?.Name == call.Contract.Name))
            findings.Note(FindingCodes.DependsOnEarlier, at, $"{what} would revert now: {reason}.", "An earlier step of the procedure, or its wait, may be what it needs; rehearse the procedure as a whole.");
        else
        {
            findings.Error(send.ActionClass == ActionClass.Unpause ? FindingCodes.UnpauseWaits : FindingCodes.WouldRevert, at, $"{what} would revert if sent now from {who}: {reason}.",
                call.Contract.Abi?.Functions.FirstOrDefault(f => f.Name.Contains("requestUnpause", StringComparison.OrdinalIgnoreCase)) is { } request && send.ActionClass == ActionClass.Unpause
                    ? $"Send \"{request.Signature}\" first, wait out its delay, then execute it."
                    : "Mend the call, or bring about what it needs in an earlier step.");
        }
    }

    private async Task Refused(ResolvedCall call, SendStep send, Address? sender, RevertReason reason, string what, string who, FindingList findings, CancellationToken cancel)
    {
        var at = new Position(send.Line);
        var address = call.Contract.Address!.Value;
        var roles = new RoleReader(_reader, scope.DeploymentBlock);
        if (AccessRefusal.RoleOf(reason) is not { } role)
        {
            if (sender is not null) findings.Error(FindingCodes.RoleMissing, at, $"{what} is refused to {who} ({sender}): {reason}.", "Send it from the account that may, or give this one the right.");
            else findings.Note(FindingCodes.RoleMissing, at, $"{what} is not open to everybody: {reason}. The address of {who} is not known, so whether it may is not checked.", "Give the address of the account.");
            return;
        }

        var name = AccessRefusal.RoleName(call.Contract, role, scope);
        var holders = await roles.Holders(address, role, cancel);
        var held = holders is null ? "" : holders.Count == 0 ? $" Nobody holds {name}." : $" It is held by {await roles.Describe(holders, scope, cancel)}.";
        if (sender is { } known)
        {
            if (await roles.Has(address, role, known, cancel) == true) return;
            findings.Error(FindingCodes.RoleMissing, at, $"{what} would revert if sent now from {who}: it does not hold {name}.{held}", $"Grant {name} on {call.Contract.Name} to {known}, or send from a holder.");
        }
        else if (holders is { Count: 0 })
        {
            findings.Error(FindingCodes.RoleMissing, at, $"{what} would revert whoever sends it now: nobody holds {name}.", $"Grant {name} on {call.Contract.Name} to the account that must be able to.");
        }
        else
        {
            findings.Note(FindingCodes.RoleMissing, at, $"{what} needs {name}.{held} The address of {who} is not known, so whether it holds it is not checked.", "Give the address of the account.");
        }

        if (holders is null) return;
        foreach (var holder in holders)
        {
            if (await roles.Delay(holder, cancel) is not { } delay) continue;
            findings.Warning(FindingCodes.UnpauseWaits, at, $"{what} goes through a timelock of {Durations.Format(delay)} at {holder}: it cannot take effect at once.", "Schedule it there, wait, then execute it.");
            return;
        }
    }
}
