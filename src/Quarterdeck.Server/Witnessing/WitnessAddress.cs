using Quarterdeck.Primitives.Audit;

namespace Quarterdeck.Server.Witnessing;

/// <summary>A witness that the log's checkpoints are shown to.</summary>
/// <param name="Key">Its public key.</param>
/// <param name="Url">The prefix of its <c>add-checkpoint</c>.</param>
internal sealed record WitnessAddress(NoteVerifierKey Key, Uri Url)
{
    /// <summary>Reads <c>KEY URL</c>, with commas between several.</summary>
    /// <exception cref="FormatException">Another form; says which one.</exception>
    public static IReadOnlyList<WitnessAddress> ParseAll(string? text) =>
        [.. (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Parse)];

    private static WitnessAddress Parse(string text)
    {
        var parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length != 2 || !Uri.TryCreate(parts[1].TrimEnd('/') + "/", UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            throw new FormatException($"'{text}' is no witness: write its key and its http address, with a space between.");
        var key = NoteVerifierKey.Parse(parts[0]);
        return key.IsWitness
            ? new WitnessAddress(key, url)
            : throw new FormatException($"'{parts[0]}' is the key of a log, not of a witness ('quarterdeck witness key' prints one).");
    }
}
