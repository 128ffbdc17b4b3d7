using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Audit;

namespace Quarterdeck.Store.Audit;

/// <summary>
/// Numbers committed entries and signs checkpoints. Any number of replicas may run it: an advisory lock lets one work at a time. An
/// entry is numbered within milliseconds of its commit, whatever other transactions are open: rows not numbered yet are found by
/// anti-join, from the oldest transaction that was open when the last pass looked. Entries of which one was committed before the
/// other began keep that order.
/// </summary>
public sealed partial class AuditSequencer(
    OperationsStore store, AuditSigner signer, AuditSequencerOptions options, ILogger<AuditSequencer> log) : BackgroundService
{
    private const long LockKey = 0x5175_6172_7465_7202;

    // The plan must follow the indexes also while statistics are stale: a pass costs what it numbers, not what the log holds.
    private static readonly string Lock =
        $"SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_seqscan = off; SELECT pg_advisory_xact_lock({LockKey})";

    private readonly SemaphoreSlim _working = new(1, 1);
    private AuditTree? _tree;
    private Checkpoint? _extended;
    private long _signedAt;
    private bool _compared;

    /// <summary>Why the log is not signed at present; null while all is well. Shown by health.</summary>
    public string? Refusal { get; private set; }

    /// <summary>Numbers every entry committed so far and signs a checkpoint of them. Returns the latest; null for an empty log.</summary>
    /// <exception cref="AuditRefusedException">The database does not continue what was signed before.</exception>
    /// <exception cref="TransientException">The database does not answer.</exception>
    public async Task<string?> Flush(CancellationToken cancel)
    {
        await _working.WaitAsync(cancel);
        try
        {
            while (await Number(cancel) == options.BatchSize)
            {
            }

            await Sign(cancel);
        }
        catch (Exception e) when (Failures.IsOutage(e))
        {
            throw new TransientException($"The audit log's database does not answer: {e.Message}", e);
        }
        finally
        {
            _working.Release();
        }

        return await store.QueryFirstOrDefault<string>(AuditLog.LatestSql, null, cancel);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var subscription = store.Signals.Subscribe(AuditInbox.Signal);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var started = store.Clock.GetTimestamp();
                var wait = await Pass(stoppingToken);
                await subscription.Wait(wait, stoppingToken);
                // After a quiet time an entry is numbered at once; during a burst the next ones wait for each other.
                var early = options.NumberInterval - store.Clock.GetElapsedTime(started);
                if (early > TimeSpan.Zero) await Task.Delay(early, store.Clock, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (Failures.IsOutage(e) || e is TransientException)
            {
                DatabaseAway(log, e.Message);
                await Pause(stoppingToken);
            }
            catch (AuditRefusedException e)
            {
                if (Refusal != e.Message) Refused(log, e.Message);
                Refusal = e.Message;
                await Pause(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                // A fault here must not end the server; health tells that the log is not signed.
                if (Refusal != e.Message) Refused(log, e.ToString());
                Refusal = e.Message;
                _tree = null;
                await Pause(stoppingToken);
            }
        }
    }

    // Returns how long there is nothing to do.
    private async Task<TimeSpan> Pass(CancellationToken cancel)
    {
        await _working.WaitAsync(cancel);
        try
        {
            int numbered;
            do
            {
                numbered = await Number(cancel);
                if (numbered > 0)
                {
                    Numbered(log, numbered, _tree!.Edge.Size);
                    store.Signals.Raise([Signals.Audit]);
                }

                // The first pass signs even what was signed, so that a restored database is refused at start and not at its first entry.
                if (_tree!.Edge.Size == _tree.Signed && _compared) continue;
                var due = options.CheckpointInterval - store.Clock.GetElapsedTime(_signedAt);
                if (due > TimeSpan.Zero && numbered < options.BatchSize) return due;
                if (due <= TimeSpan.Zero) await Sign(cancel);
            }
            while (numbered == options.BatchSize);
            return options.PollInterval;
        }
        finally
        {
            _working.Release();
        }
    }

    private async Task Pause(CancellationToken stop)
    {
        await Task.Delay(TimeSpan.FromSeconds(1), store.Clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task<int> Number(CancellationToken cancel)
    {
        await using var connection = await store.Server.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var tree = await LockAndLoad(connection, cancel);
        var (pending, xmin) = await Pending(connection, tree, cancel);
        var edge = tree.Edge.Copy();
        if (pending.Count > 0)
        {
            await Insert(connection, edge, pending, cancel);
            CrashPoints.Reached(StoreCrashPoints.LeavesNumbered);
            // Until the commit is known to have happened, memory is in doubt and read anew.
            _tree = null;
            await transaction.CommitAsync(cancel);
            CrashPoints.Reached(StoreCrashPoints.LeavesCommitted);
        }

        _tree = tree with { Edge = edge, SafeXid = pending.Count < options.BatchSize ? xmin : tree.SafeXid };
        return pending.Count;
    }

    private async Task<AuditTree> LockAndLoad(NpgsqlConnection connection, CancellationToken cancel)
    {
        await Migrator.Run(connection, Lock, cancel);
        await using var head = new NpgsqlCommand("SELECT index + 1 FROM audit.leaves ORDER BY index DESC LIMIT 1", connection);
        var size = (long)(await head.ExecuteScalarAsync(cancel) ?? 0L);
        if (_tree is null || _tree.Edge.Size != size) _tree = await AuditTree.Load(connection, signer, cancel);
        return _tree;
    }

    private async Task<(List<(long Id, byte[] Entry)> Pending, ulong Xmin)> Pending(
        NpgsqlConnection connection, AuditTree tree, CancellationToken cancel)
    {
        // The left side gives one row also where nothing is pending, so that xmin is always of the very snapshot of the search.
        await using var command = new NpgsqlCommand(
            """
            SELECT pg_snapshot_xmin(pg_current_snapshot()), p.id, p.entry
            FROM (VALUES (1)) one LEFT JOIN LATERAL (
                SELECT i.id, i.entry FROM audit.inbox i
                WHERE i.xid >= $1 AND NOT EXISTS (SELECT FROM audit.leaves l WHERE l.inbox_id = i.id)
                ORDER BY i.id LIMIT $2) p ON true
            """, connection)
        {
            Parameters = { new() { Value = tree.SafeXid, NpgsqlDbType = NpgsqlDbType.Xid8 }, new() { Value = options.BatchSize } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var pending = new List<(long, byte[])>();
        var xmin = tree.SafeXid;
        while (await reader.ReadAsync(cancel))
        {
            xmin = reader.GetFieldValue<ulong>(0);
            if (!reader.IsDBNull(1)) pending.Add((reader.GetInt64(1), reader.GetFieldValue<byte[]>(2)));
        }

        return (pending, xmin);
    }

    private static async Task Insert(
        NpgsqlConnection connection, MerkleEdge edge, List<(long Id, byte[] Entry)> pending, CancellationToken cancel)
    {
        var (first, hashes) = (edge.Size, new byte[pending.Count][]);
        var (levels, indexes, nodes) = (new List<short>(), new List<long>(), new List<byte[]>());
        for (var i = 0; i < pending.Count; i++)
        {
            var hash = MerkleTree.LeafHash(pending[i].Entry);
            hashes[i] = hash.ToArray();
            edge.Append(hash, (level, index, node) =>
            {
                if (level == 0 || level % 8 != 0) return;
                levels.Add((short)level);
                indexes.Add(index);
                nodes.Add(node.ToArray());
            });
        }

        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new("INSERT INTO audit.leaves (index, inbox_id, hash) SELECT * FROM unnest($1, $2, $3)")
        {
            Parameters =
            {
                new() { Value = Enumerable.Range(0, pending.Count).Select(i => first + i).ToArray() },
                new() { Value = pending.Select(p => p.Id).ToArray() },
                new() { Value = hashes },
            },
        });
        if (nodes.Count > 0)
        {
            batch.BatchCommands.Add(new("INSERT INTO audit.nodes (level, index, hash) SELECT * FROM unnest($1, $2, $3)")
            {
                Parameters =
                {
                    new() { Value = levels.ToArray() }, new() { Value = indexes.ToArray() }, new() { Value = nodes.ToArray() },
                },
            });
        }

        await batch.ExecuteNonQueryAsync(cancel);
    }

    private async Task Sign(CancellationToken cancel)
    {
        await using var connection = await store.Server.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var tree = await LockAndLoad(connection, cancel);
        var remembered = signer.Remembered();
        if (remembered is not null && _extended != remembered) await Compare(connection, tree, remembered, cancel);
        var checkpoint = new Checkpoint(signer.Key.Name, tree.Edge.Size, tree.Edge.Root());
        if (checkpoint.Size == 0 && remembered is null)
        {
            _compared = true;
            return;
        }

        if (_compared && tree.Edge.Size == tree.Signed && remembered?.Size <= tree.Signed) return;
        var note = signer.Sign(checkpoint, _extended);
        CrashPoints.Reached(StoreCrashPoints.CheckpointRemembered);
        await using var insert = new NpgsqlCommand(
            """
            INSERT INTO audit.checkpoints (size, root, note, edge, safe_xid) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (size) DO NOTHING
            """, connection)
        {
            Parameters =
            {
                new() { Value = checkpoint.Size },
                new() { Value = checkpoint.Root.ToArray() },
                new() { Value = note },
                new() { Value = tree.Edge.Roots.SelectMany(r => r.ToArray()).ToArray() },
                new() { Value = tree.SafeXid, NpgsqlDbType = NpgsqlDbType.Xid8 },
            },
        };
        await insert.ExecuteNonQueryAsync(cancel);
        await transaction.CommitAsync(cancel);
        (_extended, _signedAt, _compared, Refusal) = (checkpoint, store.Clock.GetTimestamp(), true, null);
        _tree = tree with { Signed = checkpoint.Size };
    }

    // Signed here before, perhaps by an earlier process: the tree must have begun with it.
    private async Task Compare(NpgsqlConnection connection, AuditTree tree, Checkpoint remembered, CancellationToken cancel)
    {
        _extended = null;
        if (remembered.Size > tree.Edge.Size) return;
        var root = await AuditNodes.Roots(connection, [new LeafRange(0, remembered.Size)], cancel);
        if (root[0] == remembered.Root) _extended = remembered;
    }

    [LoggerMessage(LogLevel.Debug, "Numbered {Count} audit entries; the log has {Size}")]
    private static partial void Numbered(ILogger log, int count, long size);

    [LoggerMessage(LogLevel.Warning, "The audit log waits for its database: {Reason}")]
    private static partial void DatabaseAway(ILogger log, string reason);

    [LoggerMessage(LogLevel.Critical, "The audit log is not signed: {Reason}")]
    private static partial void Refused(ILogger log, string reason);
}
