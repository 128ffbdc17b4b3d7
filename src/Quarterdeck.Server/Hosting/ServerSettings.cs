using Quarterdeck.Server.Identity.Oidc;
using Quarterdeck.Server.Witnessing;

namespace Quarterdeck.Server.Hosting;

/// <summary>What the process was told by its environment variables.</summary>
/// <param name="Database">Connection string; the server's role.</param>
/// <param name="DatabaseOwner">Connection string for migrations.</param>
/// <param name="Packs">Folders of the packs.</param>
/// <param name="Environment">Name of an environment, or the path of its file.</param>
/// <param name="State">Folder for the audit key and key files.</param>
/// <param name="Urls">Where to listen.</param>
/// <param name="PublicUrl">Where people open the console; passkeys belong to its host.</param>
internal sealed record ServerSettings(
    string Database, string DatabaseOwner, IReadOnlyList<string> Packs, string Environment, string State, string Urls, Uri PublicUrl)
{
    /// <summary>File with the tokens of programs; null where there are none.</summary>
    public string? Tokens { get; init; }

    /// <summary>The server's own notification plan; null where only packs have theirs.</summary>
    public string? Notifications { get; init; }

    /// <summary>Address, or the place of a secret one, that is asked for while all is well; null for none.</summary>
    public string? Heartbeat { get; init; }

    /// <summary>Hosts that notifications may be sent to; empty allows every public one.</summary>
    public IReadOnlyList<string> NotificationHosts { get; init; } = [];

    /// <summary>Witnesses that the audit log's checkpoints are shown to.</summary>
    public IReadOnlyList<WitnessAddress> Witnesses { get; init; } = [];

    /// <summary>The team's identity provider; null where people sign in by passkey and wallet alone.</summary>
    public OidcSettings? Provider { get; init; }

    /// <summary>Reads the variables.</summary>
    /// <exception cref="StartRefusedException">One is missing or makes no sense; all that is wrong is said at once.</exception>
    public static ServerSettings Read(Func<string, string?> variable)
    {
        var faults = new List<string>();
        var database = Required("QUARTERDECK_DATABASE", "the PostgreSQL connection string of the server, such as Host=localhost;Database=quarterdeck;Username=quarterdeck_server");
        var packs = Required("QUARTERDECK_PACKS", "the folders of the protocol packs, with ':' between them").Split(
            Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var environment = Required("QUARTERDECK_ENVIRONMENT", "the name of an environment, or the path of its YAML file");
        var state = Required("QUARTERDECK_STATE", "a folder that only this server can read; the audit key is kept there");
        var urls = variable("QUARTERDECK_URLS") is { Length: > 0 } given ? given : "http://127.0.0.1:8080";
        var publicText = variable("QUARTERDECK_PUBLIC_URL") is { Length: > 0 } shown ? shown : Shown(urls.Split(';')[0]);
        if (!Uri.TryCreate(publicText, UriKind.Absolute, out var publicUrl) || publicUrl.Scheme is not ("http" or "https"))
            faults.Add($"QUARTERDECK_PUBLIC_URL is '{publicText}': give an http or https address, such as https://ops.example.org.");
        foreach (var folder in packs.Where(f => !Directory.Exists(f)))
            faults.Add($"QUARTERDECK_PACKS names '{folder}', which is no folder: correct the path.");
        IReadOnlyList<WitnessAddress> witnesses = [];
        try
        {
            witnesses = WitnessAddress.ParseAll(variable("QUARTERDECK_WITNESSES"));
        }
        catch (FormatException e)
        {
            faults.Add($"QUARTERDECK_WITNESSES: {e.Message}");
        }

        OidcSettings? provider = null;
        try
        {
            provider = OidcSettings.Read(variable);
        }
        catch (FormatException e)
        {
            faults.Add(e.Message);
        }

        if (faults.Count > 0) throw new StartRefusedException(faults);
        return new ServerSettings(
            database, variable("QUARTERDECK_DATABASE_OWNER") is { Length: > 0 } owner ? owner : database, packs, environment, state, urls, publicUrl!)
        {
            Notifications = variable("QUARTERDECK_NOTIFICATIONS") is { Length: > 0 } plan ? plan : null,
            Heartbeat = variable("QUARTERDECK_HEARTBEAT_URL") is { Length: > 0 } heartbeat ? heartbeat : null,
            NotificationHosts = (variable("QUARTERDECK_NOTIFICATION_HOSTS") ?? "").Split(
                ',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
            Witnesses = witnesses,
            Provider = provider,
            Tokens = variable("QUARTERDECK_TOKENS") is { Length: > 0 } tokens ? tokens : null,
        };

        string Required(string name, string what)
        {
            if (variable(name) is { Length: > 0 } value) return value;
            faults.Add($"{name} is not set: it is {what}.");
            return "";
        }
    }

    /// <summary>The address for people: a loopback address becomes localhost, which alone can have passkeys.</summary>
    private static string Shown(string url) => url
        .Replace("127.0.0.1", "localhost", StringComparison.Ordinal).Replace("[::1]", "localhost", StringComparison.Ordinal)
        .Replace("0.0.0.0", "localhost", StringComparison.Ordinal).Replace("//+", "//localhost", StringComparison.Ordinal)
        .Replace("//*", "//localhost", StringComparison.Ordinal);
}

/// <summary>The server does not start, for reasons that a person can mend.</summary>
internal sealed class StartRefusedException(IReadOnlyList<string> faults)
    : Exception(string.Join(System.Environment.NewLine, faults))
{
    public IReadOnlyList<string> Faults => faults;
}
