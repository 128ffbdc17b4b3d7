using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Quarterdeck.Observe.Outbound;
using Quarterdeck.Packs;
using Quarterdeck.Primitives;
using Quarterdeck.Respond.Runs.Steps;

namespace Quarterdeck.Respond.Runs.Reading;

/// <summary>
/// Reads addresses over HTTP for runs. Secrets are read by reference when the request is made; where an answer repeats one, the
/// record has its name instead.
/// </summary>
internal sealed partial class HttpReads(HttpClient http)
{
    private const int BodyKept = 4096;
    private const int BodyFiltered = 1 << 20;

    /// <summary>Status and body.</summary>
    /// <exception cref="StepFailedException">The address is none, a secret is missing, or the status is one that fails.</exception>
    public async Task<JsonObject> Get(
        BoundPack pack, StepDefinition.Http step, IReadOnlyDictionary<string, string> variables, CancellationToken cancel)
    {
        var secrets = await Secrets(pack, step, cancel);
        string Fill(string text) => Placeholder().Replace(text, match => match.Groups[1].Success
            ? secrets[match.Groups[2].Value]
            : RunText.Fill(match.Value, variables));
        string Redact(string text) => secrets.Where(secret => secret.Value.Length > 0)
            .Aggregate(text, (shown, secret) => shown.Replace(secret.Value, $"[{secret.Key}]", StringComparison.Ordinal));

        var url = Fill(step.Url);
        // As curl does: an address without a scheme is plain HTTP.
        if (!url.Contains("://", StringComparison.Ordinal)) url = "http://" + url;
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            throw new StepFailedException($"'{Redact(url)}' is no http address.", null);
        using var request = new HttpRequestMessage(new HttpMethod(step.Method), address);
        foreach (var (name, value) in step.Headers) request.Headers.TryAddWithoutValidation(name, Fill(value));
        if (step.BasicAuth is { } pair)
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(Fill(pair))));
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
            await using var stream = await response.Content.ReadAsStreamAsync(cancel);
            var buffer = new byte[step.Filters.Count > 0 ? BodyFiltered : BodyKept];
            var read = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancel);
            var body = Redact(Encoding.UTF8.GetString(buffer, 0, read).Replace('\0', ' '));
            var output = new JsonObject { ["status"] = (int)response.StatusCode, ["value"] = body };
            return response.IsSuccessStatusCode || !step.FailOnStatus
                ? output
                : throw new StepFailedException($"{address.Host} answers {(int)response.StatusCode}.", output);
        }
        catch (HttpRequestException problem) when (problem.InnerException is OutboundRefusedException refused)
        {
            throw new StepFailedException(refused.Message, null);
        }
        catch (HttpRequestException problem)
        {
            throw new TransientException($"{address.Host} does not answer: {Redact(problem.Message)}");
        }
    }

    private static async Task<Dictionary<string, string>> Secrets(BoundPack pack, StepDefinition.Http step, CancellationToken cancel)
    {
        var secrets = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in step.Headers.Values.Append(step.Url).Append(step.BasicAuth ?? ""))
        {
            foreach (var name in Placeholder().Matches(text).Where(match => match.Groups[1].Success).Select(match => match.Groups[2].Value))
            {
                if (pack.Secret(name) is not { } reference) throw new StepFailedException($"The environment has no secret '{name}' now.", null);
                try
                {
                    secrets[name] = await reference.Read(Environment.GetEnvironmentVariable, cancel);
                }
                catch (InvalidOperationException problem)
                {
                    throw new StepFailedException(problem.Message, null);
                }
            }
        }

        return secrets;
    }

    [GeneratedRegex(@"\$\{(secret:)?([A-Za-z_][A-Za-z0-9_]*)\}")]
    private static partial Regex Placeholder();
}
