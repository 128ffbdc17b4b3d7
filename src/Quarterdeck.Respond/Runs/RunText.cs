using System.Text.RegularExpressions;
using Quarterdeck.Respond.Runs.Reading;

namespace Quarterdeck.Respond.Runs;

/// <summary>Fills <c>${NAME}</c> in a step's text with what the run captured. Everything else was filled in when the run was proposed.</summary>
internal static partial class RunText
{
    /// <summary>The names that are still open.</summary>
    public static IEnumerable<string> Open(string text) => Placeholder().Matches(text).Select(match => match.Groups[1].Value);

    /// <summary>The text with every name filled in.</summary>
    /// <exception cref="StepFailedException">A name was not captured.</exception>
    public static string Fill(string text, IReadOnlyDictionary<string, string> variables) => Placeholder().Replace(
        text, match => variables.TryGetValue(match.Groups[1].Value, out var value)
            ? value
            : throw new StepFailedException($"${match.Groups[1].Value} has no value: no step before this one captured it.", null));

    [GeneratedRegex(@"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")]
    private static partial Regex Placeholder();
}
