using System.Globalization;
using System.Text.Json;
using Quarterdeck.Primitives.Amounts;

namespace Quarterdeck.Observe.Metrics;

/// <summary>Finds a number in a JSON answer by a path such as <c>$.checks[0].blockLag</c>.</summary>
internal static class JsonNumber
{
    /// <summary>The number; numbers in strings count, true is 1 and false is 0.</summary>
    /// <exception cref="FormatException">The path leads nowhere, or not to a number; the message says where it ends.</exception>
    public static (double Value, Rational? Exact) At(JsonElement root, string path)
    {
        var here = root;
        foreach (var part in Parts(path))
        {
            here = part switch
            {
                int index when here.ValueKind == JsonValueKind.Array && index < here.GetArrayLength() => here[index],
                string name when here.ValueKind == JsonValueKind.Object && here.TryGetProperty(name, out var next) => next,
                _ => throw new FormatException($"The answer has nothing at '{part}' of the path {path}."),
            };
        }

        var text = here.ValueKind switch
        {
            JsonValueKind.Number => here.GetRawText(),
            JsonValueKind.String => here.GetString()!,
            JsonValueKind.True => "1",
            JsonValueKind.False => "0",
            _ => throw new FormatException($"The path {path} leads to {here.ValueKind}, not to a number."),
        };
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
            throw new FormatException($"The path {path} leads to '{text}', which is not a number.");
        Rational? exact = text.Contains('e', StringComparison.OrdinalIgnoreCase) || !double.IsFinite(value) ? null : Rational.Parse(text);
        return (value, exact);
    }

    private static IEnumerable<object> Parts(string path)
    {
        foreach (var step in path.TrimStart('$').Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            var bracket = step.IndexOf('[', StringComparison.Ordinal);
            if (bracket != 0) yield return bracket < 0 ? step : step[..bracket];
            while (bracket >= 0)
            {
                var end = step.IndexOf(']', bracket);
                if (end < 0 || !int.TryParse(step.AsSpan(bracket + 1, end - bracket - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var index))
                    throw new FormatException($"'{step}' in the path {path} is not a name or name[index].");
                yield return index;
                bracket = step.IndexOf('[', end);
            }
        }
    }
}
