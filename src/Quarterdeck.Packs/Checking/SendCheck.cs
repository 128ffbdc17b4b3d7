using System.Numerics;
using System.Text.RegularExpressions;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Chains.Evm.Simulation;
using Quarterdeck.Packs.Manifest;
using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Packs.Yaml;
using Quarterdeck.Primitives.Findings;

namespace Quarterdeck.Packs.Checking;

/// <summary>
/// Simulates a procedure's transactions at the head of a chain, in order and each alone, and says which would revert and why. What
/// reverts both ways is wrong; what an earlier step that could not be simulated, or a wait, may mend is only noted.
/// </summary>
internal sealed partial class SendCheck(LiveChain chain, CheckScope scope, RevertDecoder reverts, string[] lines, FindingList findings)
{
    private static readonly AbiFunction OwnerOf = AbiFunction.Parse("owner()(address)");

    private sealed record Sent(ResolvedCall Call, SendStep Send, Address? Sender)
    {
        public string What => $"'{Call.Function.Name}' of {Call.Contract.Name}";
    }

    /// <param name="runbook">The procedure.</param>
    /// <param name="calls">Its transactions.</param>
    /// <param name="pauses">Pauses of the file's other procedures: what lifts a pause is tried on the state after them.</param>
    /// <param name="others">Transactions of the file's other procedures: what one of them makes valid, such as the end of a shutdown, is no error.</param>
    /// <param name="cancel">Cancels.</param>
    public async Task Check(Runbook runbook, IReadOnlyList<ResolvedCall> calls, IReadOnlyList<ResolvedCall> pauses, IReadOnlyList<ResolvedCall> others, CancellationToken cancel)
    {
        var sends = calls.Select(c => new Sent(c, (SendStep)c.Step, Sender((SendStep)c.Step))).ToArray();
        var simulator = new Simulator(chain.Rpc, reverts);
        CallRequest[] requests = [.. calls.Select(Request)];
        var ordered = await Run(simulator, requests, cancel);
        if (pauses.Count > 0 && ordered?.Any(o => o.Revert is { } r && AccessRefusal.SaysNotPaused(r)) == true && await Run(simulator, [.. pauses.Select(Request), .. requests], cancel) is { } paused)
            ordered = [.. paused.Skip(pauses.Count)];
        for (var i = 0; i < sends.Length; i++)
        {
            var inOrder = ordered is null ? null : ordered[i];
            ResolvedCall[] elsewhere = [.. others.Where(o => o.Contract.Address == sends[i].Call.Contract.Address)];
            if (inOrder is { Succeeded: true }) continue;
            var alone = i == 0 && inOrder is not null && pauses.Count == 0 ? inOrder : (await Run(simulator, [requests[i]], cancel))?[0];
            if (alone is null) continue;
            if (alone is { Succeeded: true })
            {
                if (AccessRefusal.SaysTooEarly(inOrder!.Revert!) && await Delayed(runbook, sends[i], inOrder.Revert!, [.. sends.Take(i)], [.. runbook.Steps.Where(s => s.Index < sends[i].Send.Index)], FindingSeverity.Warning, cancel)) continue;
                findings.Note(FindingCodes.DependsOnEarlier, new Position(sends[i].Send.Line), $"{sends[i].What} is valid now, and would revert after the steps before it: {inOrder!.Revert}.", "See that the order is meant so; rehearse the procedure as a whole.");
                continue;
            }

            if (!AccessRefusal.Is(alone.Revert!) && await Prepared(simulator, requests[i], elsewhere, cancel) is { } first)
            {
                findings.Note(FindingCodes.DependsOnEarlier, new Position(sends[i].Send.Line), $"{sends[i].What} would revert now, and is valid after '{first.Function.Name}' of line {first.Step.Line}: {alone.Revert}.", "See that the order is meant so; rehearse the procedures one behind the other.");
                continue;
            }

            await Explain(runbook, sends[i], alone.Revert!, inOrder?.Revert ?? alone.Revert!, [.. sends.Take(i)], cancel);
        }
    }

