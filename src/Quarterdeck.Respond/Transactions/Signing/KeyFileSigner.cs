using System.Numerics;
using System.Security.Cryptography;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Signatures;
using Quarterdeck.Chains.Evm.Transactions;
using Quarterdeck.Primitives;

namespace Quarterdeck.Respond.Transactions.Signing;

/// <summary>
/// Signs with a private key in memory, as read from a key file: libsecp256k1 where it is installed (constant time, RFC 6979),
/// else the platform's ECDSA, normalised to a low s (EIP-2).
/// </summary>
internal sealed class KeyFileSigner : ITransactionSigner
{
    private readonly byte[] _key;

    /// <summary>Finds the key's address by signing once.</summary>
    public KeyFileSigner(byte[] key)
    {
        _key = key;
        Span<byte> probe = stackalloc byte[32];
        RandomNumberGenerator.Fill(probe);
        Address = Sign(new Hash32(probe)).Signer;
    }

    public Address Address { get; }

    /// <summary>Opens a key file.</summary>
    /// <exception cref="KeystoreException">The file is missing, not a key file, or the password is wrong.</exception>
    public static async Task<KeyFileSigner> Open(string file, string password, CancellationToken cancel)
    {
        string json;
        try
        {
            json = await File.ReadAllTextAsync(file, cancel);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new KeystoreException($"The key file {file} cannot be read: {problem.Message}", problem);
        }

        // scrypt keeps a core busy for up to a second.
        return await Task.Run(() => new KeyFileSigner(Keystore.Decrypt(json, password)), cancel);
    }

    public Task<SignedTransaction> Sign(UnsignedTransaction transaction, CancellationToken cancel) =>
        Task.FromResult(transaction.Sign(Sign(transaction.SigningHash()).Signature));

    private (EcdsaSignature Signature, Address Signer) Sign(Hash32 digest)
    {
        if (LibSecp256k1.Available)
        {
            var (r, s, parity) = LibSecp256k1.Sign(digest.ToArray(), _key)
                ?? throw new CryptographicException("The key file does not hold a valid key.");
            var native = new EcdsaSignature(Number(r), Number(s), parity).ToLowS();
            return (native, native.Recover(digest));
        }

        using var ecdsa = ECDsa.Create(new ECParameters { Curve = ECCurve.CreateFromFriendlyName("secp256k1"), D = _key });
        var bytes = ecdsa.SignHash(digest.ToArray());
        var point = ecdsa.ExportParameters(includePrivateParameters: false).Q;
        byte[] key = [.. point.X!, .. point.Y!];
        var own = Address.FromWord(Keccak256.Hash(key).ToArray());
        var guess = new EcdsaSignature(Number(bytes.AsSpan(0, 32)), Number(bytes.AsSpan(32)), 0).ToLowS();
        foreach (var candidate in new[] { guess, guess with { YParity = 1 - guess.YParity } })
        {
            if (candidate.TryRecover(digest, out var signer) && signer == own) return (candidate, signer);
        }

        throw new CryptographicException("No recovery id fits the signature.");
    }

    private static BigInteger Number(ReadOnlySpan<byte> bytes) => new(bytes, isUnsigned: true, isBigEndian: true);
}
