using System.Globalization;

namespace Quarterdeck.Primitives.Audit;

/// <summary>
/// A log's statement of its size and root: <c>origin\nsize\nbase64(root)\n</c>. Source: c2sp.org/tlog-checkpoint.
/// </summary>
/// <param name="Origin">The log's name.</param>
/// <param name="Size">How many leaves.</param>
/// <param name="Root">The root of the tree of that size.</param>
public sealed record Checkpoint(string Origin, long Size, Hash32 Root)
{
    /// <summary>The signed form.</summary>
    public string Sign(NoteSigningKey key) => SignedNote.Sign(ToString(), key);

    /// <summary>Reads the text of a note; extension lines after the third are allowed and ignored.</summary>
    /// <exception cref="FormatException">Not a checkpoint.</exception>
    public static Checkpoint Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var lines = text.Split('\n');
        var root = new byte[33];
        if (lines.Length < 4 || lines[0].Length == 0 || lines[^1].Length != 0
            || !long.TryParse(lines[1], NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            || size.ToString(CultureInfo.InvariantCulture) != lines[1]
            || !Convert.TryFromBase64String(lines[2], root, out var length) || length != 32
            || Convert.ToBase64String(root, 0, 32) != lines[2])
        {
            throw new FormatException("Not a checkpoint: origin, size and base64 root are three lines.");
        }

        return new Checkpoint(lines[0], size, new Hash32(root.AsSpan(0, 32)));
    }

    /// <summary>What is signed.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Origin}\n{Size}\n{Convert.ToBase64String(Root.ToArray())}\n");
}