    /// <summary>The transaction of another procedure behind which this one is valid; null for none.</summary>
    private async Task<ResolvedCall?> Prepared(Simulator simulator, CallRequest request, ResolvedCall[] elsewhere, CancellationToken cancel)
    {
        foreach (var other in elsewhere.Take(16))
        {
            if (await Run(simulator, [Request(other), request], cancel) is [{ Succeeded: true }, { Succeeded: true }]) return other;
        }

        return null;
    }

    private CallRequest Request(ResolvedCall call) => new(call.Contract.Address, call.Function.EncodeCall(call.Function.ParseArguments(call.Arguments!)))
    {
        From = Sender((SendStep)call.Step),
        Value = Value((SendStep)call.Step),
    };

    /// <summary>
    /// What each transaction would do behind those before it. A node refuses a whole bundle for one transaction that cannot be paid
    /// for: that one fails, and the others are tried without it. Null where the node says nothing on them.
    /// </summary>
    private static async Task<IReadOnlyList<SimulatedCall>?> Run(Simulator simulator, CallRequest[] requests, CancellationToken cancel)
    {
        if (requests.Length == 0) return [];
        var (calls, refusal) = await Try(simulator, requests, cancel);
        if (calls is not null) return calls;
        if (requests.Length == 1) return OfFunds().IsMatch(refusal) ? [Refusal(refusal)] : null;
        var kept = new List<int>();
        var refused = new Dictionary<int, SimulatedCall>();
        for (var i = 0; i < requests.Length; i++)
        {
            (calls, refusal) = await Try(simulator, [.. kept.Select(k => requests[k]), requests[i]], cancel);
            if (calls is not null) kept.Add(i);
            else if (OfFunds().IsMatch(refusal)) refused[i] = Refusal(refusal);
            else return null;
        }

        if (kept.Count > 0 && (await Try(simulator, [.. kept.Select(k => requests[k])], cancel)).Calls is { } rest)
        {
            for (var n = 0; n < kept.Count; n++) refused[kept[n]] = rest[n];
        }

        return refused.Count == requests.Length ? [.. Enumerable.Range(0, requests.Length).Select(i => refused[i])] : null;
    }

    private static async Task<(IReadOnlyList<SimulatedCall>? Calls, string Refusal)> Try(Simulator simulator, CallRequest[] requests, CancellationToken cancel)
    {
        try
        {
            return ((await simulator.Simulate(requests, cancel: cancel)).Calls, "");
        }
        catch (RpcException e)
        {
            return (null, e.Message);
        }
    }

    private static SimulatedCall Refusal(string text) => new(false, [], null, [], new RevertReason(RevertKind.Empty, text, []));

    [GeneratedRegex("insufficient|exceeds (?:the )?(?:account )?balance|lack of funds", RegexOptions.IgnoreCase)]
    private static partial Regex OfFunds();

    private BigInteger Value(SendStep send)
    {
        if (send.Value is null || scope.Value(send.Value) is not { } text) return 0;
        try
        {
            return AbiText.Parse(AbiType.Parse("uint256"), text) is BigInteger number ? number : 0;
        }
        catch (FormatException)
        {
            return 0; // the value is reported where arguments are
        }
    }

    private Address? Sender(SendStep send)
    {
        if (send.Account is { } account)
        {
            if (scope.Accounts.TryGetValue(account.Text, out var known) && known is not null) return known;
            return scope.Value(account) is { } value && Address.TryParseAnyCase(value, out var address) ? address : null;
        }

        for (var i = 0; i + 1 < send.Words.Count; i++)
        {
            if (send.Words[i].Text == "--private-key") return scope.Value(send.Words[i + 1]) is { } key ? CastValue.AddressOfKey(key) : null;
        }

        if (scope.Variables?.GetValueOrDefault("ETH_FROM") is { } from && Address.TryParseAnyCase(from, out var usual)) return usual;
        return scope.Accounts.Count == 1 ? scope.Accounts.Values.First() : null;
    }

