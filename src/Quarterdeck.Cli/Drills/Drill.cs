using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Signatures;
using Quarterdeck.Cli.Api;
using Quarterdeck.Devnet.Chain;
using Quarterdeck.Devnet.Environments;
using Quarterdeck.Devnet.Faults;
using Quarterdeck.Devnet.Keys;
using Quarterdeck.Devnet.Services;
using Quarterdeck.Packs.Manifest;

namespace Quarterdeck.Cli.Drills;

/// <summary>
/// Breaks something and sees the protocol's operations through it as its operators would: waits for the alert, the
/// incident and the proposed run, approves with the wallets of two of them, follows the run to its end, and proves what
/// happened by the chain and the audit log.
/// </summary>
internal sealed class Drill(DrillGround ground, IReadOnlyDictionary<string, DevKey> wallets, TimeSpan patience, Action<DrillMoment> show) : IDisposable
{
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Restart = TimeSpan.FromSeconds(60);

    // How long a run of a runbook that pauses nothing is followed.
    private static readonly TimeSpan RepairPatience = TimeSpan.FromSeconds(60);

    // A run that moves no step for so long waits for a repair.
    private static readonly TimeSpan StandsStill = TimeSpan.FromSeconds(5);

    // After this long without a proposal by itself, the operator on duty proposes the runbook.
    private static readonly TimeSpan ProposalByItself = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, ServerApi> _operators = wallets.Keys.ToDictionary(name => name, _ => new ServerApi(new Uri(ground.File.Url), Restart));
    private readonly DrillReport _report = new()
    {
        Fault = ground.Subject.Name,
        Runbook = ground.Fault.Runbook,
        Ground = ground.ForkOf is null ? "devnet" : "fork",
    };
    private readonly PauseWatch _pauses = new(ground.Rpc, ground.Pack, ground.Deployed, ground.Fault.Contained);
    private readonly DrillDisturbance _disturbance = new(ground);
    private readonly HashSet<(string Plan, string Operator)> _signed = [];
    private readonly ServiceSwitch _services = new(ground.State);
    private readonly HashSet<string> _started = [];
    private Anomaly _anomaly = new(0, default);
    private bool _repaired;

    private ServerApi OnDuty => _operators[DevnetKeys.OnDuty];

    public async Task<DrillReport> Run(CancellationToken cancel)
    {
        foreach (var (name, api) in _operators) await api.SignIn(wallets[name], cancel);
        try
        {
            await RequireCalm(cancel);
        }
        catch (DrillTimeout timeout)
        {
            throw new CommandException($"The drill cannot begin. {timeout.Message}");
        }

        await _disturbance.Prepare(Note, cancel);
        try
        {
            await Happen(cancel);
            var incident = ground.Subject.HasAnomaly ? await AwaitIncident(await AwaitAlert(cancel), cancel) : null;
            var run = await AwaitProposal(incident, cancel);
            if (run is not null) run = await Follow(run, cancel);
            await Restore(run, cancel);
            await Judge(run, incident, cancel);
        }
        catch (DrillTimeout timeout)
        {
            _report.Failure = timeout.Message;
        }
        finally
        {
            await _disturbance.DisposeAsync();
        }

        await VerifyAudit(cancel);
        return _report;
    }

    public void Dispose()
    {
        foreach (var api in _operators.Values) api.Dispose();
    }

    private async Task Happen(CancellationToken cancel)
    {
        if (ground.Subject.HasAnomaly)
        {
            _anomaly = await Injector.Inject(ground.Fault, cancel);
            Note($"fault {ground.Fault.Name} in effect", _anomaly.Block);
            return;
        }

        _anomaly = new Anomaly(await Head(cancel), TimeProvider.System.GetUtcNow());
        Note($"{ground.Fault.Runbook} is rehearsed as it is", _anomaly.Block);
    }

    private FaultInjector Injector => new(
        ground.Rpc, ground.Pack, ground.Deployed, _services, TimeProvider.System, impersonate: ground.ForkOf is not null);

