using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Quarterdeck.Primitives.Audit;

/// <summary>
/// One line of an export (<c>audit.ndjson</c>): a header, then entries in order of index, and each checkpoint right after the last
/// entry that it covers. Every line is RFC 8785, so that an entry's bytes stand in its line as they were hashed.
/// </summary>
internal static class AuditExportLine
{
    public const string Format = "quarterdeck-audit/1";

    /// <summary>An entry of the largest size, with what stands around it; a checkpoint is far smaller.</summary>
    public const int MaximumBytes = AuditEntry.MaximumBytes + 256;

    private static ReadOnlySpan<byte> EntryStart => "{\"entry\":"u8;

    private static ReadOnlySpan<byte> HashStart => ",\"hash\":\""u8;

    private static ReadOnlySpan<byte> LeafStart => "\",\"leaf\":"u8;

    public static byte[] Header(NoteVerifierKey key, long size) => Line(new JsonObject
    {
        ["format"] = Format,
        ["key"] = key.ToString(),
        ["size"] = size,
    });

    public static byte[] Checkpoint(string note) => Line(new JsonObject { ["checkpoint"] = note });

    public static byte[] Entry(long leaf, Hash32 hash, ReadOnlySpan<byte> entry)
    {
        var tail = Encoding.ASCII.GetBytes(
            string.Create(System.Globalization.CultureInfo.InvariantCulture, $",\"hash\":\"{hash.ToString()[2..]}\",\"leaf\":{leaf}}}\n"));
        var line = new byte[EntryStart.Length + entry.Length + tail.Length];
        EntryStart.CopyTo(line);
        entry.CopyTo(line.AsSpan(EntryStart.Length));
        tail.CopyTo(line.AsSpan(EntryStart.Length + entry.Length));
        return line;
    }

    /// <summary>Takes an entry's line apart without parsing its JSON; false where it is not of that form.</summary>
    public static bool TryEntry(ReadOnlySpan<byte> line, out ReadOnlySpan<byte> entry, out Hash32 hash, out long leaf)
    {
        entry = default;
        (hash, leaf) = (default, 0);
        if (!line.StartsWith(EntryStart) || !line.EndsWith("}"u8)) return false;
        var digits = line.LastIndexOf((byte)':') + 1;
        var number = line[digits..^1];
        if (!Utf8Parser.TryParse(number, out leaf, out var used) || used != number.Length || !IsPlain(number)) return false;
        var hashEnd = digits - LeafStart.Length;
        var hashStart = hashEnd - 64;
        var entryEnd = hashStart - HashStart.Length;
        if (entryEnd < EntryStart.Length + 2 || !line[hashEnd..digits].SequenceEqual(LeafStart)
            || !line[entryEnd..hashStart].SequenceEqual(HashStart))
        {
            return false;
        }

        Span<char> text = stackalloc char[64];
        for (var i = 0; i < 64; i++)
        {
            text[i] = (char)line[hashStart + i];
            if (char.IsAsciiLetterUpper(text[i])) return false;
        }

        if (!Hash32.TryParse(text, out hash)) return false;
        entry = line[EntryStart.Length..entryEnd];
        return true;
    }

    /// <summary>A header's or checkpoint's members; null where the line is not canonical JSON of an object.</summary>
    public static JsonObject? TryObject(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonNode.Parse(line) is JsonObject members && line.SequenceEqual(CanonicalJson.Serialize(members)) ? members : null;
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or ArgumentException)
        {
            // Not JSON, or text that is not UTF-8, which the parser finds only when it is read.
            return null;
        }
    }

    /// <summary>A member's text; null where it is missing or not a string.</summary>
    public static string? Text(JsonObject members, string name) =>
        members[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static bool IsPlain(ReadOnlySpan<byte> number) =>
        number is [>= (byte)'1' and <= (byte)'9', ..] || number.SequenceEqual("0"u8);

    private static byte[] Line(JsonObject members) => [.. CanonicalJson.Serialize(members), (byte)'\n'];
}
