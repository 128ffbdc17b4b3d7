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

    // After this long without a proposal by itself, the operator on duty proposes the runbook.
    private static readonly TimeSpan ProposalByItself = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, ServerApi> _operators = wallets.Keys.ToDictionary(name => name, _ => new ServerApi(new Uri(ground.File.Url), Restart));
    private readonly DrillReport _report = new() { Fault = ground.Fault.Name };
    private readonly PauseWatch _pauses = new(ground.Rpc, ground.Pack, ground.Deployed, ground.Fault.Contained);
    private readonly HashSet<(string Plan, string Operator)> _signed = [];
    private readonly ServiceSwitch _services = new(ground.State);
    private readonly HashSet<string> _started = [];
    private Anomaly _anomaly = new(0, default);

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

        _anomaly = await new FaultInjector(ground.Rpc, ground.Pack, ground.Deployed, _services, TimeProvider.System)
            .Inject(ground.Fault, cancel);
        Note($"fault {ground.Fault.Name} in effect", _anomaly.Block);
        try
        {
            await AwaitAlert(cancel);
            var run = await AwaitProposal(await AwaitIncident(cancel), cancel);
            if (run is not null) await Follow(run, cancel);
            Judge(run);
        }
        catch (DrillTimeout timeout)
        {
            _report.Failure = timeout.Message;
        }

        await VerifyAudit(cancel);
        return _report;
    }

    public void Dispose()
    {
        foreach (var api in _operators.Values) api.Dispose();
    }

    /// <summary>A drill on ground that is already broken would prove nothing.</summary>
    private async Task RequireCalm(CancellationToken cancel)
    {
        var paused = await _pauses.PausedNow(cancel);
        if (paused.Count > 0)
        {
            throw new CommandException(
                $"{string.Join(", ", paused)} is paused already, so a drill would prove nothing. Unpause it, './quarterdeck reset', or drill in an environment of its own: --own.");
        }

        // A server that just started reads the chain first.
        await Until("the server has followed the chain to its head", async () => await Follows(cancel) ? "so" : null, cancel);
        if ((await Alerts(cancel)).Any(alert => IsOurs(alert) && alert.State == "firing"))
            throw new CommandException($"{ground.Fault.Alert} fires already. Wait until it resolves, or drill in an environment of its own: --own.");
    }

    private async Task AwaitAlert(CancellationToken cancel)
    {
        var alert = await Until($"alert {ground.Fault.Alert} fires", async () =>
            (await Alerts(cancel)).FirstOrDefault(alert => IsOurs(alert) && alert.State == "firing"), cancel);
        _report.Alert = alert.Name;
        _report.Milliseconds.ToAlert = Elapsed;
        // The block an alert names may be the one it became pending in.
        var block = await Head(cancel);
        _report.Blocks.ToAlert = (long)block - (long)_anomaly.Block;
        Note($"alert {alert.Name} fires ({alert.Severity})", block);
    }

    private async Task<IncidentShape> AwaitIncident(CancellationToken cancel)
    {
        var incident = await Until($"an incident of {ground.Fault.Alert} opens", async () =>
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

    private async Task<RunShape?> AwaitProposal(IncidentShape incident, CancellationToken cancel)
    {
        if (ground.Fault.Runbook is not { } runbook) return null;
        var asked = false;
        var since = TimeProvider.System.GetTimestamp();
        var run = await Until($"a run of {runbook} is proposed", async () =>
        {
            var runs = await OnDuty.Get<RunShape[]>($"/api/runs?incidentId={incident.Id}", cancel);
            if (runs.FirstOrDefault(run => run.Runbook == runbook) is { } found) return found;
            if (!asked && TimeProvider.System.GetElapsedTime(since) > ProposalByItself)
            {
                asked = true;
                await OnDuty.Post("/api/runs", new { pack = ground.Pack.Name, runbook, incidentId = incident.Id, reason = $"drill {ground.Fault.Name}" }, cancel);
                Note($"{DevnetKeys.OnDuty} proposes {runbook}", null);
            }

            return null;
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
    private async Task Follow(RunShape proposed, CancellationToken cancel)
    {
        var states = new Dictionary<int, string>();
        var followed = TimeProvider.System.GetTimestamp();
        await Until($"run {proposed.Id} ends", async () =>
        {
            var run = await OnDuty.Get<RunShape>($"/api/runs/{proposed.Id}", cancel);
            foreach (var plan in run.Plans ?? []) await Approve(plan, cancel);
            foreach (var step in run.Steps ?? []) await Attend(run, step, states, cancel);
            await NotePauses(cancel);
            if (!run.IsOver)
            {
                if (ground.Fault.Contained.Count > 0 || TimeProvider.System.GetElapsedTime(followed) < RepairPatience)
                    return null;
                Note($"run {run.Id} is {run.State}: it waits for a repair that the drill does not make", null);
                return run;
            }

            Note($"run {run.State}{(run.Error is { } error ? $": {error}" : "")}", null);
            if (run.State == "succeeded")
            {
                if (ground.Fault.Contained.Count == 0) _report.Milliseconds.ToContained = Elapsed;
            }
            else if (ground.Fault.Contained.Count > 0)
            {
                _report.Failure ??= $"Run {run.Id} ended as {run.State}: {run.Error}";
            }

            return run;
        }, cancel);
    }

    private async Task Attend(RunShape run, RunStepShape step, Dictionary<int, string> states, CancellationToken cancel)
    {
        if (states.TryGetValue(step.Index, out var before) && before == step.State) return;
        states[step.Index] = step.State;
        if (step.State is "done" or "failed" or "skipped")
            Note($"step {step.Index} {step.State}: {FirstLine(step.Text)}{(step.Error is { } error ? $" ({error})" : "")}", null);
        if (step.State != "waiting" || step.Kind != "manual") return;
        await DoByHand(step, cancel);
        try
        {
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

    private async Task Approve(RunPlanShape plan, CancellationToken cancel)
    {
        if (plan.State is "approved" or "executing" or "executed") _report.Milliseconds.ToApproval ??= Elapsed;
        if (plan.State != "pending") return;
        foreach (var name in DevnetKeys.Approvers)
        {
            if (_signed.Contains((plan.Hash, name))) continue;
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
    private static string? Confirmation(PlanShape plan) => plan.Calls.Count > 0 ? plan.Calls[0].TargetName : null;

    private async Task NotePauses(CancellationToken cancel)
    {
        if (ground.Fault.Contained.Count == 0 || _report.Milliseconds.ToContained is not null) return;
        var events = await _pauses.PausedSince(_anomaly.Block, cancel);
        foreach (var (contract, block) in events.Skip(_report.Paused.Count)) Note($"{contract} paused on chain", block);
        _report.Paused = [.. events.Select(entry => entry.Contract)];
        // A block may come between the two reads: both must tell of all of them before the order is final.
        if (events.Count < ground.Fault.Contained.Count) return;
        if ((await _pauses.PausedNow(cancel)).Count != ground.Fault.Contained.Count) return;
        _report.Milliseconds.ToContained = Elapsed;
        _report.Blocks.ToContained = (long)events.Max(entry => entry.Block) - (long)_anomaly.Block;
        Note("contained: every contract reads as paused", events.Max(entry => entry.Block));
    }

    private void Judge(RunShape? run)
    {
        var contracts = ground.Fault.Contained.Count > 0;
        _report.Contained = contracts
            ? _report.Milliseconds.ToContained is not null
            : _report.Alert is not null && _report.Incident is not null && (run is null || _report.Failure is null);
        if (contracts && !_report.Contained) _report.Failure ??= $"Not all of {string.Join(", ", ground.Fault.Contained)} are paused.";
        if (contracts && _report.Contained && !_report.Paused.SequenceEqual(ground.Fault.Contained))
            _report.Failure ??= $"Paused in the order {string.Join(", ", _report.Paused)}; faults.yaml demands {string.Join(", ", ground.Fault.Contained)}.";
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

    private async Task<T> Until<T>(string what, Func<Task<T?>> look, CancellationToken cancel) where T : class
    {
        for (var started = TimeProvider.System.GetTimestamp(); ;)
        {
            if (await look() is { } found) return found;
            if (TimeProvider.System.GetElapsedTime(started) > patience)
                throw new DrillTimeout($"Within {patience.TotalSeconds:0} s it did not happen that {what}. --timeout gives it longer.");
            await Task.Delay(Glance, cancel);
        }
    }

    private static string FirstLine(string text) => text.Split('\n', 2)[0].Trim();

    private sealed class DrillTimeout(string message) : Exception(message);
}
