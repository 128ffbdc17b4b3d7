using System.Numerics;
using Quarterdeck.Chains.Evm.Abi;

namespace Quarterdeck.Chains.Evm.Safe;

/// <summary>One call of several that a Safe makes at once.</summary>
/// <param name="To">What is called.</param>
/// <param name="Value">Wei.</param>
/// <param name="Data">Calldata.</param>
public sealed record SafeCall(Address To, BigInteger Value, byte[] Data);

/// <summary>
/// Several calls as one transaction of a Safe: all of them or none. Through Safe's library MultiSendCallOnly, which can
/// call and nothing else.
/// </summary>
public static class MultiSend
{
    private static readonly AbiFunction Function = AbiFunction.Parse("multiSend(bytes)");

    /// <summary>MultiSendCallOnly 1.4.1 at the address it has on nearly every chain. Source: safe-deployments.</summary>
    public static Address CallOnly { get; } = Address.Parse("0x9641d764fc13c8B624c04430C7356C1C7C8102e2");

    /// <summary>Calldata for the library: for each call 0 (call), target, value, length, data, packed.</summary>
    public static byte[] Encode(IEnumerable<SafeCall> calls)
    {
        var packed = new List<byte>();
        foreach (var call in calls)
        {
            packed.Add(0);
            packed.AddRange(call.To.ToArray());
            packed.AddRange(Word(call.Value));
            packed.AddRange(Word(call.Data.Length));
            packed.AddRange(call.Data);
        }

        return Function.EncodeCall(packed.ToArray());
    }

    private static byte[] Word(BigInteger number)
    {
        var word = new byte[32];
        UInt256.FromBigInteger(number).WriteBigEndian(word);
        return word;
    }
}