    /// <summary>A drill on ground that is already broken would prove nothing.</summary>
    private async Task RequireCalm(CancellationToken cancel)
    {
        var paused = await _pauses.PausedNow(cancel);
        if (paused.Count > 0)
        {
            throw new NotCalmException(
                $"{string.Join(", ", paused)} is paused already, so a drill would prove nothing. Unpause it, './quarterdeck reset', or drill in an environment of its own: --own.");
        }

        // A server that just started reads the chain first.
        await Until("the server has followed the chain to its head", async () => await Follows(cancel) ? "so" : null, cancel);
        if (ground.Subject.HasAnomaly && (await Alerts(cancel)).Any(alert => IsOurs(alert) && alert.State == "firing"))
            throw new NotCalmException($"{ground.Fault.Alert} fires already. Wait until it resolves, or drill in an environment of its own: --own.");
    }

    private async Task<AlertShape> AwaitAlert(CancellationToken cancel)
    {
        var alert = await Until($"alert {ground.Fault.Alert} fires", async () =>
            (await Alerts(cancel)).FirstOrDefault(alert => IsOurs(alert) && alert.State == "firing"), cancel, ground.Subject.AlertDelay);
        _report.Alert = alert.Name;
        _report.Milliseconds.ToAlert = Elapsed;
        // The block an alert names may be the one it became pending in.
        var block = await Head(cancel);
        _report.Blocks.ToAlert = (long)block - (long)_anomaly.Block;
        Note($"alert {alert.Name} fires ({alert.Severity})", block);
        return alert;
    }

    private async Task<IncidentShape> AwaitIncident(AlertShape alert, CancellationToken cancel)
    {
        var incident = await Until($"an incident of {alert.Name} opens", async () =>
        {
            foreach (var open in await OnDuty.Get<IncidentShape[]>("/api/incidents?state=open", cancel))
            {
                var whole = await OnDuty.Get<IncidentShape>($"/api/incidents/{open.Id}", cancel);
                if (whole.Alerts?.Any(IsOurs) == true) return whole;
            }

            return null;
        }, cancel);
        _report.Incident = incident.Id;
        _report.Milliseconds.ToIncident = Elapsed;
        Note($"incident {incident.Id} opened: {incident.Title}", null);
        return incident;
    }

    private async Task<RunShape?> AwaitProposal(IncidentShape? incident, CancellationToken cancel)
    {
        if (ground.Fault.Runbook is not { } runbook) return null;
        var asked = false;
        var since = TimeProvider.System.GetTimestamp();
        var run = await Until($"a run of {runbook} is proposed", async () =>
        {
            if (incident is not null)
            {
                var runs = await OnDuty.Get<RunShape[]>($"/api/runs?incidentId={incident.Id}", cancel);
                if (runs.FirstOrDefault(run => run.Runbook == runbook) is { } found) return found;
                if (TimeProvider.System.GetElapsedTime(since) < ProposalByItself) return null;
            }

            if (asked) return null;
            asked = true;
            Note($"{DevnetKeys.OnDuty} proposes {runbook}", null);
            return await OnDuty.Post<RunShape>(
                "/api/runs", new { pack = ground.Pack.Name, runbook, incidentId = incident?.Id, reason = $"drill {ground.Subject.Name}" }, cancel);
        }, cancel);
        _report.Run = run.Id;
        _report.Milliseconds.ToProposal = Elapsed;
        Note($"run {run.Id} of {runbook} proposed", null);
        return run;
    }

