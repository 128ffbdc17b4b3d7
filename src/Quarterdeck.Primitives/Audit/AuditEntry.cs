using System.Buffers;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Quarterdeck.Primitives.Audit;

/// <summary>
/// One thing that happened: who, when, what, to what, why. Its canonical bytes (RFC 8785) are the leaf's data, so an entry
/// can be proved byte for byte. Nothing in it can be erased later: secrets and personal data stay out, as salted digests.
/// </summary>
/// <param name="Id"><c>aud_…</c>, unique.</param>
/// <param name="Time">By the writer's clock; UTC, to the millisecond.</param>
/// <param name="Actor">Who.</param>
/// <param name="Action">What, as <c>noun.verb</c>.</param>
/// <param name="Subject">The id of what it was done to.</param>
/// <param name="Reason">Why.</param>
/// <param name="Detail">Inputs, outcome, digests of evidence; null where there is nothing to add.</param>
public sealed record AuditEntry(
    string Id, DateTimeOffset Time, Actor Actor, string Action, string Subject, string Reason, JsonObject? Detail)
{
    /// <summary>Canonical bytes of an entry are at most this many: what a C2SP tile entry can hold.</summary>
    public const int MaximumBytes = 65_535;

    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    /// <summary>An entry of now.</summary>
    /// <exception cref="FormatException">Action or subject holds a zero character.</exception>
    public static AuditEntry New(
        TimeProvider clock, Actor actor, string action, string subject, string reason, JsonObject? detail)
    {
        ArgumentNullException.ThrowIfNull(clock);
        ArgumentException.ThrowIfNullOrWhiteSpace(action);
        ArgumentNullException.ThrowIfNull(subject);
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        if (action.Contains('\0', StringComparison.Ordinal) || subject.Contains('\0', StringComparison.Ordinal))
            throw new FormatException("An audit entry's action and subject hold no zero character.");
        return new AuditEntry(
            Ids.Id.New("aud", clock), clock.GetUtcNow().ToUniversalTime(), actor, action, subject, reason, detail);
    }

    /// <summary>The RFC 8785 form: what is hashed, stored and exported.</summary>
    /// <exception cref="FormatException">It has none, or is longer than <see cref="MaximumBytes"/>.</exception>
    public byte[] ToCanonicalBytes()
    {
        var output = new ArrayBufferWriter<byte>(512);
        // The members in canonical order; detail only where there is one.
        Member(output, "{\"action\":"u8, Action);
        Member(output, ",\"actor\":"u8, Actor.ToString());
        if (Detail is not null)
        {
            output.Write(",\"detail\":"u8);
            CanonicalJson.Write(Detail, output);
        }

        Member(output, ",\"id\":"u8, Id);
        Member(output, ",\"reason\":"u8, Reason);
        Member(output, ",\"subject\":"u8, Subject);
        Member(output, ",\"time\":"u8, Time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture));
        output.Write(",\"v\":1}"u8);
        return output.WrittenCount <= MaximumBytes
            ? output.WrittenSpan.ToArray()
            : throw new FormatException(
                $"The audit entry {Action} of {Subject} has {output.WrittenCount} bytes; {MaximumBytes} is the most. "
                + "Keep the evidence elsewhere and record its digest.");
    }

    /// <summary>Reads what <see cref="ToCanonicalBytes"/> wrote.</summary>
    /// <exception cref="FormatException">Not an entry of version 1.</exception>
    public static AuditEntry Parse(ReadOnlySpan<byte> canonical)
    {
        try
        {
            var json = JsonNode.Parse(canonical)!.AsObject();
            if ((int?)json["v"] != 1) throw new FormatException("Not an audit entry of version 1.");
            return new AuditEntry(
                (string)json["id"]!,
                DateTimeOffset.ParseExact(
                    (string)json["time"]!, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal),
                Actor.Parse((string)json["actor"]!), (string)json["action"]!, (string)json["subject"]!, (string)json["reason"]!,
                (JsonObject?)json["detail"]?.DeepClone());
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or InvalidOperationException or NullReferenceException
            or InvalidCastException or ArgumentException)
        {
            throw new FormatException($"Not an audit entry: {e.Message}", e);
        }
    }

    private static void Member(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> name, string value)
    {
        output.Write(name);
        CanonicalJson.WriteString(value, output);
    }
}
