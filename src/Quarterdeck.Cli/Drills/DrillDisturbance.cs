using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Cli.Api;
using Quarterdeck.Devnet.Faults;

namespace Quarterdeck.Cli.Drills;

/// <summary>What goes wrong in the middle of a drill's run, each at its moment and once; nothing where the fault is the pack's own.</summary>
internal sealed class DrillDisturbance(DrillGround ground) : IAsyncDisposable
{
    private static readonly TimeSpan Away = TimeSpan.FromSeconds(8);

    private readonly Disturber _disturber = new(ground.Rpc, ground.File.Processes);
    private IAsyncDisposable? _undo;
    private long? _askedAt;
    private bool _answers;
    private bool _done;

    private Disturbance? Kind => ground.Subject.General?.Kind;

    /// <summary>True until a disturbance that undoes what the run does has happened: before it nothing is contained for good.</summary>
    public bool IsAwaited => Kind == Disturbance.Reorganisation && !_done;

    /// <summary>What must not have happened meanwhile and did; null where all is as it should be.</summary>
    public string? Failure { get; private set; }

    /// <summary>What has to be so before the fault.</summary>
    public async Task Prepare(Action<string, ulong?> note, CancellationToken cancel)
    {
        if (ground.Subject.Refusing is not { } contract) return;
        var pause = AbiFunction.Parse(ground.Pack.Contracts[contract].Pause!.Call);
        _undo = await _disturber.MakeRevert(ground.Deployed.Contracts[contract], pause, cancel);
        note($"{contract} refuses {pause.Signature}", null);
    }

    /// <summary>Looks whether the moment has come.</summary>
    public async Task Act(DrillReport report, Anomaly anomaly, Action<string, ulong?> note, CancellationToken cancel)
    {
        if (_done || report.Milliseconds.ToApproval is null) return;
        switch (Kind)
        {
            case Disturbance.RpcDown:
                _done = true;
                note("the chain's endpoint falls silent", null);
                await _disturber.SilenceChain(cancel);
                note("the chain's endpoint answers again", null);
                break;
            case Disturbance.DatabaseDown:
                _done = true;
                note("the database falls silent", null);
                await _disturber.SilenceDatabase(cancel);
                note("the database answers again", null);
                break;
            case Disturbance.GasSpike:
                _done = true;
                note($"the base fee jumps to {await _disturber.RaiseBaseFee(cancel) / 1_000_000_000} gwei", null);
                break;
            case Disturbance.Reorganisation:
                var pauses = await new PauseWatch(ground.Rpc, ground.Pack, ground.Deployed, ground.Fault.Contained).PausedSince(anomaly.Block, cancel);
                if (pauses.Count == 0) break;
                // The block of the fault itself stays, or the fault would be gone with it.
                var from = Math.Max(pauses.Min(entry => entry.Block), anomaly.Block + 1);
                _done = true;
                note($"{pauses[0].Contract} paused on chain, and the last {await _disturber.TakeBack(from, cancel)} blocks are taken back", from);
                break;
        }
    }

    /// <summary>Whether this approver answers now. While one does not, nothing may be sent.</summary>
    public async Task<bool> Answers(string name, ServerApi api, string run, PauseWatch pauses, Action<string, ulong?> note, CancellationToken cancel)
    {
        if (Kind != Disturbance.SignerMissing || _answers) return true;
        if (_askedAt is null) note($"{name} does not answer", null);
        _askedAt ??= TimeProvider.System.GetTimestamp();
        if (TimeProvider.System.GetElapsedTime(_askedAt.Value) < Away) return false;
        var sent = await api.Get<TransactionShape[]>($"/api/transactions?runId={run}", cancel);
        if (sent.Length > 0) Failure = $"Run {run} sent {sent.Length} transactions although {name} had not approved.";
        if (await pauses.PausedNow(cancel) is { Count: > 0 } paused) Failure = $"{string.Join(", ", paused)} was paused although {name} had not approved.";
        note(Failure ?? $"nothing was sent; {name} answers", null);
        _answers = true;
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        if (_undo is not null) await _undo.DisposeAsync();
    }
}