    /// <summary>
    /// Approves every plan, confirms every manual step, until the run is over and what must be paused is. A runbook that pauses
    /// nothing may wait for a repair that nobody makes here (a price feed that stays silent): it is followed for a while, and
    /// what became of it is told.
    /// </summary>
    private async Task<RunShape> Follow(RunShape proposed, CancellationToken cancel)
    {
        var states = new Dictionary<int, string>();
        var (followed, moved) = (TimeProvider.System.GetTimestamp(), TimeProvider.System.GetTimestamp());
        return await Until($"run {proposed.Id} ends", async () =>
        {
            var run = await OnDuty.Get<RunShape>($"/api/runs/{proposed.Id}", cancel);
            var before = (states.Count, string.Join(',', states.Values));
            foreach (var plan in run.Plans ?? []) await Approve(run, plan, cancel);
            await _disturbance.Act(_report, _anomaly, Note, cancel);
            foreach (var step in run.Steps ?? []) await Attend(run, step, states, cancel);
            await NotePauses(cancel);
            if (before != (states.Count, string.Join(',', states.Values))) moved = TimeProvider.System.GetTimestamp();
            if (!run.IsOver)
            {
                var still = TimeProvider.System.GetElapsedTime(moved) > StandsStill && run.State != "awaiting_approval";
                if (still && await Repair(cancel)) moved = TimeProvider.System.GetTimestamp();
                if (ground.Fault.Contained.Count > 0 || TimeProvider.System.GetElapsedTime(followed) < RepairPatience) return null;
                Note($"run {run.Id} is {run.State}: it waits for a repair that the drill does not make", null);
                return run;
            }

            // A reorganisation may have taken a pause back: it is over when the chain says so.
            if (ground.Subject.Demanded.Count > 0 && _report.Milliseconds.ToContained is null && run.State == "succeeded") return null;
            Note($"run {run.State}{(run.Error is { } error ? $": {error}" : "")}", null);
            if (run.State == "succeeded" && ground.Fault.Contained.Count == 0) _report.Milliseconds.ToContained = Elapsed;
            return run;
        }, cancel);
    }

    /// <summary>Makes the repair that people cannot make here, once; false where there is none, or it was made.</summary>
    private async Task<bool> Repair(CancellationToken cancel)
    {
        if (_repaired || ground.Fault.Repair.Count == 0) return false;
        _repaired = true;
        await Injector.Apply(ground.Fault.Repair, cancel);
        Note($"fault {ground.Fault.Name} is repaired", await Head(cancel));
        return true;
    }

    /// <summary>Where the fault can be ended here, the alert must end with it.</summary>
    private async Task Restore(RunShape? run, CancellationToken cancel)
    {
        if (run is { IsOver: false }) return;
        await Repair(cancel);
        if (!_repaired && _started.Count == 0) return;
        await Until($"alert {ground.Fault.Alert} resolves", async () =>
            (await Alerts(cancel)).Any(alert => IsOurs(alert) && alert.State == "firing") ? null : "so", cancel);
        _report.RestoredAfter = Elapsed;
        // A read that fails during the fault, as its runbook expects, leaves the run with a failed step; what counts is the repair.
        if (ground.Fault.Contained.Count == 0) _report.Milliseconds.ToContained ??= Elapsed;
        Note($"restored: alert {ground.Fault.Alert} no longer fires", await Head(cancel));
    }

    private async Task Attend(RunShape run, RunStepShape step, Dictionary<int, string> states, CancellationToken cancel)
    {
        if (states.TryGetValue(step.Index, out var before) && before == step.State) return;
        states[step.Index] = step.State;
        if (step.State is "done" or "failed" or "skipped")
            Note($"step {step.Index} {step.State}: {FirstLine(step.Text)}{(step.Error is { } error ? $" ({error})" : "")}", null);
        if (step.State != "waiting" || step.Kind is not ("manual" or "decision")) return;
        await DoByHand(step, cancel);
        try
        {
            if (step.Kind == "decision")
            {
                // What nothing measures is not made up in a drill: none of its branches.
                await OnDuty.Post($"/api/runs/{run.Id}/steps/{step.Index}/branch", new { branch = step.Branches?.Count ?? 0, reason = "Nothing of it holds in the drill." }, cancel);
                Note($"{DevnetKeys.OnDuty} chooses no branch at step {step.Index}: {FirstLine(step.Text)}", null);
                return;
            }

            await OnDuty.Post($"/api/runs/{run.Id}/steps/{step.Index}/confirm", new { text = "Seen in the drill." }, cancel);
            Note($"{DevnetKeys.OnDuty} confirms step {step.Index}: {FirstLine(step.Text)}", null);
        }
        catch (ApiException refusal) when (refusal.Status == System.Net.HttpStatusCode.Conflict)
        {
            // The step moved on between our reading and our answer.
            states.Remove(step.Index);
        }
    }

    /// <summary>What the step asks of people, as far as the devnet has it: where it restarts, the services that the fault stopped are started.</summary>
    private async Task DoByHand(RunStepShape step, CancellationToken cancel)
    {
        if (!step.Text.Contains("restart", StringComparison.OrdinalIgnoreCase)) return;
        foreach (var service in ground.Fault.Steps.OfType<FaultStop>().Select(stop => stop.Service).Where(_started.Add))
        {
            await _services.Start(service, cancel);
            Note($"{DevnetKeys.OnDuty} starts {service} again", null);
        }
    }

