using Npgsql;
using Quarterdeck.Store.Audit;

namespace Quarterdeck.Store;

/// <summary>Runs one transaction for a scope: callback, audit entries, commit, signals.</summary>
internal sealed class Door : IAsyncDisposable
{
    private readonly NpgsqlDataSource _source;
    private readonly NpgsqlConnectionStringBuilder _settings;
    private readonly Signals _signals;
    private readonly TimeProvider _clock;
    private readonly Commit _commit;
    private readonly AuditAppender _appender;

    public Door(NpgsqlDataSource source, NpgsqlConnectionStringBuilder settings, Signals signals, TimeProvider clock)
    {
        (_source, _settings, _signals, _clock) = (source, settings, signals, clock);
        _commit = new Commit(source, settings, clock);
        _appender = new AuditAppender(source, _commit);
    }

    public async Task<T> Enter<TScope, T>(
        DoorOptions options, Func<Session, TScope> open, Func<TScope, Task<T>> write, CancellationToken cancel)
        where TScope : WriteScope
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await Once(options, open, write, cancel);
            }
            catch (Exception e) when (Failures.IsConflict(e))
            {
                if (attempt >= options.Retries) throw Failures.Conflict(e);
                await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(1, 5 << Math.Min(attempt, 6))), _clock, cancel);
            }
            catch (Exception e) when (Failures.IsOutage(e))
            {
                throw Failures.Outage(e, _settings);
            }
        }
    }

    public ValueTask DisposeAsync() => _appender.DisposeAsync();

    private async Task<T> Once<TScope, T>(
        DoorOptions options, Func<Session, TScope> open, Func<TScope, Task<T>> write, CancellationToken cancel)
        where TScope : WriteScope
    {
        await using var session = new Session(_source, options.Isolation);
        var scope = open(session);
        var result = await write(scope);
        cancel.ThrowIfCancellationRequested();
        if (scope is ActScope act)
        {
            if (act.Entries.Count == 0) throw new UnrecordedActException(act.Actor, act.Reason);
            if (session.IsOpen) await Finish(session, act, cancel);
            else await _appender.Append(act.Entries);
            CrashPoints.Reached(StoreCrashPoints.ActCommitted);
            _signals.RaiseHere(AuditInbox.Signal);
        }
        else
        {
            await session.Commit();
        }

        _signals.Raise(scope.Signals);
        return result;
    }

    private async Task Finish(Session session, ActScope act, CancellationToken cancel)
    {
        var xid = await AuditInbox.Append(await session.Open(cancel), act.Entries, cancel);
        CrashPoints.Reached(StoreCrashPoints.ActRecorded);
        await _commit.Run(session, xid);
    }
}
