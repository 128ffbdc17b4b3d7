using System.Text.RegularExpressions;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Packs;
using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Packs.Runbooks.Shell;
using Quarterdeck.Respond.Runs.Planning;
using Quarterdeck.Respond.Runs.Reading;

namespace Quarterdeck.Respond.Runs.Steps;

/// <summary>A step as it will be stored.</summary>
internal sealed record ResolvedStep(
    int Index, int Stage, string Text, int Line, StepDefinition Definition, FailureResponse OnFailure);

/// <summary>
/// Resolves a runbook's steps against its pack and environment: names become addresses, the pack's variables values. What
/// the engine has no native step for yet becomes a manual step that says so.
/// </summary>
internal sealed partial class RunbookSteps
{
    private readonly BoundPack _pack;
    private readonly StepWords _words;
    private readonly ReadSteps _reads;
    private readonly ActionSteps _actions;
    private readonly List<ResolvedStep> _steps = [];
    private int _stage = 1;
    private bool _wrote;
    private readonly List<string> _problems = [];

    public RunbookSteps(BoundPack pack)
    {
        _pack = pack;
        _words = new StepWords(pack, Define);
        _reads = new ReadSteps(pack, _words);
        _actions = new ActionSteps(pack, _words, _reads);
    }

    /// <summary>What makes the runbook impossible to run here; empty where it can.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Resolves. Only to be used where there are no problems.</summary>
    public IReadOnlyList<ResolvedStep> Resolve(Runbook runbook)
    {
        foreach (var step in runbook.Steps) Add(step, null);
        return _steps;
    }

    private void Add(RunbookStep step, GuardTerms? guard)
    {
        var definition = Define(step);
        // What a decision leads to, and what comes after approvals in the middle, cannot be known before it.
        if (_wrote && definition is (StepDefinition.Approve or StepDefinition.Decide or StepDefinition.Runbook)) (_stage, _wrote) = (_stage + 1, false);
        _wrote |= definition.Writes;
        definition = definition with
        {
            Capture = step.Capture ?? definition.Capture,
            Retry = step.Retry is { } retry ? new RetryTerms(retry.Times, retry.Every.TotalSeconds) : null,
            TimeoutSeconds = step.Timeout?.TotalSeconds,
            Guard = guard,
            Fallback = step.FailureRunbook,
            Probe = step.Probe is { } probe && definition.Writes ? Probe(step, probe) : null,
        };
        if (definition.Capture is { } name) _words.Captured(name);
        var index = _steps.Count;
        _steps.Add(new ResolvedStep(index, _stage, step.Text, step.Line, definition, step.OnFailure));
        if (definition is StepDefinition.Decide) Branches(step, index);
    }

    // The steps of each branch follow their decision; which of them are done is chosen when the run comes there.
    private void Branches(RunbookStep step, int decision)
    {
        var branches = step is DecisionStep table ? table.Branches : [Linked((LinkStep)step)];
        for (var i = 0; i < branches.Count; i++)
        {
            var (branch, guard) = (branches[i], new GuardTerms(decision, i));
            if (branch.Runbook is { } slug) Add(new LinkStep(slug) { Line = step.Line, Text = branch.Action, Ordered = true }, guard);
            else if (branch.Steps.Count > 0) foreach (var inner in branch.Steps) Add(inner, guard);
            else if (!Nothing().IsMatch(branch.Action)) Add(new ManualStep { Line = step.Line, Text = branch.Action }, guard);
        }
    }

    private StepDefinition? Probe(RunbookStep step, string probe)
    {
        if (CommandSubstitution.Step(probe, step.Line, _pack.Pack) is { } read)
        {
            if (Define(read) is { Writes: false } defined and not StepDefinition.Manual) return defined;
        }
        else if (SeriesCheck.IsCondition(Expand(probe)))
        {
            return new StepDefinition.Check(Expand(probe)) { TimeoutSeconds = 5 };
        }

        Problem(step, $"its probe '{probe}' is neither PromQL nor a command that only reads");
        return null;
    }

    private StepDefinition Define(RunbookStep step)
    {
        if (step.Join == ShellJoin.OnFailure) return ByHand(step, "it runs only where the command before it fails");
        if (step is SendStep { Capture: not null }) return ByHand(step, "what a transaction prints is not captured");
        var definition = Native(step);
        if (definition.Writes || definition is StepDefinition.Manual or StepDefinition.Decide or StepDefinition.Runbook or StepDefinition.Notify) return definition;
        return _reads.Filtered(definition, step)
            ?? ByHand(step, $"its answer goes through {string.Join(" and ", step.Filters.Select(f => f.Program).Distinct())} in a way the engine does not work out");
    }

