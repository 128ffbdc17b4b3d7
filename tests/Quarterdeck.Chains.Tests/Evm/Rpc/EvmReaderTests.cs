using System.Numerics;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Primitives;
using Quarterdeck.Testing;

namespace Quarterdeck.Chains.Tests.Evm.Rpc;

public sealed class EvmReaderTests(AnvilFixture anvil) : IClassFixture<AnvilFixture>, IAsyncLifetime
{
    private readonly JsonRpcTransport _rpc = new(anvil.Endpoint, RpcMethods.ReadOnly);

    private EvmReader Reader => new(_rpc);

    public async ValueTask InitializeAsync()
    {
        await anvil.Clean();
        await ProbeContract.Place(anvil.Rpc, ProbeContract.At);
    }

    public ValueTask DisposeAsync() => _rpc.DisposeAsync();

    [Fact]
    public async Task Chain_blocks_and_accounts_are_read()
    {
        Assert.Equal(31337UL, await Reader.ChainNumber());
        await anvil.Anvil.Mine(3, CancellationToken.None);
        var head = await Reader.Head();
        Assert.Equal(await Reader.HeadNumber(), head.Number);
        Assert.Equal(head.Ref, (await Reader.Block(head.Hash))!.Ref);
        var below = await Reader.Block(head.Number - 1);
        Assert.Equal(below!.Hash, head.ParentHash);
        Assert.Null(await Reader.Block(head.Number + 100));
        Assert.Equal(head.Ref, (await Reader.Blocks([head.Number - 1, head.Number, head.Number + 1]))[1]!.Ref);
        Assert.True(head.BaseFeePerGas > 0);
        Assert.Equal(10_000 * BigInteger.Pow(10, 18), await Reader.Balance(Address.Parse("0x70997970C51812dc3A010C7d01b50e0d17dc79C8")));
        Assert.Empty(await Reader.Code(ProbeContract.Account));
        Assert.NotEmpty(await Reader.Code(ProbeContract.At));
    }

