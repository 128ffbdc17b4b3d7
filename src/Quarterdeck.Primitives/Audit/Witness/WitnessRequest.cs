using System.Globalization;

namespace Quarterdeck.Primitives.Audit;

/// <summary>
/// What a log asks of a witness: <c>old N</c>, up to 63 lines of a consistency proof in base64, an empty line, the checkpoint as a
/// signed note. Source: c2sp.org/tlog-witness.
/// </summary>
/// <param name="OldSize">The size that the witness is believed to have cosigned last; 0 before the first.</param>
/// <param name="Proof">That the tree of the checkpoint begins with the tree of that size.</param>
/// <param name="Note">The checkpoint.</param>
public sealed record WitnessRequest(long OldSize, IReadOnlyList<Hash32> Proof, string Note)
{
    private const int MaximumProof = 63;

    /// <summary>Reads a request's body.</summary>
    /// <exception cref="FormatException">Another form.</exception>
    public static WitnessRequest Parse(string body)
    {
        ArgumentNullException.ThrowIfNull(body);
        var split = body.IndexOf("\n\n", StringComparison.Ordinal);
        var lines = split < 0 ? [] : body[..split].Split('\n');
        if (lines.Length == 0 || !lines[0].StartsWith("old ", StringComparison.Ordinal)
            || !long.TryParse(lines[0].AsSpan(4), NumberStyles.None, CultureInfo.InvariantCulture, out var old)
            || old.ToString(CultureInfo.InvariantCulture) != lines[0][4..])
        {
            throw new FormatException("The body begins with 'old SIZE', then the proof, an empty line and the checkpoint.");
        }

        if (lines.Length - 1 > MaximumProof) throw new FormatException($"A proof has at most {MaximumProof} hashes.");
        var proof = new List<Hash32>(lines.Length - 1);
        var hash = new byte[33];
        foreach (var line in lines.Skip(1))
        {
            if (!Convert.TryFromBase64String(line, hash, out var length) || length != 32)
                throw new FormatException($"'{line}' is not a hash in base64.");
            proof.Add(new Hash32(hash.AsSpan(0, 32)));
        }

        return new WitnessRequest(old, proof, body[(split + 2)..]);
    }

    /// <summary>The body.</summary>
    public override string ToString() => string.Concat(
        [$"old {OldSize.ToString(CultureInfo.InvariantCulture)}\n", .. Proof.Select(h => Convert.ToBase64String(h.ToArray()) + "\n"), "\n", Note]);
}

/// <summary>What a witness answers.</summary>
/// <param name="Status">HTTP status code.</param>
/// <param name="Body">At 200 the cosignature's line; at 409 the size last cosigned; else why not.</param>
public sealed record WitnessAnswer(int Status, string Body)
{
    /// <summary>The media type of a 409's body.</summary>
    public const string SizeType = "text/x.tlog.size";
}