    private async Task Explain(Runbook runbook, Sent sent, RevertReason alone, RevertReason inOrder, Sent[] earlier, CancellationToken cancel)
    {
        var (call, send) = (sent.Call, sent.Send);
        var at = new Position(send.Line);
        var who = Who(send);
        var before = runbook.Steps.Where(s => s.Index < send.Index).ToArray();
        var wrong = findings.All.Where(f => f.Severity == FindingSeverity.Error).Select(f => f.Line).ToHashSet();
        var unread = before.OfType<SendStep>().Where(s => earlier.All(e => e.Send.Index != s.Index) && !wrong.Contains(s.Line)).ToArray();
        if (AccessRefusal.Is(inOrder))
        {
            if (unread.Any(s => s.ActionClass == ActionClass.Role))
                findings.Note(FindingCodes.DependsOnEarlier, at, $"{sent.What} would be refused now: {inOrder}.", "An earlier step changes roles; rehearse the procedure as a whole.");
            else await Refused(sent, inOrder, who, cancel);
            return;
        }

        if (call.IsConditional)
        {
            findings.Note(FindingCodes.DependsOnEarlier, at, $"{sent.What} would revert now: {inOrder}.", "It is made only in some case; rehearse that case.");
            return;
        }

        if (send.ActionClass == ActionClass.Pause && AccessRefusal.SaysPaused(alone))
        {
            findings.Warning(FindingCodes.AlreadyDone, at, $"{sent.What} reverts now with {alone}: it is paused already.", "Nothing needs to be done; when it is not paused the call is valid.");
            return;
        }

        if (send.ActionClass == ActionClass.Unpause && AccessRefusal.SaysNotPaused(alone) && AccessRefusal.SaysNotPaused(inOrder))
        {
            findings.Note(FindingCodes.AlreadyDone, at, $"{sent.What} reverts now with {alone}: it is not paused.", "Nothing needs to be done; when it is paused the call is valid.");
            return;
        }

        var related = unread.Any(s => scope.Contract(s.Target)?.Address == call.Contract.Address);
        if (related || before.Any(s => s is ExternalStep { ActionClass: ActionClass.Deploy or ActionClass.Pause or ActionClass.Unpause or ActionClass.Role }))
        {
            findings.Note(FindingCodes.DependsOnEarlier, at, $"{sent.What} would revert now: {inOrder}.", "An earlier step of the procedure, which cannot be simulated, may be what it needs; rehearse the procedure as a whole.");
            return;
        }

        if (sent.Sender is null)
        {
            // Who sends it decides whether it reverts: without the sender it is a suspicion.
            var message = $"{sent.What} would revert now for a sender that is not known here: {inOrder}.";
            if (OfSender().IsMatch(inOrder.Text)) findings.Note(FindingCodes.DependsOnEarlier, at, message, "Give the address of the account, with --from or in the environment.");
            else findings.Warning(FindingCodes.WouldRevert, at, message, "Give the address of the account, with --from or in the environment.");
            return;
        }

        if (await Delayed(runbook, sent, inOrder, earlier, before, FindingSeverity.Error, cancel)) return;
        if (call.Contract.Abi?.Functions.FirstOrDefault(f => f.Name.Contains("requestUnpause", StringComparison.OrdinalIgnoreCase)) is { } request && send.ActionClass == ActionClass.Unpause)
            findings.Error(FindingCodes.UnpauseWaits, at, $"{sent.What} would revert if sent now from {who}: {inOrder}.", $"Send \"{request.Signature}\" first, wait out its delay, then execute it.");
        else
            findings.Error(FindingCodes.WouldRevert, at, $"{sent.What} would revert if sent now from {who}: {inOrder}.", "Mend the call, or bring about what it needs in an earlier step.");
    }

