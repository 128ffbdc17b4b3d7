using System.Numerics;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Rpc;

/// <summary>Typed reads of one EVM chain. Sends nothing that changes state, whatever its connection would allow.</summary>
public sealed class EvmReader(IJsonRpc rpc)
{
    private readonly Multicall _multicall = new(rpc);

    /// <summary>Host and port of the endpoint, without secrets.</summary>
    public string Name => rpc.Name;

    /// <summary>The EIP-155 chain id that the endpoint serves.</summary>
    public Task<ulong> ChainNumber(CancellationToken cancel = default) => Read("eth_chainId", [], RpcJson.UInt64, cancel);

    /// <summary>Checks that the endpoint serves the chain.</summary>
    /// <exception cref="WrongChainException">It serves another.</exception>
    public async Task RequireChain(ChainId expected, CancellationToken cancel = default)
    {
        var found = ChainId.Evm(await ChainNumber(cancel));
        if (found != expected) throw new WrongChainException(expected, found, Name);
    }

    /// <summary>Height of the head.</summary>
    public Task<ulong> HeadNumber(CancellationToken cancel = default) => Read("eth_blockNumber", [], RpcJson.UInt64, cancel);

    /// <summary>A header; null where the node has no such block (yet, or any more).</summary>
    public Task<EvmBlock?> Block(BlockId block, CancellationToken cancel = default) =>
        rpc.Send(BlockRequest(block), LogsReader.Block, cancel);

    /// <summary>The head's header.</summary>
    /// <exception cref="TransientException">The node has no head yet.</exception>
    public async Task<EvmBlock> Head(CancellationToken cancel = default) =>
        await Block(BlockId.Latest, cancel) ?? throw new TransientException($"{Name} has no block yet.");

    /// <summary>Headers of heights in one batch, in order; null for those that the node lacks.</summary>
    public async Task<IReadOnlyList<EvmBlock?>> Blocks(IReadOnlyList<ulong> numbers, CancellationToken cancel = default)
    {
        var replies = await rpc.SendBatch([.. numbers.Select(n => BlockRequest(n))], cancel);
        return [.. replies.Select(r => Read(r, LogsReader.Block))];
    }

    /// <summary>Logs in the order of the chain.</summary>
    /// <exception cref="RpcException">Among others, where the node limits the range: ask for fewer blocks.</exception>
    public Task<IReadOnlyList<EvmLog>> Logs(LogFilter filter, CancellationToken cancel = default) =>
        rpc.Send<IReadOnlyList<EvmLog>>(new RpcRequest("eth_getLogs", filter.Parameter), LogsReader.Read, cancel);

    /// <summary>Reads logs in place with a <see cref="LogScanner"/>, without an object for each.</summary>
    /// <exception cref="RpcException">Among others, where the node limits the range: ask for fewer blocks.</exception>
    public Task<T> Logs<T>(LogFilter filter, RpcResultReader<T> read, CancellationToken cancel = default) =>
        rpc.Send(new RpcRequest("eth_getLogs", filter.Parameter), read, cancel);

    /// <summary>
    /// The logs of certain blocks, one list for each, in one request. They are asked for by block hash, so that logs and block
    /// agree whatever the chain does meanwhile.
    /// </summary>
    /// <exception cref="TransientException">A block is no longer canonical, or not yet known to the node.</exception>
    public async Task<IReadOnlyList<IReadOnlyList<EvmLog>>> LogsOfBlocks(
        IReadOnlyList<BlockRef> blocks, IReadOnlyList<Address> addresses, IReadOnlyList<IReadOnlyList<Hash32>?> topics, CancellationToken cancel = default)
    {
        if (blocks.Count == 0) return [];
        // Some nodes answer with no logs for a block they do not have; the header of the last one tells.
        RpcRequest[] requests = [.. blocks.Select(b =>
            new RpcRequest("eth_getLogs", new LogFilter { BlockHash = b.Hash, Addresses = addresses, Topics = topics }.Parameter)),
            BlockRequest(blocks[^1])];
        var replies = await rpc.SendBatch(requests, cancel);
        var result = new IReadOnlyList<EvmLog>[blocks.Count];
        for (var i = 0; i < result.Length; i++)
        {
            if (replies[i].Error is { } error)
                throw new TransientException($"{Name} has no logs of block {blocks[i]} ({error.Message}): it may have been orphaned.", error);
            var logs = Read<IReadOnlyList<EvmLog>>(replies[i], LogsReader.Read);
            foreach (var log in logs)
                if (log.BlockHash != blocks[i].Hash)
                    throw new TransientException($"{Name} answered with a log of block {log.BlockHash} when asked for {blocks[i]}.");
            result[i] = logs;
        }

        return Read(replies[^1], LogsReader.Block) is not null
            ? result
            : throw new TransientException($"{Name} does not have block {blocks[^1]}: it may have been orphaned.");
    }

    /// <summary>Executes a call; its return data.</summary>
    /// <exception cref="RpcException">It reverted (<see cref="RpcException.IsRevert"/>), or the node refused it.</exception>
    public Task<byte[]> Call(CallRequest call, BlockId block = default, CallOverrides? overrides = null, CancellationToken cancel = default) =>
        rpc.Send(CallRequestOf(call, block, overrides), RpcJson.Data, cancel);

