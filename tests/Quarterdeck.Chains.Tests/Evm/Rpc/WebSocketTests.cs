using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Devnet.Chain;
using Quarterdeck.Primitives;
using Quarterdeck.Testing;

namespace Quarterdeck.Chains.Tests.Evm.Rpc;

public sealed class WebSocketTests(AnvilFixture anvil) : IClassFixture<AnvilFixture>
{
    [Fact]
    public async Task Requests_batches_and_errors_share_one_socket()
    {
        await using var rpc = Socket(anvil.Endpoint);
        var reader = new EvmReader(rpc);
        var head = await reader.HeadNumber();
        await Task.WhenAll(Enumerable.Range(0, 50).Select(async i =>
        {
            if (i % 2 == 0) Assert.Equal(head, await reader.HeadNumber());
            else Assert.Equal(2, (await reader.Blocks([head, head + 5])).Count);
        }));
        var error = await Assert.ThrowsAsync<RpcException>(() => rpc.Send("eth_noSuchMethod", []));
        Assert.False(error.IsRevert);
    }

    [Fact]
    public async Task A_lost_connection_fails_what_waits_and_is_opened_again()
    {
        var other = await Anvil.Start(new AnvilOptions(), default);
        var port = other.Port;
        await using var rpc = Socket(other.Endpoint);
        await new EvmReader(rpc).HeadNumber();
        var heads = rpc.Subscribe(["newHeads"]).GetAsyncEnumerator();
        var next = heads.MoveNextAsync().AsTask();
        await other.DisposeAsync();
        await Assert.ThrowsAsync<TransientException>(() => next);
        await Assert.ThrowsAnyAsync<TransientException>(() => new EvmReader(rpc).HeadNumber());
        await using var again = await Anvil.Start(new AnvilOptions { Port = port }, default);
        Assert.Equal(0UL, await new EvmReader(rpc).HeadNumber());
    }

    private static JsonRpcTransport Socket(Uri endpoint) => new(new UriBuilder(endpoint) { Scheme = "ws" }.Uri, RpcMethods.ReadOnly);
}
