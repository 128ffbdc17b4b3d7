using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Primitives;

namespace Quarterdeck.Devnet.Keys;

/// <summary>
/// A private key of the development environment: an account of the well-known mnemonic, or the wallet of a devnet
/// operator. Signs hashes; knows nothing of what they mean.
/// </summary>
public sealed class DevKey
{
    /// <summary>The mnemonic that anvil and Hardhat fund. It is public: never send value to its accounts on a real chain.</summary>
    public const string Mnemonic = "test test test test test test test test test test test junk";

    private const uint Hardened = 0x80000000;

    private readonly BigInteger _secret;

    private DevKey(BigInteger secret)
    {
        _secret = secret;
        var (x, y) = Secp256k1.PublicKey(secret);
        Address = Address.FromWord(Keccak256.Hash([.. Secp256k1.Word(x), .. Secp256k1.Word(y)]).ToArray());
    }

    public Address Address { get; }

    /// <summary>The 32 bytes, for a key file.</summary>
    internal byte[] Secret => Secp256k1.Word(_secret);

    /// <summary>A new key of chance.</summary>
    public static DevKey Random()
    {
        while (true)
        {
            var secret = new BigInteger(RandomNumberGenerator.GetBytes(32), isUnsigned: true, isBigEndian: true);
            if (!secret.IsZero && secret < Secp256k1.N) return new DevKey(secret);
        }
    }

    /// <summary>The key with these 32 bytes.</summary>
    /// <exception cref="ArgumentException">Not a key of the curve.</exception>
    public static DevKey FromSecret(ReadOnlySpan<byte> bytes)
    {
        var secret = new BigInteger(bytes, isUnsigned: true, isBigEndian: true);
        return bytes.Length == 32 && !secret.IsZero && secret < Secp256k1.N
            ? new DevKey(secret)
            : throw new ArgumentException("A secp256k1 key is 32 bytes, above zero and below the order of the curve.", nameof(bytes));
    }

    /// <summary>Account <paramref name="index"/> of anvil: path m/44'/60'/0'/0/index of <see cref="Mnemonic"/>. Source: BIP-32, BIP-39, BIP-44.</summary>
    public static DevKey Account(uint index)
    {
        var seed = Rfc2898DeriveBytes.Pbkdf2(Mnemonic, Encoding.UTF8.GetBytes("mnemonic"), 2048, HashAlgorithmName.SHA512, 64);
        var node = HMACSHA512.HashData("Bitcoin seed"u8, seed);
        foreach (var child in new[] { 44 | Hardened, 60 | Hardened, Hardened, 0u, index }) node = Child(node, child);
        return FromSecret(node.AsSpan(0, 32));
    }

    /// <summary>65 bytes r ‖ s ‖ v with v 27 or 28, as wallets return them.</summary>
    public byte[] Sign(Hash32 hash)
    {
        var (r, s, parity) = Secp256k1.Sign(_secret, hash.ToArray());
        return [.. Secp256k1.Word(r), .. Secp256k1.Word(s), (byte)(27 + parity)];
    }

    /// <summary>The signature of a text as <c>personal_sign</c> makes it (EIP-191 version 0x45).</summary>
    public byte[] SignMessage(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return Sign(Keccak256.Hash([.. Encoding.UTF8.GetBytes($"\u0019Ethereum Signed Message:\n{bytes.Length}"), .. bytes]));
    }

    private static byte[] Child(byte[] node, uint index)
    {
        var (secret, chain) = (node[..32], node[32..]);
        byte[] number = [(byte)(index >> 24), (byte)(index >> 16 & 0xff), (byte)(index >> 8 & 0xff), (byte)(index & 0xff)];
        var (x, y) = Secp256k1.PublicKey(new BigInteger(secret, isUnsigned: true, isBigEndian: true));
        byte[] data = (index & Hardened) != 0
            ? [0, .. secret, .. number]
            : [(byte)(y.IsEven ? 2 : 3), .. Secp256k1.Word(x), .. number];
        var derived = HMACSHA512.HashData(chain, data);
        var sum = (new BigInteger(derived.AsSpan(0, 32), isUnsigned: true, isBigEndian: true)
            + new BigInteger(secret, isUnsigned: true, isBigEndian: true)) % Secp256k1.N;
        return [.. Secp256k1.Word(sum), .. derived[32..]];
    }
}
