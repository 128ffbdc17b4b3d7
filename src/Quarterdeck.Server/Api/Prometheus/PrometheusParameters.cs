using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Primitives;
using Quarterdeck.PromQL;

namespace Quarterdeck.Server.Api.Prometheus;

/// <summary>The parameters of a request: of the query string, and of the form where one was posted.</summary>
internal sealed partial class PrometheusParameters
{
    // Prometheus's own limits of time: what a span without start or end means.
    private const long MinimalMs = -62_135_596_800_000;
    private const long MaximalMs = 253_402_300_799_999;
    private readonly Dictionary<string, StringValues> _values = new(StringComparer.Ordinal);

    private PrometheusParameters()
    {
    }

    public static async Task<PrometheusParameters> Read(HttpRequest request, CancellationToken cancel)
    {
        var parameters = new PrometheusParameters();
        if (request.HasFormContentType)
        {
            foreach (var (name, values) in await request.ReadFormAsync(cancel)) parameters.Add(name, values);
        }

        foreach (var (name, values) in request.Query) parameters.Add(name, values);
        return parameters;
    }

    public string Text(string name) => _values.TryGetValue(name, out var values) ? values[0] ?? "" : "";

    public IReadOnlyList<string> Texts(string name) => _values.TryGetValue(name, out var values) ? [.. values.OfType<string>()] : [];

    /// <summary>A time in Unix milliseconds: seconds with a fraction, or RFC 3339.</summary>
    public long Time(string name, long fallback)
    {
        var text = Text(name);
        return text.Length == 0 ? fallback : ParseTime(text) ?? throw PrometheusException.Parameter(name, $"cannot parse {GoStrings.Quote(text)} to a valid timestamp");
    }

    public long RequiredTime(string name) => ParseTime(Text(name))
        ?? throw PrometheusException.Parameter(name, $"cannot parse {GoStrings.Quote(Text(name))} to a valid timestamp");

    /// <summary>A duration in milliseconds: seconds with a fraction, or <c>1h30m</c>.</summary>
    public long Duration(string name) => ParseDuration(name, Text(name));

    public long? OptionalDuration(string name) => Text(name) is { Length: > 0 } text ? ParseDuration(name, text) : null;

    /// <summary>The span of start and end, unlimited where they are not given.</summary>
    public (long From, long To) Span()
    {
        var (from, to) = (Time("start", MinimalMs), Time("end", MaximalMs));
        return to >= from ? (from, to) : throw PrometheusException.Parameter("end", "end timestamp must not be before start time");
    }

    /// <summary>The series selectors of <c>match[]</c>.</summary>
    public IReadOnlyList<IReadOnlyList<Matcher>> Selectors()
    {
        var sets = new List<IReadOnlyList<Matcher>>();
        foreach (var text in Texts("match[]"))
        {
            Expr expr;
            try
            {
                expr = PromParser.Parse(text);
            }
            catch (PromSyntaxException e)
            {
                throw PrometheusException.Parameter("match[]", e.Message);
            }

            if (expr is not VectorSelector { Time: { OffsetMs: 0, IsFixed: false } } selector)
                throw PrometheusException.Parameter("match[]", $"{GoStrings.Quote(text)} is not a series selector");
            sets.Add(selector.Matchers);
        }

        return sets;
    }

    public int? Limit()
    {
        if (Text("limit") is not { Length: > 0 } text) return null;
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit))
            throw PrometheusException.Parameter("limit", "limit must be a non-negative number");
        return limit == 0 ? null : limit;
    }

    private void Add(string name, StringValues values) =>
        _values[name] = _values.TryGetValue(name, out var known) ? StringValues.Concat(known, values) : values;

    private static long? ParseTime(string text)
    {
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds))
        {
            if (!double.IsFinite(seconds)) return null;
            var ms = Math.Round(seconds * 1000, MidpointRounding.AwayFromZero);
            return ms is >= MinimalMs and <= MaximalMs ? (long)ms : ms < 0 ? MinimalMs : MaximalMs;
        }

        return Rfc3339().IsMatch(text) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out var time)
            ? time.ToUnixTimeMilliseconds()
            : null;
    }

    private static long ParseDuration(string name, string text)
    {
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds))
        {
            if (double.IsNaN(seconds) || Math.Abs(seconds) > 9_223_372_036)
                throw PrometheusException.Parameter(name, $"cannot parse {GoStrings.Quote(text)} to a valid duration. It overflows int64");
            return (long)Math.Truncate(seconds * 1000);
        }

        try
        {
            return PromDuration.Parse(text);
        }
        catch (FormatException)
        {
            throw PrometheusException.Parameter(name, $"cannot parse {GoStrings.Quote(text)} to a valid duration");
        }
    }

    [GeneratedRegex(@"^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$")]
    private static partial Regex Rfc3339();
}