    private StepDefinition Native(RunbookStep step) => step switch
    {
        SendStep send => Send(send),
        CallStep call => Call(call),
        ChainReadStep read => ChainRead(read),
        LocalStep local => _reads.Local(local) ?? ByHand(local, "the engine does not work it out itself"),
        CheckStep check => new StepDefinition.Check(Expand(check.Expression)),
        WaitStep { Until: { } until } wait => (StepDefinition?)Until(wait, until) ?? ByHand(step, $"until {until}"),
        WaitStep { For: { } time } => new StepDefinition.Wait((long)time.TotalSeconds),
        ApproveStep approve => new StepDefinition.Approve(approve.Required, approve.Role),
        HttpStep { IsWrite: false, Body: null } http => _reads.Http(http) ?? ByHand(http, "a part of it is worked out in place or not set"),
        DatabaseStep { Changes: false } query => _reads.Query(query) ?? ByHand(query, "it is not one reading statement on a database of this environment"),
        ManualStep manual => new StepDefinition.Manual(manual.Text, manual.Why),
        DecisionStep decision => (StepDefinition?)Decide(decision.Branches) ?? ByHand(step, "a person decides"),
        NotifyStep notify => new StepDefinition.Notify(notify.Channel, notify.Message),
        LinkStep link => Link(link),
        ServiceStep service => _actions.Service(service) is { Step: { } verb } ? verb : ByHand(step, _actions.Service(service).Why),
        HttpStep { IsWrite: true } request => _actions.Request(request) ?? ByHand(step, "a part of it is worked out in place or not set"),
        DatabaseStep { Changes: true } write => _actions.Update(write) ?? ByHand(step, "it is not one statement that changes rows of a database of this environment"),
        ExternalStep external => _actions.External(external) is { Step: { } program } ? program : ByHand(step, _actions.External(external).Why),
        DatabaseStep or HttpStep => ByHand(step, "the engine does not run it itself"),
        _ => ByHand(step, "the engine does not know it"),
    };

    private StepDefinition Link(LinkStep link)
    {
        if (!link.Ordered) return ByHand(link, $"it mentions the runbook '{link.Target}'");
        if (_pack.Pack.FindRunbook(link.Target) is null) return ByHand(link, $"the pack has no runbook '{link.Target}'");
        return link.Condition.Length > 0 ? Decide([Linked(link)])! : new StepDefinition.Runbook(link.Target);
    }

    private DecisionBranch Linked(LinkStep link) => DecisionBranches.Measured(
        new DecisionBranch(link.Condition, link.Text) { Runbook = link.Target }, _pack.Pack);

    // Where neither a condition can be told nor an action be done, the whole is a person's.
    private StepDefinition.Decide? Decide(IReadOnlyList<DecisionBranch> branches)
    {
        if (!branches.Any(branch => branch.Expression is not null || branch.Runbook is not null || branch.Steps.Count > 0)) return null;
        return new StepDefinition.Decide([.. branches.Select(branch => new Branch(
            branch.Condition, branch.Action, Subject(branch.Threshold),
            [.. (branch.Threshold?.Bounds ?? []).Select(bound => new BranchBound(bound.Operator, bound.Value))],
            branch.Threshold is null && branch.Expression is { } expression ? Expand(expression) : null, branch.Otherwise))]);
    }

    private string? Subject(Threshold? threshold)
    {
        if (threshold is null) return null;
        if (!threshold.Subject.StartsWith('$')) return Expand(threshold.Subject);
        var name = threshold.Subject[1..];
        return _pack.Variable(name) ?? "${" + name + "}";
    }

    // A condition, or a command that only reads and answers true or 1.
    private StepDefinition.WaitUntil? Until(WaitStep wait, string until)
    {
        var most = (long)(wait.For ?? wait.Timeout ?? TimeSpan.FromDays(7)).TotalSeconds;
        until = until.Trim('`');
        if (CommandSubstitution.Step(until, wait.Line, _pack.Pack) is { } read)
            return Define(read) is { Writes: false } defined and not StepDefinition.Manual ? new StepDefinition.WaitUntil(defined, most) : null;
        var expression = Expand(until);
        return SeriesCheck.IsCondition(expression) ? new StepDefinition.WaitUntil(new StepDefinition.Check(expression), most) : null;
    }