    /// <summary>Told and true where the refusal is one of time: a cooldown, a timelock, a deadline not yet reached.</summary>
    private async Task<bool> Delayed(Runbook runbook, Sent sent, RevertReason reason, Sent[] earlier, RunbookStep[] before, FindingSeverity severity, CancellationToken cancel)
    {
        if (!AccessRefusal.SaysTooEarly(reason)) return false;
        var at = new Position(sent.Send.Line);
        var last = earlier.LastOrDefault(e => e.Call.Contract.Address == sent.Call.Contract.Address)?.Send.Index ?? -1;
        var waited = before.Where(s => s.Index > last).OfType<WaitStep>().Select(w => w.For).ToArray();
        var now = (BigInteger)(await chain.Reader.Head(cancel)).Time.ToUnixTimeSeconds();
        var told = Told(earlier.LastOrDefault(e => e.Call.Contract.Address == sent.Call.Contract.Address)?.Send.Line ?? 0, sent.Send.Line);
        // The revert often says until when.
        var needed = reason.Arguments.OfType<BigInteger>().Where(n => n > now && n < now + (10 * 365 * 86_400)).Select(n => TimeSpan.FromSeconds((double)(n - now))).FirstOrDefault();
        var total = waited.OfType<TimeSpan>().Aggregate(TimeSpan.Zero, (a, b) => a + b);
        if (told is { } said) total = said > total ? said : total;
        if (told == TimeSpan.MaxValue || waited.Any(w => w is null) || (waited.Length > 0 || told is not null) && total + TimeSpan.FromMinutes(1) >= needed)
        {
            findings.Note(FindingCodes.DependsOnEarlier, at, $"{sent.What} would revert now: {reason}.", "The wait before it is what it needs; rehearse the procedure as a whole.");
            return true;
        }

        findings.Add(FindingCodes.UnpauseWaits, severity, at, $"{sent.What} cannot take effect at once: {reason}.{(needed > TimeSpan.Zero ? $" {Durations.Format(TimeSpan.FromSeconds(Math.Ceiling(needed.TotalSeconds)))} have to pass, and the runbook waits {Durations.Format(total)}." : "")}",
            $"Write the wait in front of it, such as '> wait: {Durations.Format(needed > TimeSpan.Zero ? TimeSpan.FromMinutes(Math.Ceiling(needed.TotalMinutes)) : TimeSpan.FromHours(24))}'.");
        return true;
    }

    /// <summary>The longest wait that prose or comments between two lines speak of; the greatest span where they give no figure, null where they speak of none.</summary>
    private TimeSpan? Told(int from, int to)
    {
        TimeSpan? longest = null;
        var fenced = lines.Take(Math.Min(from, lines.Length)).Count(l => l.TrimStart().StartsWith("```", StringComparison.Ordinal)) % 2 == 1;
        foreach (var line in lines.Skip(from).Take(Math.Max(0, to - from - 1)))
        {
            if (line.TrimStart().StartsWith("```", StringComparison.Ordinal))
            {
                fenced = !fenced;
                continue;
            }

            if (fenced && !line.TrimStart().StartsWith('#') || !WaitWord().IsMatch(line)) continue;
            var spans = Span().Matches(line).Select(m => Durations.TryParse($"{m.Groups[1].Value}{char.ToLowerInvariant(m.Groups[2].Value[0])}", out var span) ? span : TimeSpan.Zero).DefaultIfEmpty(TimeSpan.MaxValue).Max();
            if (longest is null || spans > longest) longest = spans;
        }

        return longest;
    }

    [GeneratedRegex(@"\b(?:wait|after|delay|elapse|cool ?down|time ?lock|later|once|until|when)", RegexOptions.IgnoreCase)]
    private static partial Regex WaitWord();

    [GeneratedRegex(@"(\d{1,6})[ -]*(seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|[smhd])\b", RegexOptions.IgnoreCase)]
    private static partial Regex Span();

