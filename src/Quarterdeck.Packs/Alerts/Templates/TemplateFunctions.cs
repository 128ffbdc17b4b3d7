using System.Globalization;
using Quarterdeck.PromQL;

namespace Quarterdeck.Packs.Alerts.Templates;

/// <summary>Go's and Prometheus's template functions.</summary>
internal static class TemplateFunctions
{
    private static readonly Dictionary<string, Func<IReadOnlyList<object?>, TemplateRun, object?>> All = Build();

    public static bool Exists(string name) => All.ContainsKey(name);

    public static object? Call(string name, IReadOnlyList<object?> arguments, TemplateRun run)
    {
        try
        {
            return All[name](arguments, run);
        }
        catch (Exception problem) when (problem is FormatException or ArgumentOutOfRangeException or PromEvaluationException or PromSyntaxException)
        {
            throw new TemplateException($"error calling {name}: {(problem is ArgumentOutOfRangeException ? "wrong number of arguments" : problem.Message)}");
        }
    }

    private static Dictionary<string, Func<IReadOnlyList<object?>, TemplateRun, object?>> Build()
    {
        var all = new Dictionary<string, Func<IReadOnlyList<object?>, TemplateRun, object?>>(StringComparer.Ordinal)
        {
            ["and"] = (a, _) => a[^1],
            ["or"] = (a, _) => a[^1],
            ["not"] = (a, _) => !TemplateValues.IsTrue(a[0]),
            ["len"] = (a, _) => a[0] is string text ? System.Text.Encoding.UTF8.GetByteCount(text) : (long)TemplateValues.Items(a[0]).Count(),
            ["index"] = (a, _) => a.Skip(1).Aggregate(a[0], Index),
            ["slice"] = (a, _) => Text(a[0])[(int)Whole(a.ElementAtOrDefault(1) ?? 0L)..(int)Whole(a.ElementAtOrDefault(2) ?? (long)Text(a[0]).Length)],
            ["print"] = (a, _) => Print(a, false),
            ["println"] = (a, _) => Print(a, true) + "\n",
            ["printf"] = (a, _) => GoFormat.Sprintf(Text(a[0]), [.. a.Skip(1)]),
            ["html"] = (a, _) => System.Net.WebUtility.HtmlEncode(Print(a, false)),
            ["js"] = (a, _) => System.Text.Encodings.Web.JavaScriptEncoder.Default.Encode(Print(a, false)),
            ["urlquery"] = (a, _) => Uri.EscapeDataString(Print(a, false)).Replace("%20", "+", StringComparison.Ordinal),
            ["call"] = (_, _) => throw new TemplateException("call is not supported"),
            ["eq"] = (a, _) => a.Skip(1).Any(other => Same(a[0], other)),
            ["ne"] = (a, _) => !Same(a[0], a[1]),
            ["lt"] = (a, _) => Order(a[0], a[1]) < 0,
            ["le"] = (a, _) => Order(a[0], a[1]) <= 0,
            ["gt"] = (a, _) => Order(a[0], a[1]) > 0,
            ["ge"] = (a, _) => Order(a[0], a[1]) >= 0,
            ["query"] = (a, run) => Query(Text(a[0]), run),
            ["first"] = (a, _) => Samples(a[0]) is { Count: > 0 } list ? list[0] : throw new TemplateException("first() called on vector with no elements"),
            ["label"] = (a, _) => Sample(a[1]).Labels.Get(Text(a[0])),
            ["value"] = (a, _) => Sample(a[0]).Value,
            ["strvalue"] = (a, _) => Sample(a[0]).Labels.Get("__value__"),
            ["args"] = (a, _) => a.Select((value, i) => (value, i)).ToDictionary(
                item => "arg" + item.i.ToString(CultureInfo.InvariantCulture), item => item.value),
            ["reReplaceAll"] = (a, _) => GoRegex.Floating(Text(a[0])).ReplaceAll(Text(a[2]), Text(a[1])),
            ["match"] = (a, _) => GoRegex.Floating(Text(a[0])).IsMatch(Text(a[1])),
            ["title"] = (a, _) => Title(Text(a[0])),
            ["toUpper"] = (a, _) => Text(a[0]).ToUpperInvariant(),
            ["toLower"] = (a, _) => Text(a[0]).ToLowerInvariant(),
            ["safeHtml"] = (a, _) => Text(a[0]),
            ["sortByLabel"] = (a, _) => Samples(a[1]).OrderBy(sample => sample.Labels.Get(Text(a[0])), StringComparer.Ordinal).ToList(),
            ["stripPort"] = (a, _) => Hosts.StripPort(Text(a[0])),
            ["stripDomain"] = (a, _) => Hosts.StripDomain(Text(a[0])),
            ["graphLink"] = (a, _) => "/graph?g0.expr=" + Escape(Text(a[0])) + "&g0.tab=0",
            ["tableLink"] = (a, _) => "/graph?g0.expr=" + Escape(Text(a[0])) + "&g0.tab=1",
            ["urlQueryEscape"] = (a, _) => Escape(Text(a[0])),
            ["pathPrefix"] = (_, run) => Uri.TryCreate(run.Data.Surroundings.ExternalUrl, UriKind.Absolute, out var url) ? url.AbsolutePath.TrimEnd('/') : "",
            ["externalURL"] = (_, run) => run.Data.Surroundings.ExternalUrl,
            ["tmpl"] = (a, run) => run.Sub(Text(a[0]), a[1]),
            ["parseDuration"] = (a, _) => PromDuration.Parse(Text(a[0])) / 1000.0,
            ["toTime"] = (a, _) => Humanized.Timestamp(Number(a[0])),
            ["humanize"] = (a, _) => Humanized.Number(Number(a[0])),
            ["humanize1024"] = (a, _) => Humanized.Binary(Number(a[0])),
            ["humanizeDuration"] = (a, _) => Humanized.Duration(Number(a[0])),
            ["humanizePercentage"] = (a, _) => GoFormat.General(Number(a[0]) * 100, 4) + "%",
            ["humanizeTimestamp"] = (a, _) => Humanized.Timestamp(Number(a[0])),
        };
        return all;
    }

