using System.Globalization;
using System.Numerics;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Audit;

namespace Quarterdeck.Cli.Audit;

/// <summary>
/// A checkpoint that a transaction wrote on a chain: <c>anchor(uint256 size, bytes32 root)</c>. Whom it calls does not matter; that the
/// chain has it, and since when, does.
/// </summary>
/// <param name="Checkpoint">What the history must begin with.</param>
/// <param name="Note">Where it stands.</param>
internal sealed record AuditAnchor(Checkpoint Checkpoint, string Note)
{
    private static readonly AbiFunction Function = AbiFunction.Parse("anchor(uint256,bytes32)");

    /// <summary>What a transaction's data must be.</summary>
    public static byte[] Data(long size, Hash32 root) => Function.EncodeCall(new BigInteger(size), root.ToArray());

    /// <summary>Asks an endpoint for the transaction.</summary>
    /// <param name="endpoint">Of a node that the reader trusts.</param>
    /// <param name="transaction">Its hash.</param>
    /// <param name="log">The log's name.</param>
    /// <param name="cancel">Stops asking.</param>
    public static async Task<AuditAnchor> Read(string endpoint, string transaction, string log, CancellationToken cancel)
    {
        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https" or "ws" or "wss"))
            throw Bad($"--anchor: '{endpoint}' is no endpoint.");
        if (!Hash32.TryParse(transaction, out var hash)) throw Bad($"--anchor: '{transaction}' is no transaction's hash.");
        try
        {
            await using var rpc = new JsonRpcTransport(url, RpcMethods.ReadOnly);
            var reader = new EvmReader(rpc);
            var sent = await reader.Transaction(hash, cancel) ?? throw Bad($"{endpoint} knows no transaction {hash}.");
            if (await reader.Receipt(hash, cancel) is not { } receipt) throw Bad($"The transaction {hash} is in no block yet.");
            if (!receipt.Succeeded) throw Bad($"The transaction {hash} was reverted: it anchors nothing.");
            var block = await reader.Block(receipt.BlockNumber, cancel);
            var depth = await reader.HeadNumber(cancel) - receipt.BlockNumber;
            var chain = await reader.ChainNumber(cancel);
            var note = string.Create(CultureInfo.InvariantCulture,
                $"anchored by {sent.From} in block {receipt.BlockNumber} of chain {chain} at {block?.Time:u}, {depth} blocks ago, in transaction {hash}.");
            return new AuditAnchor(Parse(sent.Input, log, hash), note);
        }
        catch (Exception e) when (e is RpcException or TransientException)
        {
            throw Bad($"{endpoint} does not tell of the transaction: {e.Message}");
        }
    }

    private static Checkpoint Parse(byte[] data, string log, Hash32 transaction)
    {
        var size = data.Length == 68 ? new BigInteger(data.AsSpan(4, 32), isUnsigned: true, isBigEndian: true) : 0;
        return data.Length == 68 && size > 0 && size <= long.MaxValue && data.AsSpan(0, 4).SequenceEqual(Data(0, default).AsSpan(0, 4))
            ? new Checkpoint(log, (long)size, new Hash32(data.AsSpan(36, 32)))
            : throw Bad($"The transaction {transaction} anchors no checkpoint: its data is not a call of {Function.Signature}.");
    }

    private static CommandException Bad(string message) => new(message, QuarterdeckCommand.BadInput);
}
