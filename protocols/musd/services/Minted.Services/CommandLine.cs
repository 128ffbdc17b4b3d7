using System.Globalization;

namespace Minted.Services;

/// <summary>A process name and <c>--name value</c> pairs.</summary>
internal sealed class CommandLine
{
    private readonly Dictionary<string, string> _values = [];

    public CommandLine(IReadOnlyList<string> args)
    {
        if (args.Count == 0) throw new UsageException("Name a process.");
        Command = args[0];
        for (var i = 1; i < args.Count; i += 2)
        {
            if (!args[i].StartsWith("--", StringComparison.Ordinal) || i + 1 >= args.Count)
                throw new UsageException($"'{args[i]}' is not an option with a value.");
            _values[args[i][2..]] = args[i + 1];
        }
    }

    public string Command { get; }

    public string Text(string name) =>
        _values.GetValueOrDefault(name) ?? throw new UsageException($"{Command} needs --{name}.");

    public Uri Url(string name) => ParseUrl(name, Text(name));

    public IReadOnlyList<Uri> Urls(string name) =>
        [.. Text(name).Split(',', StringSplitOptions.RemoveEmptyEntries).Select(url => ParseUrl(name, url))];

    public int Number(string name, int from, int to) =>
        int.TryParse(Text(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= from && number <= to
            ? number
            : throw new UsageException($"--{name} is a number from {from} to {to}, not '{Text(name)}'.");

    private static Uri ParseUrl(string name, string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" or "ws" or "wss"
            ? url
            : throw new UsageException($"--{name} is a URL, not '{text}'.");
}

/// <summary>The command line cannot be followed; the message says why.</summary>
internal sealed class UsageException(string message) : Exception(message);
