using System.Data;
using System.Threading.Channels;
using Npgsql;

namespace Quarterdeck.Store.Audit;

/// <summary>
/// Commits entries that no change comes with: those that arrive while one commit is under way share the next. Each is acknowledged when
/// its transaction is durable, and all fail together where it is not.
/// </summary>
internal sealed class AuditAppender(NpgsqlDataSource source, Commit commit) : IAsyncDisposable
{
    private const int MaximumEntries = 1000;
    private const int Committers = 2;

    private readonly Channel<Pending> _queue = Channel.CreateUnbounded<Pending>();
    private readonly Lock _gate = new();
    private Task? _working;

    public Task Append(IReadOnlyList<RecordedEntry> entries)
    {
        if (_working is null)
        {
            lock (_gate) _working ??= Task.WhenAll(Enumerable.Range(0, Committers).Select(_ => Task.Run(Work)));
        }

        var pending = new Pending(entries, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        ObjectDisposedException.ThrowIf(!_queue.Writer.TryWrite(pending), this);
        return pending.Done.Task;
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        if (_working is not null) await _working;
    }

    private async Task Work()
    {
        var batch = new List<Pending>();
        while (await _queue.Reader.WaitToReadAsync())
        {
            batch.Clear();
            for (var entries = 0; entries < MaximumEntries && _queue.Reader.TryRead(out var pending); entries += pending.Entries.Count)
                batch.Add(pending);
            if (batch.Count == 0) continue;
            try
            {
                await Write([.. batch.SelectMany(p => p.Entries)]);
                foreach (var pending in batch) pending.Done.SetResult();
            }
            catch (Exception e)
            {
                // Each caller gets it; nothing is swallowed.
                foreach (var pending in batch) pending.Done.SetException(e);
            }
        }
    }

    private async Task Write(List<RecordedEntry> entries)
    {
        await using var session = new Session(source, IsolationLevel.ReadCommitted);
        var xid = await AuditInbox.Append(await session.Open(CancellationToken.None), entries, CancellationToken.None);
        CrashPoints.Reached(StoreCrashPoints.ActRecorded);
        await commit.Run(session, xid);
    }

    private sealed record Pending(IReadOnlyList<RecordedEntry> Entries, TaskCompletionSource Done);
}
