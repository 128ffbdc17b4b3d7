using System.Numerics;
using System.Security.Cryptography;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Signatures;
using Quarterdeck.Primitives;

namespace Quarterdeck.Server.Tests.Identity;

/// <summary>A wallet made for one test.</summary>
internal sealed class TestKey : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.CreateFromFriendlyName("secP256k1"));

    public TestKey()
    {
        var point = _key.ExportParameters(false).Q;
        Address = Address.FromWord(Keccak256.Hash([.. point.X!, .. point.Y!]).ToArray());
    }

    public Address Address { get; }

    /// <summary>An EIP-191 signature as wallets give it.</summary>
    public string SignMessage(string message) => "0x" + Convert.ToHexStringLower(Sign(Eip191.Hash(message)).ToArray());

    public EcdsaSignature Sign(Hash32 hash)
    {
        var bytes = _key.SignHash(hash.ToArray());
        var r = new BigInteger(bytes.AsSpan(0, 32), isUnsigned: true, isBigEndian: true);
        var s = new BigInteger(bytes.AsSpan(32), isUnsigned: true, isBigEndian: true);
        return new[] { 0, 1 }.Select(parity => new EcdsaSignature(r, s, parity)).First(candidate =>
            candidate.TryRecover(hash, out var signer) && signer == Address).ToLowS();
    }

    public void Dispose() => _key.Dispose();
}
