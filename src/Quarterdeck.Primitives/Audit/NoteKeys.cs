using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Quarterdeck.Primitives.Audit.Signatures;

namespace Quarterdeck.Primitives.Audit;

/// <summary>
/// The public key of a log or of a witness, in the form that signed notes use: <c>name+keyid+base64(type ‖ key)</c>, type 0x01 for
/// a log's signatures, 0x04 for a witness's timestamped cosignatures. Source: c2sp.org/signed-note, c2sp.org/tlog-cosignature.
/// </summary>
public sealed class NoteVerifierKey
{
    internal const byte Ed25519Type = 1;
    internal const byte CosignatureType = 4;
    private readonly byte _type;

    /// <summary>From a name and 32 bytes.</summary>
    /// <exception cref="FormatException">The name is empty or holds a space, a plus or a control character.</exception>
    public NoteVerifierKey(string name, byte[] publicKey) : this(name, publicKey, Ed25519Type)
    {
    }

    internal NoteVerifierKey(string name, byte[] publicKey, byte type)
    {
        ArgumentNullException.ThrowIfNull(publicKey);
        if (string.IsNullOrEmpty(name) || name.Any(c => char.IsWhiteSpace(c) || char.IsControl(c) || c == '+'))
            throw new FormatException($"'{name}' cannot name a key: no spaces, no plus, not empty.");
        if (publicKey.Length != Ed25519.KeyBytes) throw new FormatException("An Ed25519 public key is 32 bytes.");
        (Name, PublicKey, _type) = (name, publicKey, type);
        Id = KeyId(name, publicKey, type);
    }

    /// <summary>The log's name: the origin of its checkpoints.</summary>
    public string Name { get; }

    /// <summary>The first four bytes of SHA-256(name ‖ 0x0A ‖ type ‖ key), big-endian.</summary>
    public uint Id { get; }

    /// <summary>32 bytes.</summary>
    public byte[] PublicKey { get; }

    /// <summary>True for a witness's key: it signs a checkpoint together with the time.</summary>
    public bool IsWitness => _type == CosignatureType;

    /// <summary>Reads <c>name+keyid+base64</c>.</summary>
    /// <exception cref="FormatException">Another form, another key type, or the id is not the key's.</exception>
    public static NoteVerifierKey Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Trim().Split('+', 3);
        Span<byte> data = stackalloc byte[33];
        if (parts.Length != 3 || !Convert.TryFromBase64String(parts[2], data, out var length) || length != 33 || data[0] is not (Ed25519Type or CosignatureType))
            throw new FormatException($"'{text}' is not a verifier key. Write name+keyid+base64 of an Ed25519 key, as 'audit key' prints it.");
        var key = new NoteVerifierKey(parts[0], data[1..].ToArray(), data[0]);
        return uint.TryParse(parts[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var id) && id == key.Id
            ? key
            : throw new FormatException($"The verifier key '{parts[0]}' has id {parts[1]}, but its bytes have {key.Id:x8}: mistyped?");
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name}+{Id:x8}+{Convert.ToBase64String([_type, .. PublicKey])}";

    private static uint KeyId(string name, byte[] publicKey, byte type)
    {
        var hash = SHA256.HashData([.. Encoding.UTF8.GetBytes(name), 0x0A, type, .. publicKey]);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(hash);
    }
}

/// <summary>The private key of a log, in the form <c>PRIVATE+KEY+name+keyid+base64(0x01 ‖ seed)</c>. Never logged.</summary>
public sealed class NoteSigningKey
{
    private const string Prefix = "PRIVATE+KEY+";
    private readonly byte[] _seed;

    private NoteSigningKey(string name, byte[] seed, byte type) =>
        (_seed, Verifier) = (seed, new NoteVerifierKey(name, Ed25519.PublicKey(seed), type));

    /// <summary>The public half.</summary>
    public NoteVerifierKey Verifier { get; }

    /// <summary>A new key.</summary>
    public static NoteSigningKey Generate(string name) =>
        new(name, RandomNumberGenerator.GetBytes(Ed25519.KeyBytes), NoteVerifierKey.Ed25519Type);

    /// <summary>A new key of a witness.</summary>
    public static NoteSigningKey GenerateWitness(string name) =>
        new(name, RandomNumberGenerator.GetBytes(Ed25519.KeyBytes), NoteVerifierKey.CosignatureType);

    /// <summary>Reads what <see cref="ToFileText"/> wrote.</summary>
    /// <exception cref="FormatException">Another form; the text is not repeated in the message.</exception>
    public static NoteSigningKey Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var trimmed = text.Trim();
        var parts = trimmed.StartsWith(Prefix, StringComparison.Ordinal) ? trimmed[Prefix.Length..].Split('+', 3) : [];
        Span<byte> data = stackalloc byte[33];
        if (parts.Length == 3 && Convert.TryFromBase64String(parts[2], data, out var length) && length == 33
            && data[0] is NoteVerifierKey.Ed25519Type or NoteVerifierKey.CosignatureType)
        {
            var key = new NoteSigningKey(parts[0], data[1..].ToArray(), data[0]);
            if ($"{key.Verifier.Id:x8}" == parts[1]) return key;
        }

        throw new FormatException("Not a signing key of the form PRIVATE+KEY+name+keyid+base64, or its id is not the key's.");
    }

    /// <summary>What a key file holds.</summary>
    public string ToFileText() =>
        $"{Prefix}{Verifier.Name}+{Verifier.Id:x8}+{Convert.ToBase64String([Verifier.IsWitness ? NoteVerifierKey.CosignatureType : NoteVerifierKey.Ed25519Type, .. _seed])}";

    /// <summary>64 bytes.</summary>
    public byte[] Sign(ReadOnlySpan<byte> message) => Ed25519.Sign(_seed, message);
}
