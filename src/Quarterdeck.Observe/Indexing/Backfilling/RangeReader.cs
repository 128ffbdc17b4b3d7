using System.Collections.Concurrent;
using Quarterdeck.Chains.Evm.Endpoints;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Primitives;

namespace Quarterdeck.Observe.Indexing.Backfilling;

/// <summary>Reads the logs of final blocks from whichever endpoint is least busy, straight into rows.</summary>
internal sealed class RangeReader(RpcEndpoints endpoints, RangePlanner planner, RequestGate gate, BlockRef target, Action<string> failed, TimeProvider clock)
{
    private const int Headers = 100;
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(5);
    private readonly ConcurrentDictionary<IJsonRpc, bool> _haveTarget = [];

    /// <summary>Why the last request failed; null where it did not.</summary>
    public string? LastFailure { get; private set; }

    /// <summary>Reads a range, in parts where the node refuses the whole. The rows are in the order of the chain.</summary>
    /// <param name="from">First block.</param>
    /// <param name="to">Last block.</param>
    /// <param name="ask">Contracts and topics.</param>
    /// <param name="take">Puts one log into the rows.</param>
    /// <param name="tables">How many tables there are.</param>
    /// <param name="cancel">Stops at once.</param>
    /// <exception cref="RpcException">A node refuses a single block.</exception>
    public async Task<RowBatch[]> Read(ulong from, ulong to, LogFilter ask, TakeLog take, int tables, CancellationToken cancel)
    {
        for (var failures = 0; ; failures++)
        {
            try
            {
                var rows = await Once(from, to, ask, take, tables, cancel);
                LastFailure = null;
                return [rows];
            }
            catch (RpcException) when (to > from)
            {
                planner.Refused(to - from + 1);
                return await Halves(from, to, ask, take, tables, cancel);
            }
            catch (TransientException e)
            {
                LastFailure = e.Message;
                failed(e.Message);
                if (e is RateLimitedException) gate.Limited();
                else if (failures >= 2 && to > from)
                {
                    // An answer that never arrives whole may be too large for this endpoint.
                    planner.Refused(to - from + 1);
                    return await Halves(from, to, ask, take, tables, cancel);
                }
            }

            var rest = TimeSpan.FromMilliseconds(100 * Math.Pow(2, Math.Min(failures, 10)));
            await Task.Delay(rest < LongestRest ? rest : LongestRest, clock, cancel);
        }
    }

    private async Task<RowBatch[]> Halves(ulong from, ulong to, LogFilter ask, TakeLog take, int tables, CancellationToken cancel)
    {
        var middle = from + (to - from) / 2;
        var first = await Read(from, middle, ask, take, tables, cancel);
        return [.. first, .. await Read(middle + 1, to, ask, take, tables, cancel)];
    }

    private async Task<RowBatch> Once(ulong from, ulong to, LogFilter ask, TakeLog take, int tables, CancellationToken cancel)
    {
        await gate.Enter(cancel);
        try
        {
            var rows = await endpoints.Spread((rpc, token) => From(rpc, ask with { FromBlock = from, ToBlock = to }, take, tables, token), cancel);
            gate.Answered();
            return rows;
        }
        finally
        {
            gate.Leave();
        }
    }

    private async Task<RowBatch> From(IJsonRpc rpc, LogFilter filter, TakeLog take, int tables, CancellationToken cancel)
    {
        var reader = new EvmReader(rpc);
        await RequireTarget(rpc, reader, cancel);
        var began = clock.GetTimestamp();
        var (rows, bytes) = await reader.Logs(filter, json => (Scan(json, filter, take, tables), json.Length), cancel);
        planner.Answered(filter.ToBlock - filter.FromBlock + 1, bytes, clock.GetElapsedTime(began));
        try
        {
            if (rows.Timeless.Count > 0) await AddTimes(rows, reader, cancel);
            return rows;
        }
        catch
        {
            rows.Dispose();
            throw;
        }
    }

    // A node that has not all blocks yet would answer with the logs of those it has, and nobody would notice.
    private async Task RequireTarget(IJsonRpc rpc, EvmReader reader, CancellationToken cancel)
    {
        if (_haveTarget.ContainsKey(rpc)) return;
        var found = await reader.Block(target.Number, cancel);
        if (found?.Hash != target.Hash)
            throw new TransientException($"{rpc.Name} has {found?.Hash.ToString() ?? "no block"} at height {target.Number}, where the final block is {target.Hash}.");
        _haveTarget[rpc] = true;
    }

    private static RowBatch Scan(ReadOnlySpan<byte> json, LogFilter filter, TakeLog take, int tables)
    {
        var rows = new RowBatch(tables);
        try
        {
            var logs = new LogScanner(json);
            while (logs.Next())
            {
                if (logs.BlockNumber < filter.FromBlock || logs.BlockNumber > filter.ToBlock || logs.Removed)
                    throw new FormatException($"a log of block {logs.BlockNumber} is not in {filter.FromBlock} to {filter.ToBlock}");
                take(rows, new LogFields
                {
                    Address = logs.Address,
                    Topics = logs.Topics.Span,
                    Data = logs.Data,
                    BlockNumber = logs.BlockNumber,
                    BlockHash = logs.BlockHash,
                    TransactionHash = logs.TransactionHash,
                    LogIndex = logs.LogIndex,
                    BlockTime = logs.BlockTime,
                });
            }

            return rows;
        }
        catch
        {
            rows.Dispose();
            throw;
        }
    }

    private static async Task AddTimes(RowBatch rows, EvmReader reader, CancellationToken cancel)
    {
        var blocks = new Dictionary<ulong, BlockRef>();
        foreach (var some in rows.Timeless.Select(t => t.Block).Distinct().Chunk(Headers))
        {
            foreach (var block in await reader.Blocks(some, cancel))
                if (block is not null) blocks[block.Number] = block.Ref;
        }

        foreach (var (_, _, number, hash) in rows.Timeless)
        {
            if (!blocks.TryGetValue(number, out var block) || block.Hash != hash)
                throw new TransientException($"{reader.Name} gave a log of block {number} {hash}, but another header or none for that height.");
        }

        rows.SetTimes(blocks);
    }
}

/// <summary>Puts one log into the rows of the tables that take it.</summary>
internal delegate void TakeLog(RowBatch rows, scoped in LogFields log);