    private async Task Approve(RunShape run, RunPlanShape plan, CancellationToken cancel)
    {
        if (plan.State is "approved" or "executing" or "executed") _report.Milliseconds.ToApproval ??= Elapsed;
        if (plan.State != "pending") return;
        foreach (var name in DevnetKeys.Approvers)
        {
            if (_signed.Contains((plan.Hash, name))) continue;
            if (name == DevnetKeys.Approvers[^1] && !await _disturbance.Answers(name, OnDuty, run.Id, _pauses, Note, cancel)) return;
            var whole = await _operators[name].Get<PlanShape>($"/api/plans/{plan.Hash}", cancel);
            if (whole.State != "pending") return;
            var signature = Hex.Data(wallets[name].Sign(SigningHash(whole)));
            try
            {
                await _operators[name].Post($"/api/plans/{plan.Hash}/approvals", new { kind = "wallet", signature, credential = (object?)null, confirmed = Confirmation(whole) }, cancel);
            }
            catch (ApiException refusal) when (refusal.Status == System.Net.HttpStatusCode.Conflict)
            {
                // Sent before a crash and counted; or decided meanwhile, which the next look shows.
            }

            _signed.Add((plan.Hash, name));
            Note($"{name} approves plan {plan.Hash[..10]}… ({whole.Calls.Count} calls)", null);
        }

        if (DevnetKeys.Approvers.All(name => _signed.Contains((plan.Hash, name)))) _report.Milliseconds.ToApproval ??= Elapsed;
    }

