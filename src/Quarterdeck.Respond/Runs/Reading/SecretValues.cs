using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Npgsql;
using Quarterdeck.Packs;
using Quarterdeck.Packs.Environments;

namespace Quarterdeck.Respond.Runs.Reading;

/// <summary>
/// The present secrets of an environment, to be taken out of whatever is written down: as they are, and as they look in an address,
/// in JSON and in a Basic header. Held as long as one outcome is written.
/// </summary>
internal sealed class SecretValues
{
    private const int Shortest = 4;
    private readonly List<(string Value, string Shown)> _values = [];

    private SecretValues()
    {
    }

    /// <summary>Reads every secret that can be read; one that cannot stands in no answer either.</summary>
    public static async Task<SecretValues> Of(BoundPack? pack, CancellationToken cancel)
    {
        var found = new SecretValues();
        if (pack is null) return found;
        foreach (var (name, reference) in pack.Environment.Secrets) found.Add(await Read(reference, cancel), $"[{name}]");
        foreach (var (name, reference) in pack.Environment.Databases)
        {
            if (await Read(reference, cancel) is not { } connection) continue;
            found.Add(connection, $"[database {name}]");
            found.Add(Password(connection), $"[password of {name}]");
        }

        // The longer first, so that no part of one is left by another inside it.
        found._values.Sort((a, b) => b.Value.Length.CompareTo(a.Value.Length));
        return found;
    }

    public string Redact(string text)
    {
        foreach (var (value, shown) in _values) text = text.Replace(value, shown, StringComparison.Ordinal);
        return text;
    }

    /// <summary>A copy in which no text holds a secret.</summary>
    public JsonObject? Redact(JsonObject? node) => _values.Count == 0 ? node : (JsonObject?)Copy(node);

    private JsonNode? Copy(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map.Select(pair => KeyValuePair.Create(Redact(pair.Key), Copy(pair.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Copy)]),
        JsonValue value when value.GetValueKind() == JsonValueKind.String => JsonValue.Create(Redact(value.GetValue<string>())),
        _ => node?.DeepClone(),
    };

    private void Add(string? value, string shown)
    {
        if (value is null || value.Length < Shortest) return;
        foreach (var form in new[] { value, Uri.EscapeDataString(value), JsonEncodedText.Encode(value).ToString(), Convert.ToBase64String(Encoding.UTF8.GetBytes(value)) }.Distinct())
            _values.Add((form, shown));
    }

    private static string? Password(string connection)
    {
        if (Uri.TryCreate(connection, UriKind.Absolute, out var url) && url.UserInfo.Split(':', 2) is [_, var written]) return Uri.UnescapeDataString(written);
        try
        {
            return new NpgsqlConnectionStringBuilder(connection).Password;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static async Task<string?> Read(SecretReference reference, CancellationToken cancel)
    {
        try
        {
            return await reference.Read(Environment.GetEnvironmentVariable, cancel);
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
