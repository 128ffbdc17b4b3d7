using System.Text.Json;

namespace Quarterdeck.Devnet.Environments;

/// <summary>up.json in the state folder: what runs, for other commands to find. Holds no secret.</summary>
public sealed record EnvironmentFile
{
    /// <summary>Where the console and the API answer.</summary>
    public required string Url { get; init; }

    /// <summary>The chain's JSON-RPC endpoint.</summary>
    public required string Rpc { get; init; }

    /// <summary>A connection string without the password, which is in <see cref="DatabasePasswordFile"/>.</summary>
    public required string Database { get; init; }

    public required string DatabasePasswordFile { get; init; }

    public required IReadOnlyList<string> Packs { get; init; }

    /// <summary>Operators' wallet addresses by name; the key files are in keys/.</summary>
    public required IReadOnlyDictionary<string, string> Operators { get; init; }

    /// <summary>Process ids: up, server, postgres, anvil and the packs' services.</summary>
    public required IReadOnlyDictionary<string, int> Processes { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static string PathIn(string state) => Path.Combine(state, "up.json");

    /// <summary>Null where nothing was written, or it is of another release.</summary>
    public static async Task<EnvironmentFile?> Load(string state, CancellationToken cancel)
    {
        var path = PathIn(state);
        if (!File.Exists(path)) return null;
        try
        {
            return JsonSerializer.Deserialize<EnvironmentFile>(await File.ReadAllTextAsync(path, cancel), Json);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public void Save(string state) => PrivateFile.Write(PathIn(state), JsonSerializer.Serialize(this, Json));
}
