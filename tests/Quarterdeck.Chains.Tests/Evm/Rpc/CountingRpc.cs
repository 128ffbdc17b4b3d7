using Quarterdeck.Chains.Evm.Rpc;

namespace Quarterdeck.Chains.Tests.Evm.Rpc;

/// <summary>Counts what goes over the wire.</summary>
internal sealed class CountingRpc(IJsonRpc inner) : IJsonRpc
{
    private int _exchanges;

    public int Exchanges => _exchanges;

    public string Name => inner.Name;

    public Task<T> Send<T>(RpcRequest request, RpcResultReader<T> read, CancellationToken cancel)
    {
        Interlocked.Increment(ref _exchanges);
        return inner.Send(request, read, cancel);
    }

    public Task<RpcReply[]> SendBatch(IReadOnlyList<RpcRequest> requests, CancellationToken cancel)
    {
        Interlocked.Increment(ref _exchanges);
        return inner.SendBatch(requests, cancel);
    }
}