    /// <summary>Signs only what the plan's own canonical text says: its hash must be the plan's name and in the signed data.</summary>
    private static Primitives.Hash32 SigningHash(PlanShape plan)
    {
        var hash = "0x" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(plan.Canonical)));
        var signed = plan.TypedData.GetProperty("message").GetProperty("plan").GetString();
        if (!string.Equals(hash, plan.Hash, StringComparison.OrdinalIgnoreCase) || !string.Equals(hash, signed, StringComparison.OrdinalIgnoreCase))
            throw new CommandException($"Plan {plan.Hash} is not what the server asks to sign: its text hashes to {hash}, the signed data name {signed}.");
        return Eip712.FromJson(plan.TypedData.GetRawText()).Hash();
    }

    /// <summary>Some policies want the target's name typed; the drill types the first.</summary>
    internal static string? Confirmation(PlanShape plan) =>
        plan.Calls.Count > 0 ? plan.Calls[0].TargetName : plan.Actions is [var action, ..] ? action.Target : null;

    private async Task NotePauses(CancellationToken cancel)
    {
        var demanded = ground.Subject.Demanded;
        if (demanded.Count == 0 || _report.Milliseconds.ToContained is not null || _disturbance.IsAwaited) return;
        var events = await _pauses.PausedSince(_anomaly.Block, cancel);
        foreach (var (contract, block) in events.Where(entry => !_report.Paused.Contains(entry.Contract))) Note($"{contract} paused on chain", block);
        _report.Paused = [.. events.Select(entry => entry.Contract)];
        // A block may come between the two reads: both must tell of all of them before the order is final.
        if (events.Count < demanded.Count) return;
        if ((await _pauses.PausedNow(cancel)).Count != demanded.Count) return;
        _report.Milliseconds.ToContained = Elapsed;
        _report.Blocks.ToContained = (long)events.Max(entry => entry.Block) - (long)_anomaly.Block;
        Note(ground.Subject.Refusing is null ? "contained: every contract reads as paused" : "contained as far as can be: every other contract reads as paused",
            events.Max(entry => entry.Block));
    }

    private async Task Judge(RunShape? run, IncidentShape? incident, CancellationToken cancel)
    {
        var (demanded, refusing) = (ground.Subject.Demanded, ground.Subject.Refusing);
        var contracts = demanded.Count > 0;
        if (_disturbance.Failure is { } wrong) _report.Failure ??= wrong;
        if (refusing is not null) await JudgeRemaining(run, incident, refusing, cancel);
        else if (run is { IsOver: true, State: not "succeeded" } && (contracts || !ground.Subject.HasAnomaly))
            _report.Failure ??= $"Run {run.Id} ended as {run.State}: {run.Error}";
        _report.Contained = contracts
            ? _report.Milliseconds.ToContained is not null
            : (!ground.Subject.HasAnomaly || (_report.Alert is not null && _report.Incident is not null)) && (run is null || _report.Failure is null);
        if (contracts && !_report.Contained) _report.Failure ??= $"Not all of {string.Join(", ", demanded)} are paused.";
        if (contracts && _report.Contained && !_report.Paused.SequenceEqual(demanded))
            _report.Failure ??= $"Paused in the order {string.Join(", ", _report.Paused)}; demanded is {string.Join(", ", demanded)}.";
    }

    /// <summary>What could not be paused must be named to people: by the run, and in the incident.</summary>
    private async Task JudgeRemaining(RunShape? run, IncidentShape? incident, string refusing, CancellationToken cancel)
    {
        _report.Remaining = [refusing];
        if (run?.State != "failed") _report.Failure ??= $"{refusing} could not be paused, and run {run?.Id} says '{run?.State}'.";
        else if (run.Error?.Contains(refusing, StringComparison.Ordinal) != true) _report.Failure ??= $"Run {run.Id} does not name {refusing}: {run.Error}";
        if (incident is null) return;
        var lines = (await OnDuty.Get<IncidentShape>($"/api/incidents/{incident.Id}", cancel)).Timeline ?? [];
        if (lines.Any(line => line.Text.Contains("failed", StringComparison.Ordinal) && line.Text.Contains(refusing, StringComparison.Ordinal)))
            Note($"incident {incident.Id} names what remains: {refusing}", null);
        else _report.Failure ??= $"Incident {incident.Id} does not say that {refusing} is not paused.";
    }

    private async Task VerifyAudit(CancellationToken cancel)
    {
        var problem = await AuditProof.Of(OnDuty, _report.Run, cancel);
        _report.AuditVerified = problem is null;
        Note(problem is null ? "the exported audit log is proved" : $"the audit log is not proved: {problem}", null);
        if (problem is not null) _report.Failure ??= $"The audit log is not proved: {problem}";
    }

    private async Task<bool> Follows(CancellationToken cancel)
    {
        var health = await OnDuty.Get<HealthShape>("/health", cancel);
        var head = await Head(cancel);
        return health.Chains.Any(chain => chain.Head is { } seen && seen + 3 >= head);
    }

    private async Task<AlertShape[]> Alerts(CancellationToken cancel) => await OnDuty.Get<AlertShape[]>("/api/alerts", cancel);

    private bool IsOurs(AlertShape alert) => alert.Name == ground.Fault.Alert && alert.Pack == ground.Pack.Name;

    private async Task<ulong> Head(CancellationToken cancel) => DevnetRpc.Quantity(await ground.Rpc.Send("eth_blockNumber", [], cancel));

    private long Elapsed => Math.Max(0, (long)(TimeProvider.System.GetUtcNow() - _anomaly.At).TotalMilliseconds);

    private void Note(string text, ulong? block)
    {
        var moment = new DrillMoment(TimeProvider.System.GetUtcNow(), Elapsed, block, text);
        _report.Timeline.Add(moment);
        show(moment);
    }

    private async Task<T> Until<T>(string what, Func<Task<T?>> look, CancellationToken cancel, TimeSpan extra = default) where T : class
    {
        for (var started = TimeProvider.System.GetTimestamp(); ;)
        {
            if (await look() is { } found) return found;
            if (TimeProvider.System.GetElapsedTime(started) > patience + extra)
                throw new DrillTimeout($"Within {patience.TotalSeconds:0} s it did not happen that {what}. --timeout gives it longer.");
            await Task.Delay(Glance, cancel);
        }
    }

    private static string FirstLine(string text) => text.Split('\n', 2)[0].Trim();

    private sealed class DrillTimeout(string message) : Exception(message);
}

/// <summary>The environment that runs is broken already.</summary>
internal sealed class NotCalmException(string message) : CommandException(message);
