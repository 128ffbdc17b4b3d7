using System.Text;
using Quarterdeck.Primitives.Audit.Signatures;

namespace Quarterdeck.Primitives.Audit;

/// <summary>How the signatures of a note relate to one key.</summary>
public enum NoteSignature
{
    /// <summary>No line is by the key.</summary>
    Absent,

    /// <summary>A line claims to be by the key and is not.</summary>
    Wrong,

    /// <summary>The key signed the text.</summary>
    Good,
}

/// <summary>
/// Text with signature lines (c2sp.org/signed-note): the text ends in a newline; then an empty line; then a line
/// <c>— name base64(keyid ‖ signature)</c> for each signer. Lines by unknown signers are ignored.
/// </summary>
public sealed class SignedNote
{
    private const string LineStart = "\u2014 ";
    private readonly List<(string Name, uint Id, byte[] Signature)> _signatures;

    private SignedNote(string text, List<(string, uint, byte[])> signatures) => (Text, _signatures) = (text, signatures);

    /// <summary>What is signed, with its last newline.</summary>
    public string Text { get; }

    /// <summary>Who signed, or claims to have: <c>name+keyid</c>.</summary>
    public IEnumerable<string> Signers => _signatures.Select(s => $"{s.Name}+{s.Id:x8}");

    /// <summary>The text with one signature.</summary>
    public static string Sign(string text, NoteSigningKey key)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(key);
        if (!text.EndsWith('\n')) throw new ArgumentException("A note's text ends in a newline.", nameof(text));
        if (key.Verifier.IsWitness) throw new ArgumentException("A witness cosigns; it signs no notes of its own.", nameof(key));
        return $"{text}\n{Line(key.Verifier, key.Sign(Encoding.UTF8.GetBytes(text)))}";
    }

    /// <summary>A witness's signature line over the text and the time (c2sp.org/tlog-cosignature), with its newline.</summary>
    /// <param name="text">The text of the note: a checkpoint.</param>
    /// <param name="key">Of a witness.</param>
    /// <param name="time">When the witness saw it; to the second.</param>
    public static string Cosign(string text, NoteSigningKey key, DateTimeOffset time)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (!key.Verifier.IsWitness) throw new ArgumentException("Only a witness's key cosigns.", nameof(key));
        var seconds = time.ToUnixTimeSeconds();
        Span<byte> stamp = stackalloc byte[8];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(stamp, seconds);
        return Line(key.Verifier, [.. stamp, .. key.Sign(Cosigned(text, seconds))]);
    }

    /// <summary>The note with more signature lines, each as it came with its newline.</summary>
    public static string With(string note, IEnumerable<string> lines) => string.Concat([note, .. lines]);

    private static string Line(NoteVerifierKey key, byte[] signature)
    {
        Span<byte> id = stackalloc byte[4];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(id, key.Id);
        return $"{LineStart}{key.Name} {Convert.ToBase64String([.. id, .. signature])}\n";
    }

    private static byte[] Cosigned(string text, long seconds) =>
        Encoding.UTF8.GetBytes(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"cosignature/v1\ntime {seconds}\n{text}"));

    private bool Holds(NoteVerifierKey key, byte[] signature)
    {
        if (!key.IsWitness) return Ed25519.Verify(key.PublicKey, Encoding.UTF8.GetBytes(Text), signature);
        return signature.Length == 8 + Ed25519.SignatureBytes
            && Ed25519.Verify(key.PublicKey, Cosigned(Text, System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(signature)), signature.AsSpan(8));
    }

    /// <summary>Reads a note without judging its signatures.</summary>
    /// <exception cref="FormatException">Not a signed note.</exception>
    public static SignedNote Parse(string note)
    {
        ArgumentNullException.ThrowIfNull(note);
        var split = note.LastIndexOf("\n\n", StringComparison.Ordinal);
        if (split < 0 || !note.EndsWith('\n') || note.Any(c => c < ' ' && c != '\n')) throw new FormatException("Not a signed note.");
        var signatures = new List<(string, uint, byte[])>();
        foreach (var line in note[(split + 2)..^1].Split('\n'))
        {
            var parts = line.StartsWith(LineStart, StringComparison.Ordinal) ? line[LineStart.Length..].Split(' ') : [];
            var bytes = new byte[line.Length];
            if (parts.Length != 2 || !Convert.TryFromBase64String(parts[1], bytes, out var length) || length < 5
                || Convert.ToBase64String(bytes, 0, length) != parts[1])
                throw new FormatException($"'{line}' is not a signature line.");
            signatures.Add((parts[0], System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes), bytes[4..length]));
        }

        return new SignedNote(note[..(split + 1)], signatures);
    }

    /// <summary>Whether the key signed it.</summary>
    public NoteSignature SignatureOf(NoteVerifierKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var own = _signatures.Where(s => s.Name == key.Name && s.Id == key.Id).ToList();
        if (own.Count == 0) return NoteSignature.Absent;
        return own.All(s => Holds(key, s.Signature)) ? NoteSignature.Good : NoteSignature.Wrong;
    }
}
