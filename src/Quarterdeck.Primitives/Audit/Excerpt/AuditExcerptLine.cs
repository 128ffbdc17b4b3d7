using System.Text.Json.Nodes;

namespace Quarterdeck.Primitives.Audit;

/// <summary>
/// One line of an excerpt (<c>excerpt.ndjson</c>), RFC 8785: a header with the checkpoint; entries in order of index, each with its audit
/// path to that checkpoint (RFC 9162 section 2.1.3.1); last the log's signed statement of how many there are and which.
/// </summary>
internal static class AuditExcerptLine
{
    public const string Format = "quarterdeck-audit-excerpt/1";

    /// <summary>An entry of the largest size, and a path of 64 hashes.</summary>
    public const int MaximumBytes = AuditEntry.MaximumBytes + 64 * 67 + 512;

    public static byte[] Header(NoteVerifierKey key, AuditScope scope, string checkpoint) => Line(new JsonObject
    {
        ["checkpoint"] = checkpoint,
        ["format"] = Format,
        ["key"] = key.ToString(),
        ["scope"] = scope.ToJson(),
    });

    public static byte[] Entry(long leaf, Hash32 hash, ReadOnlySpan<byte> entry, IEnumerable<Hash32> proof) => Line(new JsonObject
    {
        ["entry"] = JsonNode.Parse(entry),
        ["hash"] = Hex(hash),
        ["leaf"] = leaf,
        ["proof"] = new JsonArray([.. proof.Select(h => (JsonNode)Hex(h))]),
    });

    public static byte[] Statement(string note) => Line(new JsonObject { ["statement"] = note });

    /// <summary>What the log signs at the end. Its second line is JSON, so it can never pass for a checkpoint.</summary>
    public static string StatementText(AuditScope scope, Checkpoint checkpoint, long count, Hash32 digest) => string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"{Format}\n{System.Text.Encoding.UTF8.GetString(CanonicalJson.Serialize(scope.ToJson()))}\n{checkpoint.Origin}\n{checkpoint.Size}\n{count}\n{Convert.ToBase64String(digest.ToArray())}\n");

    private static string Hex(Hash32 hash) => hash.ToString()[2..];

    private static byte[] Line(JsonObject members) => [.. CanonicalJson.Serialize(members), (byte)'\n'];
}
