using System.Numerics;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Chains.Evm.Simulation;
using Quarterdeck.Primitives;
using Quarterdeck.Testing;

namespace Quarterdeck.Chains.Tests.Evm.Simulation;

public sealed class SimulatorTests(AnvilFixture anvil) : IClassFixture<AnvilFixture>, IAsyncLifetime
{
    private readonly JsonRpcTransport _rpc = new(anvil.Endpoint, RpcMethods.ReadOnly);

    public async ValueTask InitializeAsync()
    {
        await anvil.Clean();
        await ProbeContract.Place(anvil.Rpc, ProbeContract.At);
    }

    public ValueTask DisposeAsync() => _rpc.DisposeAsync();

    private static CallRequest Call(string function, params object?[] arguments) =>
        new(ProbeContract.At, ProbeContract.Function(function).EncodeCall(arguments)) { From = ProbeContract.Account };

    [Fact]
    public async Task Calls_of_a_bundle_see_the_effects_of_those_before_them_and_the_chain_sees_none()
    {
        var result = await new Simulator(_rpc, new RevertDecoder([ProbeContract.Abi])).Simulate(
            [Call("bump"), Call("bump"), Call("refuse", 7), Call("bump"), Call("say", "no"), Call("overflow", (BigInteger.One << 256) - 1)]);
        Assert.Equal(SimulationMethod.Bundle, result.Method);
        Assert.False(result.Succeeded);
        Assert.Equal([true, true, false, true, false, false], result.Calls.Select(c => c.Succeeded));
        Assert.Equal(new BigInteger(3), ProbeContract.Function("bump").DecodeResult(result.Calls[3].ReturnData));
        Assert.All(result.Calls, c => Assert.True(c.GasUsed > 21_000));
        Assert.Equal("Refused(who: 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266, code: 7)", result.Calls[2].Revert!.Text);
        Assert.Equal("no", result.Calls[4].Revert!.Text);
        Assert.Equal(RevertKind.Panic, result.Calls[5].Revert!.Kind);
        var log = Assert.Single(result.Calls[1].Logs);
        Assert.Equal("text", ProbeContract.Abi.FindEvent("Moved")!.Decode(log.Topics.Span, log.Data)["text"]);
        Assert.Equal(BigInteger.Zero, await new EvmReader(_rpc).Call(ProbeContract.At, ProbeContract.Function("count"), []));
    }

    [Fact]
    public async Task A_node_without_bundles_is_asked_call_by_call()
    {
        var result = await new Simulator(new WithoutBundles(_rpc), new RevertDecoder([ProbeContract.Abi])).Simulate([Call("bump"), Call("refuse", 7), Call("bump")]);
        Assert.Equal(SimulationMethod.CallByCall, result.Method);
        Assert.Equal([true, false, true], result.Calls.Select(c => c.Succeeded));
        Assert.Equal(BigInteger.One, ProbeContract.Function("bump").DecodeResult(result.Calls[2].ReturnData));
        Assert.Equal("Refused(who: 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266, code: 7)", result.Calls[1].Revert!.Text);
        Assert.True(result.Calls[0].GasUsed > 21_000);
    }

    [Fact]
    public async Task State_can_be_pretended_for_a_bundle()
    {
        var overrides = new CallOverrides
        {
            Accounts = new Dictionary<Address, AccountOverride>
            {
                [ProbeContract.At] = new() { StateDiff = new Dictionary<Hash32, Hash32> { [default] = Hash32.Parse(new string('0', 62) + "29") } },
            },
        };
        var result = await new Simulator(_rpc).Simulate([Call("bump")], overrides);
        Assert.Equal(new BigInteger(42), ProbeContract.Function("bump").DecodeResult(result.Calls[0].ReturnData));
    }

    private sealed class WithoutBundles(IJsonRpc inner) : IJsonRpc
    {
        public string Name => inner.Name;

        public Task<T> Send<T>(RpcRequest request, RpcResultReader<T> read, CancellationToken cancel) => request.Method == "eth_simulateV1"
            ? throw new RpcException(-32601, "the method eth_simulateV1 does not exist/is not available")
            : inner.Send(request, read, cancel);

        public Task<RpcReply[]> SendBatch(IReadOnlyList<RpcRequest> requests, CancellationToken cancel) => inner.SendBatch(requests, cancel);
    }
}
