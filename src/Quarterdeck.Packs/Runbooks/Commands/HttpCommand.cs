using System.Text.Json;
using Quarterdeck.Packs.Runbooks.Shell;

namespace Quarterdeck.Packs.Runbooks.Commands;

/// <summary><c>curl</c>, <c>wget</c> and HTTPie.</summary>
internal static class HttpCommand
{
    private static readonly HashSet<string> CurlValued = new(StringComparer.Ordinal)
    {
        "-X", "--request", "-H", "--header", "-d", "--data", "--data-raw", "--data-binary", "--data-ascii", "--data-urlencode", "--json", "-o", "--output",
        "-w", "--write-out", "-u", "--user", "-m", "--max-time", "--connect-timeout", "--retry", "--retry-delay", "--retry-max-time", "-A", "--user-agent", "-b", "--cookie",
        "-c", "--cookie-jar", "-e", "--referer", "-F", "--form", "--url", "-x", "--proxy", "--cacert", "--cert", "-E", "--key", "--resolve", "-T",
        "--upload-file", "--unix-socket", "--interface", "-K", "--config", "-r", "--range", "--max-redirs", "-y", "-Y", "--limit-rate", "--oauth2-bearer",
    };

    private static readonly string[] DataOptions = ["-d", "--data", "--data-raw", "--data-binary", "--data-ascii", "--data-urlencode", "--json"];

    public static RunbookStep? Curl(ShellCommand command, StepText text)
    {
        var line = CommandLine.SplitByValued(command.Arguments, CurlValued);
        var url = line.Value("--url") ?? line.Positional.Find(LooksLikeUrl) ?? line.Positional.FirstOrDefault();
        if (url is null) return null;
        var data = line.Values(DataOptions).ToArray();
        var body = data.Length switch
        {
            0 => line.Value("-F", "--form", "-T", "--upload-file"),
            1 => data[0],
            _ => ShellWord.Literal(string.Join('&', data.Select(d => d.Text)), text.Line),
        };
        if (body is { } fromInput && fromInput.Text is "@-" && command.Redirects.FirstOrDefault(r => r.Body is not null) is { } document)
            body = ShellWord.Literal(document.Body!, text.Line);
        var method = line.Value("-X", "--request")?.Text.ToUpperInvariant()
            ?? (line.Has("-I", "--head") ? "HEAD" : line.Has("-T", "--upload-file") ? "PUT" : line.Has("-G", "--get") ? "GET" : body is not null ? "POST" : "GET");
        var headers = line.Values("-H", "--header").Select(Header).ToList();
        if (line.Has("--json"))
            headers.Add(KeyValuePair.Create("Content-Type", ShellWord.Literal("application/json", text.Line)));
        return text.Make(new HttpStep(method, url, headers, body)
        {
            Line = 0,
            Text = "",
            FailOnStatus = line.Has("-f", "--fail", "--fail-with-body"),
            BasicAuth = line.Value("-u", "--user"),
            RpcMethod = RpcMethod(body),
            Timeout = line.Value("-m", "--max-time") is { } seconds && double.TryParse(seconds.Text, System.Globalization.CultureInfo.InvariantCulture, out var s)
                && s is > 0 and < 86400 ? TimeSpan.FromSeconds(s) : null,
            Retry = line.Value("--retry") is { } times && int.TryParse(times.Text, out var n) && n is > 0 and < 1000
                ? new RetryRule(n, TimeSpan.FromSeconds(line.Value("--retry-delay") is { } d && int.TryParse(d.Text, out var delay) && delay is > 0 and < 86400 ? delay : 1))
                : null,
        });
    }

    public static RunbookStep? Wget(ShellCommand command, StepText text)
    {
        var line = CommandLine.SplitByValued(command.Arguments,
            new HashSet<string>(StringComparer.Ordinal) { "-O", "--output-document", "--header", "-T", "--timeout", "-t", "--tries", "-P", "--post-data", "--method", "--body-data" });
        if (line.Positional.Find(LooksLikeUrl) is not { } url) return null;
        var body = line.Value("--post-data", "--body-data");
        return text.Make(new HttpStep(line.Value("--method")?.Text.ToUpperInvariant() ?? (body is null ? "GET" : "POST"), url,
            [.. line.Values("--header").Select(Header)], body)
        { Line = 0, Text = "", FailOnStatus = true });
    }

    /// <summary>HTTPie: <c>http POST example.org/path name=value</c>.</summary>
    public static RunbookStep? HttpIe(ShellCommand command, StepText text)
    {
        var words = command.Arguments.Where(w => !w.Text.StartsWith('-')).ToList();
        var method = words.Count > 1 && words[0].Text.All(char.IsAsciiLetterUpper) ? words[0].Text : null;
        if (method is not null) words.RemoveAt(0);
        if (words.Count == 0) return null;
        var url = words[0];
        var body = words.Count > 1 ? ShellWord.Literal(string.Join(' ', words.Skip(1).Select(w => w.Text)), text.Line) : null;
        return text.Make(new HttpStep(method ?? (body is null ? "GET" : "POST"), url, [], body) { Line = 0, Text = "", FailOnStatus = true });
    }

    public static KeyValuePair<string, ShellWord> Header(ShellWord word)
    {
        var text = word.Text;
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0) return KeyValuePair.Create(text, ShellWord.Literal("", word.Line));
        var start = colon + 1;
        while (start < text.Length && text[start] == ' ') start++;
        return KeyValuePair.Create(text[..colon].Trim(), CommandLine.WithoutPrefix(word, start));
    }

    public static string? RpcMethod(ShellWord? body)
    {
        if (body is null || !body.Text.Contains("\"method\"", StringComparison.Ordinal)) return null;
        try
        {
            using var json = JsonDocument.Parse(body.Text);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("method", out var method)
                && json.RootElement.TryGetProperty("jsonrpc", out _) ? method.GetString() : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null; // variables inside make it no JSON yet; the method is then unknown
        }
    }

    private static bool LooksLikeUrl(ShellWord word) => word.Text is var t
        && (t.Contains("://", StringComparison.Ordinal) || t.StartsWith('$') || t.StartsWith("localhost", StringComparison.Ordinal)
            || (t.Contains('.') && t.Contains('/')));
}
