using System.Buffers.Binary;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Rpc;

namespace Quarterdeck.Packs.Checking;

/// <summary>Looks for functions in deployed code, through EIP-1967 proxies and EIP-1167 clones.</summary>
internal static class DeployedCode
{
    // EIP-1967: keccak256("eip1967.proxy.implementation") - 1, and the beacon slot.
    private static readonly System.Numerics.BigInteger Implementation = System.Numerics.BigInteger.Parse("0360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc", System.Globalization.NumberStyles.HexNumber, null);

    private static readonly byte[] Clone = Convert.FromHexString("363d3d373d3d3d363d73");

    /// <summary>The code that answers at an address: the implementation's where the address is a proxy. Empty where there is none.</summary>
    public static async Task<byte[]> Of(EvmReader reader, Address address, Dictionary<Address, byte[]> known, CancellationToken cancel)
    {
        if (known.TryGetValue(address, out var code)) return code;
        code = await reader.Code(address, cancel: cancel);
        if (code.Length > 0)
        {
            Address? behind = null;
            if (code.AsSpan().StartsWith(Clone) && code.Length >= 30) behind = new Address(code.AsSpan(10, 20));
            else if (await reader.Storage(address, Implementation, cancel: cancel) is { IsZero: false } slot) behind = Address.FromWord(slot.ToArray());
            if (behind is { } implementation && await reader.Code(implementation, cancel: cancel) is { Length: > 0 } inner) code = [.. inner, .. code];
        }

        return known[address] = code;
    }

    /// <summary>True where the dispatcher can compare with the selector: PUSH4, or a shorter push where it begins with zeros.</summary>
    public static bool Has(ReadOnlySpan<byte> code, uint selector)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, selector);
        return bytes[0] == 0 || code.IndexOf(bytes) >= 0;
    }

    /// <summary>True for small code that forwards every call: what it answers is not in it.</summary>
    public static bool Delegates(ReadOnlySpan<byte> code) => code.Length < 4096 && code.IndexOf((byte)0xf4) >= 0 && code.IndexOf((byte)0x36) >= 0;
}
