namespace Quarterdeck.Respond.Runs.Filters;

/// <summary>What a filter makes of its input, and whether its exit status would say success.</summary>
internal readonly record struct Filtered(string Text, bool Succeeded = true);

/// <summary>A program of a pipe as a function: text in, text out, nothing else touched.</summary>
internal delegate Filtered TextFilter(string input);

/// <summary>The input is not what a filter can work on.</summary>
internal sealed class FilterException(string message) : Exception(message);

/// <summary>Text as programs of a pipe see it: lines that each end in a line break.</summary>
internal static class TextLines
{
    public static string[] Of(string text)
    {
        if (text.Length == 0) return [];
        var lines = text.Split('\n');
        return lines[^1].Length == 0 ? lines[..^1] : lines;
    }

    public static string Join(IEnumerable<string> lines) => string.Concat(lines.Select(line => line + "\n"));
}
