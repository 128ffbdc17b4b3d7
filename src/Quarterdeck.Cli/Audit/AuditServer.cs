using System.CommandLine;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Quarterdeck.Devnet;
using Quarterdeck.Devnet.Environments;
using Quarterdeck.Primitives.Audit;

namespace Quarterdeck.Cli.Audit;

/// <summary>The server whose log is asked for, and the right to ask.</summary>
internal sealed class AuditServer
{
    private const string TokenVariable = "QUARTERDECK_TOKEN";
    private readonly string? _token;

    private AuditServer(Uri url, string? token) => (Url, _token) = (url, token);

    public Uri Url { get; }

    public static Option<string> StateOption() => new("--state")
    {
        Description = "The environment's folder. Also QUARTERDECK_STATE; otherwise .quarterdeck in the checkout.",
        HelpName = "DIR",
        DefaultValueFactory = _ => DefaultState(),
    };

    public static Option<string?> UrlOption() => new("--url")
    {
        Description = $"The server, with an API token in {TokenVariable}; otherwise the environment that runs from the state folder.",
        HelpName = "URL",
    };

    /// <summary>The server that is named, else the one that runs from the state folder, signed in to as one of its operators.</summary>
    public static async Task<AuditServer> Find(string? url, string state, CancellationToken cancel)
    {
        var token = Environment.GetEnvironmentVariable(TokenVariable) is { Length: > 0 } given ? given : null;
        if (url is not null)
        {
            return Uri.TryCreate(url, UriKind.Absolute, out var named) && named.Scheme is "http" or "https"
                ? new AuditServer(named, token)
                : throw new CommandException($"--url '{url}' is not an http address.", QuarterdeckCommand.BadInput);
        }

        var file = await EnvironmentFile.Load(state, cancel)
            ?? throw new CommandException($"Nothing has run from {state}. Name an EXPORT, start './quarterdeck up', or give --url and {TokenVariable}.");
        var running = new Uri(file.Url);
        return new AuditServer(running, token ?? await SignIn(running, state, cancel));
    }

    /// <summary>Streams the export to a file, as zip or as lines by the file's extension; returns its length.</summary>
    /// <param name="path">The file.</param>
    /// <param name="scope">What narrows it, as the endpoint's parameters; empty for the whole log.</param>
    /// <param name="cancel">Stops the transfer.</param>
    public async Task<long> Export(string path, IReadOnlyDictionary<string, string> scope, CancellationToken cancel)
    {
        var format = Path.GetExtension(path) is ".ndjson" or ".jsonl" ? "ndjson" : "zip";
        using var http = Client(Url);
        if (_token is not null) http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", _token);
        try
        {
            var query = string.Concat(scope.Select(p => $"&{p.Key}={Uri.EscapeDataString(p.Value)}"));
            using var response = await http.GetAsync($"api/audit/export?format={format}{query}", HttpCompletionOption.ResponseHeadersRead, cancel);
            if (response.StatusCode is System.Net.HttpStatusCode.UnprocessableEntity or System.Net.HttpStatusCode.Conflict)
                throw new CommandException($"{Url}: {await response.Content.ReadAsStringAsync(cancel)}", QuarterdeckCommand.BadInput);
            if (!response.IsSuccessStatusCode)
                throw new CommandException($"{Url} answers {(int)response.StatusCode} to a request for the export. Check {TokenVariable}.");
            await using var file = File.Create(path);
            await response.Content.CopyToAsync(file, cancel);
            return file.Length;
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new CommandException($"The export could not be fetched from {Url}: {e.Message} Is './quarterdeck up' running?");
        }
    }

    /// <summary>Copies the log's tiles into a folder; returns the size of the checkpoint that they belong to.</summary>
    public async Task<long> Mirror(string folder, CancellationToken cancel)
    {
        using var http = Client(Url);
        if (_token is not null) http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", _token);
        try
        {
            var note = await http.GetStringAsync("api/audit/log/checkpoint", cancel);
            var size = Checkpoint.Parse(SignedNote.Parse(note).Text).Size;
            foreach (var (level, index, width) in AuditTileFolder.All(size))
            {
                var path = AuditTileFolder.PathOf(level, index, width);
                var file = Path.Combine(folder, path);
                // A full tile never changes.
                if (width == AuditTileFolder.Width && File.Exists(file)) continue;
                Directory.CreateDirectory(Path.GetDirectoryName(file)!);
                await File.WriteAllBytesAsync(file, await http.GetByteArrayAsync($"api/audit/log/{path}", cancel), cancel);
            }

            Directory.CreateDirectory(folder);
            await File.WriteAllTextAsync(Path.Combine(folder, "checkpoint"), note, cancel);
            return size;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or FormatException)
        {
            throw new CommandException($"The tiles could not be fetched from {Url}: {e.Message}");
        }
    }

    private static async Task<string> SignIn(Uri url, string state, CancellationToken cancel)
    {
        var wallet = (await DevnetKeys.Ensure(state, [], cancel)).Operators[DevnetKeys.OnDuty];
        using var http = Client(url);
        try
        {
            using var asked = await http.PostAsJsonAsync("api/auth/wallet/challenge", new { address = wallet.Address.ToString() }, cancel);
            var challenge = await asked.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<Challenge>(cancel);
            var signature = "0x" + Convert.ToHexStringLower(wallet.SignMessage(challenge!.Message));
            using var answered = await http.PostAsJsonAsync("api/auth/wallet", new { message = challenge.Message, signature }, cancel);
            return (await answered.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<Session>(cancel))!.Token;
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new CommandException($"The server at {url} does not let us in: {e.Message} Is './quarterdeck up' running?");
        }
    }

    private static HttpClient Client(Uri url) => new() { BaseAddress = new Uri(url.ToString().TrimEnd('/') + "/"), Timeout = TimeSpan.FromMinutes(30) };

    private static string DefaultState()
    {
        if (Environment.GetEnvironmentVariable("QUARTERDECK_STATE") is { Length: > 0 } named) return named;
        try
        {
            return Path.Combine(RepositoryRoot.Find(), ".quarterdeck");
        }
        catch (DevnetException)
        {
            // An auditor has the program and an export, and no checkout.
            return ".quarterdeck";
        }
    }

    private sealed record Challenge(string Message);

    private sealed record Session(string Token);
}