    /// <summary>Calls a function; its return value decoded as <see cref="AbiFunction.DecodeResult"/> does.</summary>
    /// <exception cref="RpcException">It reverted, or the node refused it.</exception>
    /// <exception cref="AbiException">The answer is not what the function returns; empty where no contract is there.</exception>
    public async Task<object?> Call(
        Address contract, AbiFunction function, IReadOnlyList<object?> arguments, BlockId block = default, CancellationToken cancel = default) =>
        function.DecodeResult(await Call(new CallRequest(contract, function.EncodeCall(arguments)), block, null, cancel));

    /// <summary>
    /// Executes calls of one block together: through Multicall3 where it is deployed, else as a batch, else one by one.
    /// Calls with a sender, value or overrides are never put into Multicall3, whose address they would see.
    /// </summary>
    public Task<IReadOnlyList<CallResult>> Calls(IReadOnlyList<CallRequest> calls, BlockId block = default, CallOverrides? overrides = null, CancellationToken cancel = default) =>
        _multicall.Calls(calls, block, overrides, cancel);

    /// <summary>Runtime code; empty where no contract is.</summary>
    public Task<byte[]> Code(Address account, BlockId block = default, CancellationToken cancel = default) =>
        Read("eth_getCode", [account, block.Parameter], RpcJson.Data, cancel);

    /// <summary>One storage slot.</summary>
    public Task<Hash32> Storage(Address contract, BigInteger slot, BlockId block = default, CancellationToken cancel = default) =>
        Read("eth_getStorageAt", [contract, Word(slot), block.Parameter], json => new Hash32(RpcJson.Data(json)), cancel);

    /// <summary>Wei.</summary>
    public Task<BigInteger> Balance(Address account, BlockId block = default, CancellationToken cancel = default) =>
        Read("eth_getBalance", [account, block.Parameter], RpcJson.Quantity, cancel);

    /// <summary>Transactions that the account has sent; with <see cref="BlockId.Pending"/> those that wait are counted too.</summary>
    public Task<ulong> Nonce(Address account, BlockId block = default, CancellationToken cancel = default) =>
        Read("eth_getTransactionCount", [account, block.Parameter], RpcJson.UInt64, cancel);

    /// <summary>Gas that a call needs.</summary>
    /// <exception cref="RpcException">It would revert.</exception>
    public Task<ulong> EstimateGas(CallRequest call, BlockId block = default, CancellationToken cancel = default) =>
        Read("eth_estimateGas", [call.Parameter, block.Parameter], RpcJson.UInt64, cancel);

    /// <summary>Wei for each gas that the node would pay now.</summary>
    public Task<BigInteger> GasPrice(CancellationToken cancel = default) => Read("eth_gasPrice", [], RpcJson.Quantity, cancel);

    /// <summary>Fees of the last blocks, with the priority fees at percentiles from 0 to 100.</summary>
    public Task<FeeHistory> FeeHistory(int blocks, BlockId newest = default, IReadOnlyList<double>? percentiles = null, CancellationToken cancel = default) =>
        Read("eth_feeHistory", [(ulong)blocks, newest.Parameter, percentiles ?? []], json => RpcJson.Parse(json, RpcJson.FeeHistory), cancel);

    /// <summary>A mined transaction's receipt; null while it waits or is unknown.</summary>
    public Task<EvmReceipt?> Receipt(Hash32 transaction, CancellationToken cancel = default) =>
        Read("eth_getTransactionReceipt", [transaction], json => RpcJson.ParseOrNull(json, RpcJson.Receipt), cancel);

    /// <summary>A transaction, mined or waiting; null where the node does not know it.</summary>
    public Task<EvmTransaction?> Transaction(Hash32 transaction, CancellationToken cancel = default) =>
        Read("eth_getTransactionByHash", [transaction], json => RpcJson.ParseOrNull(json, RpcJson.Transaction), cancel);

    internal static RpcRequest CallRequestOf(CallRequest call, BlockId block, CallOverrides? overrides)
    {
        List<object?> parameters = [call.Parameter, block.Parameter];
        if (overrides is not null) parameters.Add(overrides.AccountsParameter ?? []);
        if (overrides?.Block is { } pretended) parameters.Add(pretended.Parameter);
        return new RpcRequest("eth_call", parameters);
    }

    private static RpcRequest BlockRequest(BlockId block) => block.Hash is { } hash
        ? new RpcRequest("eth_getBlockByHash", hash, false)
        : new RpcRequest("eth_getBlockByNumber", block.Parameter, false);

    private static byte[] Word(BigInteger slot)
    {
        var word = new byte[32];
        UInt256.FromBigInteger(slot).WriteBigEndian(word);
        return word;
    }

    private Task<T> Read<T>(string method, IReadOnlyList<object?> parameters, RpcResultReader<T> read, CancellationToken cancel) =>
        rpc.Send(new RpcRequest(method, parameters), read, cancel);

    private T Read<T>(RpcReply reply, RpcResultReader<T> read)
    {
        if (reply.Error is { } error) throw error;
        try
        {
            return read(reply.Json.Span);
        }
        catch (Exception e) when (RpcBody.IsUnreadable(e))
        {
            throw new TransientException($"{Name} gave an answer that cannot be read: {e.Message}", e);
        }
    }
}
