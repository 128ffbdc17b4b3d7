using System.Text;
using System.Text.RegularExpressions;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Primitives;

namespace Quarterdeck.Packs.Checking;

/// <summary>Recognises reverts that say the sender may not, in the forms of OpenZeppelin 4 and 5 and of hand-written owners.</summary>
internal static partial class AccessRefusal
{
    public static bool Is(RevertReason reason) => Shape().IsMatch(reason.Text);

    /// <summary>True where the contract says that it is not paused: the role, which is looked at first, is there.</summary>
    public static bool SaysNotPaused(RevertReason reason) => NotPaused().IsMatch(reason.Text);

    /// <summary>True where the contract says that it is paused already.</summary>
    public static bool SaysPaused(RevertReason reason) => !SaysNotPaused(reason) && AlreadyPaused().IsMatch(reason.Text);

    /// <summary>True where the contract says that it is too early: a cooldown, a delay, a timelock.</summary>
    public static bool SaysTooEarly(RevertReason reason) => TooEarly().IsMatch(reason.Text);

    /// <summary>The role that was missing; null where the refusal names none.</summary>
    public static Hash32? RoleOf(RevertReason reason)
    {
        if (reason.Error?.Name == "AccessControlUnauthorizedAccount" && reason.Arguments is [_, byte[] { Length: 32 } role]) return new Hash32(role);
        return OldRole().Match(reason.Text) is { Success: true } old && Hash32.TryParse(old.Groups[1].Value, out var hash) ? hash : null;
    }

    /// <summary>The role's name: by the pack, or by a getter of the contract such as <c>PAUSER_ROLE()</c>.</summary>
    public static string RoleName(CheckContract contract, Hash32 role, CheckScope scope)
    {
        if (role.IsZero) return "DEFAULT_ADMIN_ROLE";
        var names = (contract.Abi?.Functions ?? []).Concat(scope.Contracts.SelectMany(c => c.Abi?.Functions ?? [])).Where(f => f.Inputs.Count == 0 && f.Outputs is [{ Type.Name: "bytes32" }]).Select(f => f.Name)
            .Concat(["PAUSER_ROLE", "MINTER_ROLE", "ADMIN_ROLE", "GUARDIAN_ROLE", "OPERATOR_ROLE", "UPGRADER_ROLE", "EMERGENCY_ROLE", "TIMELOCK_ROLE", "PROPOSER_ROLE", "EXECUTOR_ROLE", "CANCELLER_ROLE", "KEEPER_ROLE"]);
        return names.FirstOrDefault(n => Keccak256.Hash(Encoding.UTF8.GetBytes(n)) == role) ?? $"the role {role}";
    }

    [GeneratedRegex(@"(?i:unauthori[sz]ed|not[-_ ]?authori[sz]ed|not[-_ ]?permitted|access[-_ ]?denied|caller[-_ ]?(?:is[-_ ]?)?not)|AccessControl|Ownable|not the owner|NotOwner|OnlyOwner|Only[A-Z]\w+\(|NotAuthori[sz]ed|AccessDenied|Forbidden|NotAdmin|NotGuardian|CallerIsNot|caller is not|missing role|not authori[sz]ed|Auth/not-authori[sz]ed|UNAUTHORIZED|!owner|only owner|onlyOwner|NotPauser|NotOperator|PermissionDenied|InvalidCaller|[Nn]ot (?:the |an? )?(?:keeper|guardian|admin|operator|governor|governance|relayer|minter|pauser|manager|controller|authority|allowed to)|[Nn]o permission|[Oo]nly (?:the )?(?:keeper|guardian|admin|operator|governor|governance|relayer|minter|pauser|manager|controller|authority)", RegexOptions.CultureInvariant)]
    private static partial Regex Shape();

    [GeneratedRegex("ExpectedPause|not ?(?:paused|stopped|halted|frozen|shut ?down)", RegexOptions.IgnoreCase)]
    private static partial Regex NotPaused();

    [GeneratedRegex("EnforcedPause|paused|AlreadyStopped|already (?:paused|stopped|halted|frozen|shut ?down)|AlreadyHalted|AlreadyFrozen", RegexOptions.IgnoreCase)]
    private static partial Regex AlreadyPaused();

    [GeneratedRegex("^(?!.*InsufficientDelay).*(?:cool ?down|too ?early|too ?soon|not ?ready|not ?yet|delay|time ?lock|unexpected ?operation ?state|premature|still ?locked|locked ?until|not ?elapsed|period ?active|wait)", RegexOptions.IgnoreCase)]
    private static partial Regex TooEarly();

    [GeneratedRegex(@"is missing role (0x[0-9a-fA-F]{64})")]
    private static partial Regex OldRole();
}