    private StepDefinition Send(SendStep send)
    {
        if (Text(send.Target) is not { } target) return ByHand(send, "its target is worked out in place");
        var contract = _pack.Contract(target);
        if (contract is null)
        {
            Problem(send, $"'{send.Target.Text}' is no contract of the pack in this environment");
            return ByHand(send, "");
        }

        var function = send.Function is null ? null : contract.Abi.FindFunction(send.Function);
        if (function is null)
        {
            var near = send.Function is null ? "" : $"; near: {string.Join(", ", contract.Abi.Nearest(send.Function))}";
            Problem(send, $"{contract.Name} has no function '{send.Function}'{near}");
            return ByHand(send, "");
        }

        var (account, from) = Sender(send);
        var arguments = send.Args.Select(Text).ToList();
        if (arguments.Contains(null)) return ByHand(send, "an argument is worked out in place");
        return new StepDefinition.Send(
            Chain(contract.Chain), account, from.ToString(), contract.Address.ToString(), contract.Name, function.Signature,
            [.. arguments.Select(a => _pack.Contract(a!)?.Address.ToString() ?? a!)], send.Value is null ? "0" : Text(send.Value) ?? "0",
            PackBindings.Text(send.ActionClass), PausePurpose.Inverse(contract, function), PausePurpose.Probe(contract, function))
        {
            Class = PackBindings.Text(send.ActionClass),
            Undo = PausePurpose.Undo(contract, function),
        };
    }

    private (string Account, Address From) Sender(SendStep send)
    {
        var accounts = _pack.Environment.Accounts;
        var named = send.Account is null ? null : Text(send.Account);
        var account = named is null
            ? accounts.Count == 1 ? accounts.Values.First() : null
            : accounts.GetValueOrDefault(named)
                ?? accounts.Values.FirstOrDefault(a => Address.TryParse(named, out var address) && a.Address == address);
        if (account is null)
        {
            Problem(send, named is null
                ? "it names no account, and the environment has several"
                : $"the environment has no account '{named}'; it has {string.Join(", ", accounts.Keys)}");
            return ("", default);
        }

        if (PackBindings.AddressOf(account) is { } known) return (account.Name, known);
        Problem(send, $"the address of the account '{account.Name}' is not known: add 'address:' to it in the environment");
        return ("", default);
    }

    private StepDefinition Call(CallStep call)
    {
        if (call.Block is not null) return ByHand(call, "it reads at a block of the past");
        var before = new List<StepDefinition>();
        if (Text(call.Target) is not { } target || call.Args.Select(a => _words.Text(a, before, secrets: false)).ToList() is not { } arguments
            || arguments.Contains(null))
            return ByHand(call, "a part of it is worked out in place");
        var contract = _pack.Contract(target);
        var address = contract?.Address ?? _pack.ResolveAddress(target);
        if (address is null && !RunText.Open(target).Any())
        {
            Problem(call, $"'{call.Target.Text}' is no contract of the pack in this environment");
            return ByHand(call, "");
        }

        // The ABI knows the results where the runbook does not print them.
        var function = call.Function.Contains(")(", StringComparison.Ordinal)
            ? call.Function
            : contract?.Abi.FindFunction(call.Function) is { } known ? $"{known.Signature}({string.Join(",", known.Outputs.Select(o => o.Type.Name))})" : call.Function;
        var chain = contract?.Chain ?? _pack.Environment.Chains.Keys.First();
        return new StepDefinition.Call(
            Chain(chain), address?.ToString() ?? target, contract?.Name ?? target, function,
            [.. arguments.Select(a => _pack.Contract(a!)?.Address.ToString() ?? a!)], call.From is null ? null : Text(call.From))
        { Before = before };
    }

    private StepDefinition ChainRead(ChainReadStep read)
    {
        var before = new List<StepDefinition>();
        var arguments = read.Args.Select(a => _words.Text(a, before, secrets: false)).ToList();
        if (arguments.Contains(null)) return ByHand(read, "a part of it is worked out in place");
        var needed = read.Query switch
        {
            "block-number" or "chain-id" or "gas-price" => 0,
            "balance" or "nonce" or "code" => 1,
            "storage" => 2,
            _ => -1,
        };
        if (needed < 0 || arguments.Count != needed || read.Options.Count > 0) return ByHand(read, "the engine does not run it itself yet");
        return new StepDefinition.ChainRead(
            Chain(_pack.Environment.Chains.Keys.First()), read.Query, [.. arguments.Select(a => _pack.ResolveAddress(a!)?.ToString() ?? a!)])
        { Before = before };
    }

    private static StepDefinition.Manual ByHand(RunbookStep step, string why) => new(step.Text, why);

    private void Problem(RunbookStep step, string what) => _problems.Add($"line {step.Line}: {what}.");

    private string? Text(ShellWord word) => _words.Text(word);

    private string Expand(string expression) => _pack.Expand(expression).Text;

    private string Chain(string name) => _pack.Environment.Chains[name].Id.ToString();

    [GeneratedRegex(@"^\W*(none|nothing|no action|continue|proceed|carry on|go on|ok|normal|all good)?\W*$", RegexOptions.IgnoreCase)]
    private static partial Regex Nothing();
}