    [Fact]
    public async Task The_wrong_chain_is_refused_with_both_names_and_a_remedy()
    {
        await Reader.RequireChain(ChainId.Evm(31337));
        var error = await Assert.ThrowsAsync<WrongChainException>(() => Reader.RequireChain(ChainId.Evm(1)));
        Assert.Contains("eip155:31337", error.Message, StringComparison.Ordinal);
        Assert.Contains("eip155:1 ", error.Message, StringComparison.Ordinal);
        Assert.Contains("Remedy", error.Message, StringComparison.Ordinal);
        Assert.Contains($"{anvil.Endpoint.Port}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logs_receipts_and_transactions_are_read_and_decoded()
    {
        var hash = Hash32.Parse(await ProbeContract.Send(anvil.Rpc, "bump"));
        var receipt = (await Reader.Receipt(hash))!;
        Assert.True(receipt.Succeeded);
        Assert.Equal(ProbeContract.At, receipt.To);
        var moved = ProbeContract.Abi.FindEvent("Moved")!;
        var head = (await Reader.Head()).Ref;
        foreach (var filter in new[]
        {
            new LogFilter { FromBlock = 0, ToBlock = head.Number, Addresses = [ProbeContract.At], Topics = [[moved.Topic0]] },
            new LogFilter { BlockHash = receipt.BlockHash, Topics = [null, [AbiEvent.EncodeTopic(AbiType.Parse("address"), ProbeContract.Account)], [Keccak256.Hash("note")]] },
        })
        {
            var log = Assert.Single(await Reader.Logs(filter));
            Assert.Equal(receipt.Logs.Single().Topics, log.Topics);
            Assert.Equal(hash, log.TransactionHash);
            Assert.Equal(receipt.BlockHash, log.BlockHash);
            var decoded = moved.Decode(log.Topics.Span, log.Data);
            Assert.Equal(ProbeContract.Account, decoded["from"]);
            Assert.Equal(Keccak256.Hash("note"), decoded["note"]);
            Assert.True(decoded.Values[1].IsHash);
            Assert.Equal([BigInteger.One, (BigInteger.One << 256) - 1], (object?[])decoded["amounts"]!);
            Assert.Equal("text", decoded["text"]);
        }

        Assert.Empty(await Reader.Logs(new LogFilter { ToBlock = head.Number, Topics = [[Keccak256.Hash("other")]] }));
        Assert.Single((await Reader.LogsOfBlocks([head], [ProbeContract.At], []))[0]);
        Assert.Equal(ProbeContract.Account, (await Reader.Transaction(hash))!.From);
        Assert.Null(await Reader.Receipt(Keccak256.Hash("unknown")));
        Assert.Equal(1UL, await Reader.Nonce(ProbeContract.Account) - await Reader.Nonce(ProbeContract.Account, head.Number - 1));
        Assert.Equal(BigInteger.One, (await Reader.Storage(ProbeContract.At, 0)).ToArray()[31]);
        Assert.True((await Reader.Block(head.Hash))!.MayContain(ProbeContract.At.ToArray()));
        Assert.False((await Reader.Block(head.Hash))!.MayContain(ProbeContract.Multicall3.ToArray()));
    }

    [Fact]
    public async Task A_revert_carries_its_data_and_is_explained()
    {
        var call = new CallRequest(ProbeContract.At, ProbeContract.Function("refuse").EncodeCall(42)) { From = ProbeContract.Account };
        var error = await Assert.ThrowsAsync<RpcException>(() => Reader.Call(call));
        Assert.True(error.IsRevert);
        Assert.Equal("Refused(who: 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266, code: 42)", ProbeContract.Abi.DecodeRevert(error.RevertData).Text);
        error = await Assert.ThrowsAsync<RpcException>(() => Reader.Call(ProbeContract.At, ProbeContract.Function("say"), ["not now"]));
        Assert.Equal("not now", ProbeContract.Abi.DecodeRevert(error.RevertData).Text);
        error = await Assert.ThrowsAsync<RpcException>(() => Reader.EstimateGas(call));
        Assert.True(error.IsRevert);
        error = await Assert.ThrowsAsync<RpcException>(() => Reader.Call(ProbeContract.At, ProbeContract.Function("overflow"), [(BigInteger.One << 256) - 1]));
        Assert.Equal(0x11, ProbeContract.Abi.DecodeRevert(error.RevertData).PanicCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Many_calls_go_together_with_and_without_Multicall3(bool deployed)
    {
        if (deployed) await ProbeContract.Place(anvil.Rpc, ProbeContract.Multicall3);
        await ProbeContract.Send(anvil.Rpc, "bump");
        var head = (await Reader.Head()).Ref;
        var counting = new CountingRpc(_rpc);
        var calls = Enumerable.Range(0, 1200).Select(i => i % 3 == 0
            ? new CallRequest(ProbeContract.At, ProbeContract.Function("refuse").EncodeCall(i))
            : new CallRequest(ProbeContract.At, ProbeContract.Function("count").EncodeCall())).ToArray();
        var results = await new EvmReader(counting).Calls(calls, head);
        for (var i = 0; i < calls.Length; i++)
        {
            Assert.Equal(i % 3 != 0, results[i].Succeeded);
            if (results[i].Succeeded) Assert.Equal(BigInteger.One, ProbeContract.Function("count").DecodeResult(results[i].Data));
            else Assert.Equal(new BigInteger(i), ProbeContract.Abi.DecodeRevert(results[i].Data).Arguments[1]);
        }

        Assert.Equal(deployed ? 3 : 15, counting.Exchanges);
    }

    [Fact]
    public async Task Calls_that_Multicall3_would_change_are_made_apart()
    {
        await ProbeContract.Place(anvil.Rpc, ProbeContract.Multicall3);
        var refuse = ProbeContract.Function("refuse").EncodeCall(1);
        var results = await Reader.Calls([new CallRequest(ProbeContract.At, refuse) { From = ProbeContract.Account }, new CallRequest(ProbeContract.At, refuse)]);
        Assert.Equal(ProbeContract.Account, ProbeContract.Abi.DecodeRevert(results[0].Data).Arguments[0]);
    }

    [Fact]
    public async Task Accounts_and_block_can_be_pretended()
    {
        var overrides = new CallOverrides
        {
            Accounts = new Dictionary<Address, AccountOverride>
            {
                [ProbeContract.At] = new() { StateDiff = new Dictionary<Hash32, Hash32> { [default] = Hash32.Parse(new string('0', 62) + "2a") } },
            },
            Block = new BlockOverrides { Number = 777, Time = DateTimeOffset.FromUnixTimeSeconds(4_000_000_000) },
        };
        var count = await Reader.Call(new CallRequest(ProbeContract.At, ProbeContract.Function("count").EncodeCall()), BlockId.Latest, overrides);
        Assert.Equal(new BigInteger(42), ProbeContract.Function("count").DecodeResult(count));
        var block = (object?[])ProbeContract.Function("block_").DecodeResult(
            await Reader.Call(new CallRequest(ProbeContract.At, ProbeContract.Function("block_").EncodeCall()), BlockId.Latest, overrides))!;
        Assert.Equal([new BigInteger(777), new BigInteger(4_000_000_000)], block);
    }

    [Fact]
    public async Task Fees_are_read()
    {
        await anvil.Anvil.Mine(5, CancellationToken.None);
        var fees = await Reader.FeeHistory(4, BlockId.Latest, [10, 50]);
        Assert.Equal(5, fees.BaseFeePerGas.Count);
        Assert.Equal(4, fees.GasUsedRatio.Count);
        Assert.All(fees.Rewards, r => Assert.Equal(2, r.Count));
        Assert.True(await Reader.GasPrice() > 0);
        Assert.True(await Reader.EstimateGas(new CallRequest(ProbeContract.At, ProbeContract.Function("bump").EncodeCall())) > 21_000);
    }
}
