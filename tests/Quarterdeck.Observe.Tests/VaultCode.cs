using Quarterdeck.Chains.Evm.Abi;

namespace Quarterdeck.Observe.Tests;

/// <summary>
/// The sample pack's vault as EVM code: <c>total()</c>, <c>cap()</c> and <c>paused()</c> return storage slots 0, 1 and 2; any
/// other call takes a number, adds it to slot 0 and emits <c>Deposited(caller, number)</c>.
/// </summary>
internal static class VaultCode
{
    public static string Hex { get; } = "0x" + Convert.ToHexStringLower(Assemble());

    public static string Deposit(System.Numerics.BigInteger amount) =>
        "0x" + Convert.ToHexStringLower(AbiFunction.Parse("deposit(uint256)").EncodeCall([amount]));

    private static byte[] Assemble()
    {
        List<byte> code = [0x60, 0x00, 0x35, 0x60, 0xe0, 0x1c];
        foreach (var (name, target) in new (string, byte)[] { ("total()", 0x5a), ("cap()", 0x66), ("paused()", 0x72) })
        {
            var selector = AbiFunction.Parse(name).EncodeCall([]);
            code.AddRange([0x80, 0x63, .. selector, 0x14, 0x60, target, 0x57]);
        }

        var topic = AbiEvent.Parse("event Deposited(address indexed user, uint256 amount)").Topic0.ToArray();
        code.AddRange([0x60, 0x04, 0x35, 0x80, 0x60, 0x00, 0x54, 0x01, 0x60, 0x00, 0x55, 0x60, 0x00, 0x52]);
        code.AddRange([0x33, 0x7f, .. topic, 0x60, 0x20, 0x60, 0x00, 0xa2, 0x00]);
        for (byte slot = 0; slot < 3; slot++)
            code.AddRange([0x5b, 0x60, slot, 0x54, 0x60, 0x00, 0x52, 0x60, 0x20, 0x60, 0x00, 0xf3]);
        return [.. code];
    }
}
