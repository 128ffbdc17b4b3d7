using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Quarterdeck.Packs.Environments;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Store;

namespace Quarterdeck.Server.Identity;

/// <summary>
/// Long-lived bearer tokens of programs: a Grafana data source, a scraper, an Alertmanager that sends alerts. Read once from a file, each
/// line <c>NAME PERMISSION[,PERMISSION…] SECRET EXPIRES</c>, where SECRET is <c>sha256:HEX</c>, <c>file:PATH</c> or <c>env:NAME</c>
/// and EXPIRES is a date, 400 days ahead at most. They open only the endpoints made for programs, and never those where a person acts.
/// </summary>
internal sealed class MachineTokens
{
    /// <summary>What a program may be allowed.</summary>
    public static readonly IReadOnlyList<string> Allowed = [Permission.Read, Permission.SendAlerts, Permission.SilenceAlerts];

    private static readonly TimeSpan Longest = TimeSpan.FromDays(400);

    private readonly IReadOnlyList<MachineToken> _tokens;
    private readonly TimeProvider _clock;

    private MachineTokens(IReadOnlyList<MachineToken> tokens, TimeProvider clock) => (_tokens, _clock) = (tokens, clock);

    /// <summary>No program has one.</summary>
    public static MachineTokens None { get; } = new([], TimeProvider.System);

    /// <summary>Whose tokens there are, what they may, and until when.</summary>
    public IReadOnlyList<(string Name, IReadOnlyList<string> Permissions, DateTimeOffset Expires)> Listed =>
        [.. _tokens.Select(t => (t.Name, t.Permissions, t.Expires))];

    /// <summary>Records which programs' tokens the server was started with.</summary>
    public async Task Record(OperationsStore store, CancellationToken cancel)
    {
        if (_tokens.Count == 0) return;
        await store.Act(Actor.System("server"), "The server was started with these tokens of programs.", act =>
        {
            foreach (var token in _tokens)
            {
                act.Record("token.configure", $"token-{token.Name}", new()
                {
                    ["scopes"] = string.Join(' ', token.Permissions),
                    ["until"] = token.Expires.ToString("O", CultureInfo.InvariantCulture),
                });
            }

            return Task.CompletedTask;
        }, cancel);
    }

    /// <summary>Reads the file.</summary>
    /// <exception cref="FormatException">A line cannot be used; the message says which and why, never the secret.</exception>
    public static async Task<MachineTokens> Load(string path, Func<string, string?> variable, TimeProvider clock, CancellationToken cancel)
    {
        var tokens = new List<MachineToken>();
        var lines = await File.ReadAllLinesAsync(path, cancel);
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].Trim();
            if (line.Length == 0 || line.StartsWith('#')) continue;
            try
            {
                tokens.Add(await Parse(line, variable, clock.GetUtcNow(), cancel));
            }
            catch (Exception e) when (e is FormatException or InvalidOperationException)
            {
                throw new FormatException($"{path}:{i + 1}: {e.Message}", e);
            }
        }

        return new MachineTokens(tokens, clock);
    }

    /// <summary>The program that a token belongs to; null where it is unknown or over.</summary>
    public SignedIn? Recognise(string token)
    {
        var hash = Token.Hash(token);
        MachineToken? found = null;
        // Every one is compared, so that the time says nothing about which is near.
        foreach (var known in _tokens)
        {
            if (CryptographicOperations.FixedTimeEquals(known.Hash, hash)) found = known;
        }

        return found is null || found.Expires <= _clock.GetUtcNow() ? null : SignedIn.Machine(found.Name, found.Permissions, token);
    }

    private static async Task<MachineToken> Parse(
        string line, Func<string, string?> variable, DateTimeOffset now, CancellationToken cancel)
    {
        var parts = line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length != 4) throw new FormatException("A token is written as: NAME PERMISSIONS SECRET EXPIRES; none lasts for ever.");
        var permissions = parts[1].Split(',', StringSplitOptions.RemoveEmptyEntries);
        if (permissions.FirstOrDefault(p => !Allowed.Contains(p)) is { } unknown)
            throw new FormatException($"A program cannot be allowed '{unknown}'. Use {string.Join(", ", Allowed)}.");
        if (!DateTimeOffset.TryParse(
            parts[3], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var expires))
        {
            throw new FormatException($"'{parts[3]}' is not a date. Write it as 2027-01-31.");
        }

        if (expires <= now) throw new FormatException($"The token of {parts[0]} is over since {parts[3]}. Make a new one, or take the line out.");
        if (expires > now + Longest) throw new FormatException($"The token of {parts[0]} would last until {parts[3]}: {Longest.TotalDays:0} days at most.");

        return new MachineToken(parts[0], permissions, await Hash(parts[2], variable, cancel), expires);
    }

    private static async Task<byte[]> Hash(string secret, Func<string, string?> variable, CancellationToken cancel)
    {
        if (secret.StartsWith("sha256:", StringComparison.Ordinal) && secret.Length == 71)
            return Convert.FromHexString(secret.AsSpan(7));
        var reference = SecretReference.Parse(secret)
            ?? throw new FormatException("The secret is neither sha256:HEX (64 digits) nor file:PATH nor env:NAME.");
        var text = await reference.Read(variable, cancel);
        return text.Length >= 24
            ? SHA256.HashData(Encoding.UTF8.GetBytes(text))
            : throw new FormatException("The secret is shorter than 24 characters. Make one with: openssl rand -hex 32.");
    }

    private sealed record MachineToken(string Name, IReadOnlyList<string> Permissions, byte[] Hash, DateTimeOffset Expires);
}
