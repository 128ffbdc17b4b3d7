using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Safe;

/// <summary>How a Safe executes: a call of its own, or a library's code in its own name.</summary>
public enum SafeOperation
{
    /// <summary>CALL.</summary>
    Call = 0,

    /// <summary>DELEGATECALL: only for libraries such as MultiSendCallOnly.</summary>
    DelegateCall = 1,
}

/// <summary>
/// A transaction of a Safe multisig: what its owners sign, and the call that executes it. Gas is paid by who sends the
/// execution (safeTxGas, baseGas and gasPrice 0, no gas token, no refund), so that a failing call reverts the execution.
/// Source: Safe contracts 1.3.0 to 1.5.0, SafeTx typehash 0xbb8310d4…86d8.
/// </summary>
/// <param name="Chain">EIP-155 chain id.</param>
/// <param name="Safe">The Safe, which is the EIP-712 domain's verifying contract.</param>
/// <param name="To">What is called.</param>
/// <param name="Value">Wei, from the Safe's own balance.</param>
/// <param name="Data">Calldata.</param>
/// <param name="Operation">Call or delegate call.</param>
/// <param name="Nonce">The Safe's own count of executed transactions; each signature fits one nonce only.</param>
public sealed record SafeTx(
    ulong Chain, Address Safe, Address To, BigInteger Value, byte[] Data, SafeOperation Operation, BigInteger Nonce)
{
    private const string Members =
        "address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,uint256 baseGas,uint256 gasPrice,address gasToken,address refundReceiver,uint256 nonce";

    private static readonly Hash32 DomainType = Keccak256.Hash("EIP712Domain(uint256 chainId,address verifyingContract)");
    private static readonly Hash32 TransactionType = Keccak256.Hash($"SafeTx({Members})");
    private static readonly IReadOnlyList<AbiParameter> DomainWords = AbiCodec.ParseTypes("(bytes32,uint256,address)");

    private static readonly IReadOnlyList<AbiParameter> TransactionWords =
        AbiCodec.ParseTypes("(bytes32,address,uint256,bytes32,uint8,uint256,uint256,uint256,address,address,uint256)");

    /// <summary>The Safe's function that executes a transaction.</summary>
    public static AbiFunction ExecTransaction { get; } = AbiFunction.Parse(
        "function execTransaction(address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,uint256 baseGas,uint256 gasPrice,"
        + "address gasToken,address refundReceiver,bytes signatures) payable returns (bool)");

    /// <summary>What the owners sign: keccak(0x19 0x01 ‖ domain ‖ struct). Equal to the Safe's own <c>getTransactionHash</c>.</summary>
    public Hash32 Hash()
    {
        var domain = Keccak256.Hash(AbiCodec.Encode(DomainWords, DomainType.ToArray(), new BigInteger(Chain), Safe));
        var content = Keccak256.Hash(AbiCodec.Encode(
            TransactionWords, TransactionType.ToArray(), To, Value, Keccak256.Hash(Data).ToArray(), new BigInteger((int)Operation),
            BigInteger.Zero, BigInteger.Zero, BigInteger.Zero, Address.Zero, Address.Zero, Nonce));
        return Keccak256.Hash([0x19, 0x01, .. domain.ToArray(), .. content.ToArray()]);
    }

    /// <summary>The same as the JSON that a wallet shows and signs (<c>eth_signTypedData_v4</c>).</summary>
    public JsonObject TypedData() => new()
    {
        ["types"] = new JsonObject
        {
            ["EIP712Domain"] = new JsonArray(Field("uint256 chainId"), Field("address verifyingContract")),
            ["SafeTx"] = new JsonArray([.. Members.Split(',').Select(Field)]),
        },
        ["primaryType"] = "SafeTx",
        ["domain"] = new JsonObject { ["chainId"] = Text(Chain), ["verifyingContract"] = Safe.ToString() },
        ["message"] = new JsonObject
        {
            ["to"] = To.ToString(),
            ["value"] = Text(Value),
            ["data"] = Hex.Data(Data),
            ["operation"] = (int)Operation,
            ["safeTxGas"] = "0",
            ["baseGas"] = "0",
            ["gasPrice"] = "0",
            ["gasToken"] = Address.Zero.ToString(),
            ["refundReceiver"] = Address.Zero.ToString(),
            ["nonce"] = Text(Nonce),
        },
    };

    /// <summary>The calldata for the Safe that executes it with the owners' signatures.</summary>
    /// <param name="signatures">As <see cref="SafeSignatures.Join"/> puts them together.</param>
    public byte[] Execution(byte[] signatures) => ExecTransaction.EncodeCall(
        To, Value, Data, new BigInteger((int)Operation), BigInteger.Zero, BigInteger.Zero, BigInteger.Zero, Address.Zero, Address.Zero,
        signatures);

    /// <summary>The part of <see cref="Execution"/> that no signature changes: whatever executes this transaction begins with it.</summary>
    public byte[] ExecutionPrefix() => Execution([])[..^32];

    /// <inheritdoc/>
    public bool Equals(SafeTx? other) => other is not null && Chain == other.Chain && Safe == other.Safe && To == other.To
        && Value == other.Value && Operation == other.Operation && Nonce == other.Nonce && Data.AsSpan().SequenceEqual(other.Data);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Chain, Safe, To, Nonce);

    private static JsonNode Field(string member)
    {
        var parts = member.Split(' ');
        return new JsonObject { ["name"] = parts[1], ["type"] = parts[0] };
    }

    private static string Text(BigInteger number) => number.ToString(CultureInfo.InvariantCulture);
}
