using System.Globalization;
using System.Text.Json.Nodes;
using Npgsql;
using Quarterdeck.Packs;
using Quarterdeck.Primitives;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Runs.Effects;

/// <summary>
/// Executes SQL that changes rows: as many as were shown, or none. The database's own transaction id is kept before the commit, so
/// that a lost outcome is asked for and never guessed.
/// </summary>
internal sealed class DatabaseEffect(RunOptions options, TimeProvider clock)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private const int Looks = 100;

    public async Task<EffectOutcome> Perform(BoundPack pack, ActionEffect.DatabaseWrite effect, Func<string, Task> prepared, CancellationToken cancel)
    {
        await using var database = await DatabaseWrites.Open(pack, effect.Database, options, cancel);
        string? kept = null;
        try
        {
            var rows = await database.Execute(effect.Sql, effect.Rows, async xid =>
            {
                await prepared(xid);
                kept = xid;
                CrashPoints.Reached(EffectCrashPoints.Prepared);
            }, () => CrashPoints.Reached(EffectCrashPoints.Committed), cancel);
            return rows == effect.Rows
                ? new EffectOutcome.Done(new JsonObject { ["rows"] = rows, ["xid"] = kept })
                : new EffectOutcome.Failed(string.Create(CultureInfo.InvariantCulture,
                    $"The statement would touch {rows} rows, and {effect.Rows} were approved: it was rolled back."));
        }
        catch (PostgresException problem) when (kept is null)
        {
            return new EffectOutcome.Failed($"The database '{effect.Database}' refuses: {problem.MessageText} ({problem.SqlState}).");
        }
        catch (NpgsqlException problem) when (kept is null)
        {
            return new EffectOutcome.NotDone($"The database '{effect.Database}' does not answer, and nothing was committed: {problem.Message}");
        }
        catch (NpgsqlException)
        {
            return await Fate(database, effect, kept!, cancel);
        }
    }

    public async Task<EffectOutcome> Probe(BoundPack pack, ActionEffect.DatabaseWrite effect, EffectTrace trace, CancellationToken cancel)
    {
        if (trace.Xid is not { } xid) return new EffectOutcome.NotDone("It ended before anything was committed.");
        await using var database = await DatabaseWrites.Open(pack, effect.Database, options, cancel);
        return await Fate(database, effect, xid, cancel);
    }

    private async Task<EffectOutcome> Fate(ForeignTransaction database, ActionEffect.DatabaseWrite effect, string xid, CancellationToken cancel)
    {
        for (var look = 1; ; look++)
        {
            TransactionFate fate;
            try
            {
                fate = await database.Fate(xid, cancel);
            }
            catch (NpgsqlException problem)
            {
                throw new TransientException($"What became of the transaction {xid} at '{effect.Database}' cannot be asked now: {problem.Message}");
            }

            switch (fate)
            {
                case TransactionFate.Committed:
                    return new EffectOutcome.Done(new JsonObject { ["rows"] = effect.Rows, ["xid"] = xid, ["probed"] = "the database says that it is committed" });
                case TransactionFate.Aborted:
                    return new EffectOutcome.NotDone($"The database says that the transaction {xid} was rolled back.");
                case TransactionFate.InProgress when look < Looks:
                    // The session of a server that is gone; the database ends it when it notices.
                    await Task.Delay(Pause, clock, cancel);
                    break;
                default:
                    return new EffectOutcome.Unknown($"The database '{effect.Database}' does not tell what became of the transaction {xid} ({fate}).");
            }
        }
    }
}
