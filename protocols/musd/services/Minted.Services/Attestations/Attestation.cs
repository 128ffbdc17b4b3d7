using System.Numerics;
using Quarterdeck.Chains.Evm;

namespace Minted.Services.Attestations;

/// <summary>
/// What validators attest: the assets on Canton, in wei of 18 decimals, at a time in Unix seconds. Its id and message are tight
/// packings of 32-byte big-endian words and the bridge's 20 bytes; the two put nonce and assets in different order.
/// </summary>
internal sealed record Attestation(BigInteger CantonAssets, BigInteger Nonce, BigInteger Timestamp, byte[] Entropy, byte[] StateHash)
{
    private const string Prefix = "\u0019Ethereum Signed Message:\n32";

    /// <summary>keccak256(nonce ‖ assets ‖ timestamp ‖ entropy ‖ stateHash ‖ chainId ‖ bridge), 212 bytes.</summary>
    public byte[] Id(BigInteger chain, Address bridge) => Hash(
        Word(Nonce), Word(CantonAssets), Word(Timestamp), Entropy, StateHash, Word(chain), bridge.ToArray());

    /// <summary>keccak256(id ‖ assets ‖ nonce ‖ timestamp ‖ entropy ‖ stateHash ‖ chainId ‖ bridge), 244 bytes: what is signed.</summary>
    public byte[] Message(BigInteger chain, Address bridge) => Hash(
        Id(chain, bridge), Word(CantonAssets), Word(Nonce), Word(Timestamp), Entropy, StateHash, Word(chain), bridge.ToArray());

    /// <summary>The EIP-191 hash of the message: what a signature recovers from.</summary>
    public byte[] Digest(BigInteger chain, Address bridge) =>
        Hash(System.Text.Encoding.ASCII.GetBytes(Prefix), Message(chain, bridge));

    /// <summary>The struct that processAttestation takes.</summary>
    public object?[] ToTuple(BigInteger chain, Address bridge) =>
        [Id(chain, bridge), CantonAssets, Nonce, Timestamp, Entropy, StateHash];

    internal static byte[] Word(BigInteger value)
    {
        var bytes = value.ToByteArray(isUnsigned: true, isBigEndian: true);
        var word = new byte[32];
        bytes.CopyTo(word.AsSpan(32 - bytes.Length));
        return word;
    }

    internal static byte[] Hash(params ReadOnlySpan<byte[]> parts)
    {
        var length = 0;
        foreach (var part in parts) length += part.Length;
        var packed = new byte[length];
        var at = 0;
        foreach (var part in parts)
        {
            part.CopyTo(packed, at);
            at += part.Length;
        }

        return Keccak256.Hash(packed).ToArray();
    }
}
