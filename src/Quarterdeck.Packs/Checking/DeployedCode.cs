using System.Buffers.Binary;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
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
            else if (Delegates(code)) behind = await Elsewhere(reader, address, cancel);
            if (behind is { } implementation && await reader.Code(implementation, cancel: cancel) is { Length: > 0 } inner) code = [.. inner, .. code];
        }

        return known[address] = code;
    }

    /// <summary>The implementation by a beacon (EIP-1967), by EIP-1822, by OpenZeppelin's first proxies, or by a Safe's first slot.</summary>
    private static async Task<Address?> Elsewhere(EvmReader reader, Address address, CancellationToken cancel)
    {
        if (await reader.Storage(address, Beacon, cancel: cancel) is { IsZero: false } beacon)
        {
            try
            {
                var answer = await reader.Call(new CallRequest(Address.FromWord(beacon.ToArray()), BeaconImplementation.EncodeCall()), cancel: cancel);
                return BeaconImplementation.DecodeResult(answer) as Address?;
            }
            catch (Exception e) when (e is RpcException or AbiException)
            {
                return null; // the slot holds something else
            }
        }

        foreach (var slot in new[] { Proxiable, FirstOpenZeppelin, System.Numerics.BigInteger.Zero })
        {
            if (await reader.Storage(address, slot, cancel: cancel) is { IsZero: false } word && word.ToArray().AsSpan(0, 12).IndexOfAnyExcept((byte)0) < 0) return Address.FromWord(word.ToArray());
        }

        return null;
    }

    // EIP-1967: keccak256("eip1967.proxy.beacon") - 1; EIP-1822: keccak256("PROXIABLE"); keccak256("org.zeppelinos.proxy.implementation").
    private static readonly System.Numerics.BigInteger Beacon = Slot("a3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6cb3582b35133d50");
    private static readonly System.Numerics.BigInteger Proxiable = Slot(Keccak256.Hash("PROXIABLE").ToString()[2..]);
    private static readonly System.Numerics.BigInteger FirstOpenZeppelin = Slot(Keccak256.Hash("org.zeppelinos.proxy.implementation").ToString()[2..]);
    private static readonly AbiFunction BeaconImplementation = AbiFunction.Parse("implementation()(address)");

    private static System.Numerics.BigInteger Slot(string hex) => System.Numerics.BigInteger.Parse("0" + hex, System.Globalization.NumberStyles.HexNumber, null);

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
