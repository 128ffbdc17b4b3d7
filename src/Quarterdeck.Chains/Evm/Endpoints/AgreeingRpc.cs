using System.Text.Json;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Endpoints;

/// <summary>Takes an answer only when as many endpoints gave the same one: for facts that must not come from one liar.</summary>
internal sealed class AgreeingRpc : IJsonRpc
{
    private readonly RpcEndpoints _all;
    private readonly int _count;

    public AgreeingRpc(RpcEndpoints all, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, all.Endpoints.Count);
        (_all, _count) = (all, count);
    }

    public string Name => $"{_count} of {_all.Name}";

    public async Task<T> Send<T>(RpcRequest request, RpcResultReader<T> read, CancellationToken cancel)
    {
        if (request.Method == "eth_blockNumber") return Read(read, JsonSerializer.SerializeToUtf8Bytes(Hex.Quantity(await AgreedHeight(cancel))));
        var asked = await Pinned(request, cancel);
        var agreed = await Agreed(
            request.Method,
            async (endpoint, token) =>
            {
                try
                {
                    var json = await endpoint.Rpc.Send(asked, static json => json.ToArray(), token);
                    return new Said(json, null, Essence.Of(asked.Method, json));
                }
                catch (RpcException e)
                {
                    return new Said([], e, Essence.Of(e));
                }
            }, cancel);
        return agreed.Error is { } error ? throw error : Read(read, agreed.Json);
    }

    public async Task<RpcReply[]> SendBatch(IReadOnlyList<RpcRequest> requests, CancellationToken cancel)
    {
        if (requests.Count == 0) return [];
        var asked = await Task.WhenAll(requests.Select(r => Pinned(r, cancel)));
        var agreed = await Agreed(
            $"a batch of {requests.Count} ({requests[0].Method}, …)",
            async (endpoint, token) =>
            {
                var replies = await endpoint.Rpc.SendBatch(asked, token);
                return new Said(replies, string.Join('\n', replies.Select((r, i) =>
                    r.Error is { } error ? Essence.Of(error) : Essence.Of(asked[i].Method, r.Json.Span))));
            }, cancel);
        return agreed.Replies!;
    }

    private T Read<T>(RpcResultReader<T> read, byte[] json)
    {
        try
        {
            return read(json);
        }
        catch (Exception e) when (e is FormatException or JsonException or InvalidOperationException)
        {
            throw new TransientException($"{Name} gave an answer that cannot be read: {e.Message}", e);
        }
    }

    private async Task<RpcRequest> Pinned(RpcRequest request, CancellationToken cancel) =>
        request is { Method: "eth_getBlockByNumber", Parameters: ["latest", ..] }
            ? new RpcRequest(request.Method, [Hex.Quantity(await AgreedHeight(cancel)), .. request.Parameters.Skip(1)])
            : request;

    // Heads differ by a block most of the time, so the head is the highest height that enough endpoints have.
    private async Task<ulong> AgreedHeight(CancellationToken cancel)
    {
        var heads = (await Task.WhenAll(_all.Ordered().Select(e => Head(e, cancel)))).OfType<ulong>().OrderDescending().ToList();
        return heads.Count >= _count
            ? heads[_count - 1]
            : throw new TransientException($"{_count} endpoints must agree, but only {heads.Count} of {_all.Endpoints.Count} answer.");
    }

    private async Task<ulong?> Head(Endpoint endpoint, CancellationToken cancel)
    {
        try
        {
            var head = await _all.Ask(endpoint, (e, token) => e.Rpc.Send(new RpcRequest("eth_blockNumber"), RpcJson.UInt64, token), cancel);
            endpoint.Showed(head);
            return head;
        }
        catch (Exception e) when (e is TransientException or RpcException or WrongChainException)
        {
            return null;
        }
    }

    private async Task<Said> Agreed(string what, Func<Endpoint, CancellationToken, Task<Said>> ask, CancellationToken cancel)
    {
        using var rest = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var waiting = new Queue<Endpoint>(_all.Ordered());
        var running = new Dictionary<Task<Said>, Endpoint>();
        List<(Endpoint Endpoint, Said Said)> answers = [];
        List<(string Endpoint, string Said)> told = [];
        while (true)
        {
            // As many are under way as could still be needed for agreement.
            var best = answers.Count == 0 ? 0 : answers.GroupBy(a => a.Said.Essence).Max(g => g.Count());
            while (waiting.Count > 0 && running.Count + best < _count)
            {
                var endpoint = waiting.Dequeue();
                running[_all.Ask(endpoint, ask, rest.Token)] = endpoint;
            }

            if (running.Count == 0) throw new DisagreementException(what, _count, told);
            var done = await Task.WhenAny(running.Keys);
            running.Remove(done, out var answered);
            try
            {
                var said = await done;
                answers.Add((answered!, said));
                told.Add((answered!.Name, Hex.Shorten(said.Essence)));
                var same = answers.Where(a => a.Said.Essence == said.Essence).ToList();
                if (same.Count < _count) continue;
                foreach (var (endpoint, other) in answers)
                    if (other.Essence != said.Essence) endpoint.Lied($"said {Hex.Shorten(other.Essence)} to {what}, where {same.Count} others agreed on {Hex.Shorten(said.Essence)}");
                return said;
            }
            catch (Exception e) when (e is TransientException or WrongChainException)
            {
                told.Add((answered!.Name, e.Message));
            }
        }
    }

    private sealed record Said(byte[] Json, RpcException? Error, string Essence)
    {
        public Said(RpcReply[] replies, string essence) : this([], null, essence) => Replies = replies;

        public RpcReply[]? Replies { get; }
    }
}