    private static string Escape(string text) => Uri.EscapeDataString(text).Replace("%20", "+", StringComparison.Ordinal);

    private static object? Index(object? container, object? key) => container switch
    {
        IReadOnlyList<TemplateSample> list when key is long at =>
            at >= 0 && at < list.Count ? list[(int)at] : throw new TemplateException($"error calling index: index out of range: {at}"),
        string text when key is long at => at >= 0 && at < text.Length ? (long)text[(int)at] : throw new TemplateException($"error calling index: index out of range: {at}"),
        _ => TemplateValues.Field(container, Text(key)),
    };

    private static string Print(IReadOnlyList<object?> arguments, bool always)
    {
        var text = new System.Text.StringBuilder();
        for (var i = 0; i < arguments.Count; i++)
        {
            // Sprint puts a space between operands when neither is a string, Sprintln always.
            if (i > 0 && (always || (arguments[i] is not string && arguments[i - 1] is not string))) text.Append(' ');
            text.Append(arguments[i] is null ? "<nil>" : GoFormat.Print(arguments[i]));
        }

        return text.ToString();
    }

    private static bool Same(object? a, object? b)
    {
        if (a is long x && b is long y) return x == y;
        if (a is double u && b is double v) return u == v;
        if (a is string s && b is string t) return s == t;
        if (a is bool p && b is bool q) return p == q;
        if (a is null || b is null) return a is null && b is null;
        throw new TemplateException("error calling eq: incompatible types for comparison");
    }

    private static int Order(object? a, object? b)
    {
        if (a is long x && b is long y) return x.CompareTo(y);
        if (a is double u && b is double v) return u < v ? -1 : u > v ? 1 : u == v ? 0 : throw new TemplateException("error calling lt: NaN has no order");
        if (a is string s && b is string t) return string.CompareOrdinal(s, t);
        throw new TemplateException("error calling lt: incompatible types for comparison");
    }

    private static List<TemplateSample> Query(string text, TemplateRun run)
    {
        if (run.Data.Surroundings.Query is not { } query) throw new TemplateException("error calling query: no query is possible here");
        return [.. query(text).Samples.Select(sample => new TemplateSample(sample.Labels, sample.Value))];
    }

    private static IReadOnlyList<TemplateSample> Samples(object? value) =>
        value as IReadOnlyList<TemplateSample> ?? throw new TemplateException($"expected the result of a query, got {GoFormat.TypeName(value)}");

    private static TemplateSample Sample(object? value) =>
        value as TemplateSample ?? throw new TemplateException($"expected a sample, got {GoFormat.TypeName(value)}");

    private static string Text(object? value) =>
        value as string ?? throw new TemplateException($"expected string; got {GoFormat.TypeName(value)}");

    private static long Whole(object? value) =>
        value is long whole ? whole : throw new TemplateException($"expected integer; got {GoFormat.TypeName(value)}");

    private static double Number(object? value) => value switch
    {
        double number => number,
        long number => number,
        string text => GoNumbers.Parse(text),
        _ => throw new FormatException($"can't convert {GoFormat.TypeName(value)} to float"),
    };

    private static string Title(string text)
    {
        var letters = text.ToCharArray();
        for (var i = 0; i < letters.Length; i++)
        {
            var begins = i == 0 || !(char.IsLetterOrDigit(letters[i - 1]) || letters[i - 1] is '_' or '\'');
            if (begins) letters[i] = char.ToUpperInvariant(letters[i]);
        }

        return new string(letters);
    }
}
