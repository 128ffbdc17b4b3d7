using System.Globalization;
using System.Text.RegularExpressions;

namespace Quarterdeck.Respond.Runs.Filters;

/// <summary>The one thing runbooks use <c>awk</c> for: printing fields, of all lines, of line N, or of lines that match.</summary>
internal static partial class AwkFilter
{
    public static TextFilter? Parse(string[] words)
    {
        if (FilterArguments.Read(words, "", "F") is not { Positional: [var program] } read) return null;
        var match = Program().Match(program);
        if (!match.Success) return null;
        var separator = read.Value('F');
        if (separator is { Length: not 1 } or " ") return null;
        int? number = match.Groups["number"].Success && int.TryParse(match.Groups["number"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : null;
        Regex? pattern = null;
        if (match.Groups["pattern"].Success)
        {
            pattern = PosixPattern.Compile(match.Groups["pattern"].Value, extended: true, literal: false, ignoreCase: false);
            if (pattern is null) return null;
        }

        var printed = new List<Func<string, string[], string>>();
        foreach (var item in match.Groups["list"].Value.Split(',', StringSplitOptions.TrimEntries))
        {
            if (item is "" or "$0") printed.Add((line, _) => line);
            else if (item == "$NF") printed.Add((_, fields) => fields.Length == 0 ? "" : fields[^1]);
            else if (item[0] == '"') printed.Add((_, _) => item[1..^1]);
            else if (int.TryParse(item.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var index))
                printed.Add((_, fields) => index <= fields.Length ? fields[index - 1] : "");
            else return null;
        }

        return input => new Filtered(TextLines.Join(TextLines.Of(input)
            .Where((line, i) => (number is null || i + 1 == number) && (pattern is null || pattern.IsMatch(line)))
            .Select(line =>
            {
                var fields = separator is null ? line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) : line.Split(separator);
                return string.Join(' ', printed.Select(print => print(line, fields)));
            })));
    }

    [GeneratedRegex("""^\s*(?:NR\s*==\s*(?<number>[0-9]{1,9})|/(?<pattern>[^/]+)/)?\s*\{\s*print(?:\s+(?<list>(?:\$[0-9]{1,4}|\$NF|"[^"\\]*")(?:\s*,\s*(?:\$[0-9]{1,4}|\$NF|"[^"\\,]*"))*))?\s*;?\s*\}\s*$""")]
    private static partial Regex Program();
}
