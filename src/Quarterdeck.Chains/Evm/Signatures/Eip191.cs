using System.Globalization;
using System.Text;
using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Signatures;

/// <summary>Hashes of messages as wallets sign them (personal_sign). Source: EIP-191, version 0x45.</summary>
public static class Eip191
{
    /// <summary>The hash that a wallet signs for a text.</summary>
    public static Hash32 Hash(string message) => Hash(Encoding.UTF8.GetBytes(message));

    /// <summary>The hash that a wallet signs for bytes: keccak("\x19Ethereum Signed Message:\n" ‖ length ‖ bytes).</summary>
    public static Hash32 Hash(ReadOnlySpan<byte> message) => Keccak256.Hash(
        [.. Encoding.ASCII.GetBytes("\u0019Ethereum Signed Message:\n" + message.Length.ToString(CultureInfo.InvariantCulture)), .. message]);

    /// <summary>The address that signed the text.</summary>
    /// <exception cref="FormatException">No key can have made the signature.</exception>
    public static Address Recover(string message, EcdsaSignature signature) => signature.Recover(Hash(message));
}