    [GeneratedRegex("balance|allowance|sender|0x0000000000000000000000000000000000000000|zero address|insufficient", RegexOptions.IgnoreCase)]
    private static partial Regex OfSender();

    private static string Who(SendStep send)
    {
        if (send.Account is { } account) return account.Text;
        var key = send.Words.SkipWhile(w => w.Text != "--private-key").Skip(1).FirstOrDefault();
        return key is { IsLiteral: false } ? $"the account of {key.Text}" : "the sender";
    }

    private async Task Refused(Sent sent, RevertReason reason, string who, CancellationToken cancel)
    {
        var (call, send, sender) = sent;
        var at = new Position(send.Line);
        var address = call.Contract.Address!.Value;
        var roles = new RoleReader(chain.Reader, scope.DeploymentBlock);
        if (AccessRefusal.RoleOf(reason) is not { } role)
        {
            var owner = (reason.Text.Contains("owner", StringComparison.OrdinalIgnoreCase) || reason.Text.Contains("ownable", StringComparison.OrdinalIgnoreCase)) ? await Owner(address, cancel) : null;
            var belongs = owner is { } o ? $" Its owner is {await roles.Describe([o], scope, cancel)}." : "";
            if (sender is not null) findings.Error(FindingCodes.RoleMissing, at, $"{sent.What} is refused to {who} ({sender}): {reason}.{belongs}", owner is null ? "Send it from the account that may, or give this one the right." : $"Send it from {owner}, or hand ownership over.");
            else findings.Note(FindingCodes.RoleMissing, at, $"{sent.What} is not open to everybody: {reason}.{belongs} The address of {who} is not known, so whether it may is not checked.", "Give the address of the account.");
            if (owner is { } held && await roles.Delay(held, cancel) is { } wait)
                findings.Warning(FindingCodes.UnpauseWaits, at, $"{sent.What} goes through a timelock of {Durations.Format(wait)} at {held}: it cannot take effect at once.", "Schedule it there, wait, then execute it.");
            return;
        }

        var name = AccessRefusal.RoleName(call.Contract, role, scope);
        var holders = await roles.Holders(address, role, cancel);
        var own = holders is null ? "" : holders.Count == 0 ? $" Nobody holds {name}." : $" It is held by {await roles.Describe(holders, scope, cancel)}.";
        if (sender is { } known)
        {
            if (await roles.Has(address, role, known, cancel) == true) return;
            findings.Error(FindingCodes.RoleMissing, at, $"{sent.What} would revert if sent now from {who}: it does not hold {name}.{own}", $"Grant {name} on {call.Contract.Name} to {known}, or send from a holder.");
        }
        else if (holders is { Count: 0 })
        {
            findings.Error(FindingCodes.RoleMissing, at, $"{sent.What} would revert whoever sends it now: nobody holds {name}.", $"Grant {name} on {call.Contract.Name} to the account that must be able to.");
        }
        else
        {
            findings.Note(FindingCodes.RoleMissing, at, $"{sent.What} needs {name}.{own} The address of {who} is not known, so whether it holds it is not checked.", "Give the address of the account.");
        }

        foreach (var holder in holders ?? [])
        {
            if (await roles.Delay(holder, cancel) is not { } delay) continue;
            findings.Warning(FindingCodes.UnpauseWaits, at, $"{sent.What} goes through a timelock of {Durations.Format(delay)} at {holder}: it cannot take effect at once.", "Schedule it there, wait, then execute it.");
            return;
        }
    }

    private async Task<Address?> Owner(Address contract, CancellationToken cancel)
    {
        try
        {
            return OwnerOf.DecodeResult(await chain.Reader.Call(new CallRequest(contract, OwnerOf.EncodeCall()), cancel: cancel)) as Address?;
        }
        catch (Exception e) when (e is RpcException or AbiException)
        {
            return null; // it has no owner
        }
    }
}
