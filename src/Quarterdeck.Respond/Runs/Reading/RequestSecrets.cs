using System.Text.RegularExpressions;
using Quarterdeck.Packs;

namespace Quarterdeck.Respond.Runs.Reading;

/// <summary>The secrets that a request names, read for the time of the request.</summary>
internal sealed partial class RequestSecrets
{
    private readonly Dictionary<string, string> _secrets = new(StringComparer.Ordinal);

    private RequestSecrets()
    {
    }

    /// <exception cref="StepFailedException">One is missing.</exception>
    public static async Task<RequestSecrets> Of(BoundPack pack, IEnumerable<string> texts, CancellationToken cancel)
    {
        var found = new RequestSecrets();
        foreach (var name in texts.SelectMany(text => Placeholder().Matches(text)).Select(match => match.Groups[1].Value).Distinct())
        {
            if (pack.Secret(name) is not { } reference) throw new StepFailedException($"The environment has no secret '{name}' now.", null);
            try
            {
                found._secrets[name] = await reference.Read(Environment.GetEnvironmentVariable, cancel);
            }
            catch (InvalidOperationException problem)
            {
                throw new StepFailedException(problem.Message, null);
            }
        }

        return found;
    }

    /// <summary>The text with its secrets.</summary>
    public string Fill(string text) => Placeholder().Replace(text, match => _secrets[match.Groups[1].Value]);

    /// <summary>The text with each secret as its name.</summary>
    public string Redact(string text) => _secrets.Where(secret => secret.Value.Length > 0)
        .Aggregate(text, (shown, secret) => shown.Replace(secret.Value, $"[{secret.Key}]", StringComparison.Ordinal));

    [GeneratedRegex(@"\$\{secret:([A-Za-z_][A-Za-z0-9_]*)\}")]
    private static partial Regex Placeholder();
}
