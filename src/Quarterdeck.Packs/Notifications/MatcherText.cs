using Quarterdeck.PromQL;

namespace Quarterdeck.Packs.Notifications;

/// <summary>Matchers as Alertmanager writes them: <c>severity="critical"</c>, <c>team=~ops|dev</c>, or several in braces.</summary>
public static class MatcherText
{
    /// <summary>Reads one or more matchers.</summary>
    /// <exception cref="FormatException">The text is no matcher; the message says what is wrong.</exception>
    public static IReadOnlyList<Matcher> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var rest = text.Trim();
        if (rest.StartsWith('{'))
        {
            if (!rest.EndsWith('}')) throw new FormatException($"'{text}' has no closing brace.");
            rest = rest[1..^1];
        }

        return [.. Parts(rest).Where(p => p.Length > 0).Select(One)];
    }

    private static Matcher One(string text)
    {
        var at = text.IndexOfAny(['=', '!']);
        if (at <= 0) throw new FormatException($"'{text}' is not a matcher. Write name=\"value\", with =, !=, =~ or !~.");
        var name = text[..at].Trim();
        var (kind, length) = text.AsSpan(at) switch
        {
            ['=', '~', ..] => (MatchKind.Regex, 2),
            ['!', '~', ..] => (MatchKind.NotRegex, 2),
            ['!', '=', ..] => (MatchKind.NotEqual, 2),
            ['=', ..] => (MatchKind.Equal, 1),
            _ => throw new FormatException($"'{text}' is not a matcher. Write name=\"value\", with =, !=, =~ or !~."),
        };
        var value = text[(at + length)..].Trim();
        if (!LabelNames.IsLegacyLabelName(name)) throw new FormatException($"'{name}' is not a label name.");
        if (value.StartsWith('"'))
        {
            if (value.Length < 2 || !value.EndsWith('"')) throw new FormatException($"The value in '{text}' has no closing quote.");
            value = Unescape(value[1..^1]);
        }

        return new Matcher(kind, name, value);
    }

    private static string Unescape(string text)
    {
        var plain = new System.Text.StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || i + 1 == text.Length)
            {
                plain.Append(text[i]);
                continue;
            }

            i++;
            if (text[i] is 'n') plain.Append('\n');
            else if (text[i] is '"' or '\\') plain.Append(text[i]);
            else plain.Append('\\').Append(text[i]);
        }

        return plain.ToString();
    }

    private static IEnumerable<string> Parts(string text)
    {
        var (start, quoted) = (0, false);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\') i++;
            else if (text[i] == '"') quoted = !quoted;
            else if (text[i] == ',' && !quoted)
            {
                yield return text[start..i].Trim();
                start = i + 1;
            }
        }

        yield return text[start..].Trim();
    }
}
