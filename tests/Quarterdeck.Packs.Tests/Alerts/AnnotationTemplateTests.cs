using Quarterdeck.Packs.Alerts;
using Quarterdeck.PromQL;

namespace Quarterdeck.Packs.Tests.Alerts;

public sealed class AnnotationTemplateTests
{
    private static string Expand(string text, double value = 0, string job = "relay")
    {
        var memory = new SeriesMemory();
        foreach (var (instance, number) in ((string, double)[])[("b:9090", 21), ("a:9090", 11)])
            memory.Append(Labels.Of("__name__", "metric", "instance", instance), 0, number);
        var surroundings = new TemplateSurroundings
        {
            ExternalLabels = new Dictionary<string, string> { ["region"] = "eu" },
            ExternalUrl = "https://ops.example.org/path",
            Query = query => (PromVector)PreparedQuery.Parse(query).Instant(0, memory),
        };
        return AnnotationTemplate.Parse(text).Expand(new TemplateData(Labels.Of("__name__", "up", "job", job), value, surroundings));
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("{{ $labels.job }}/{{ .Labels.job }}/{{ $labels.absent }}/{{ $externalLabels.region }}", "relay/relay//eu")]
    [InlineData("{{ $value }} {{ .Value | printf \"%.2f\" }}", "1234.5 1234.50")]
    [InlineData("{{ with $labels.job }}job {{ . }}{{ else }}none{{ end }}", "job relay")]
    [InlineData("{{ if gt $value 1000.0 }}much{{ else if gt $value 1.0 }}some{{ else }}none{{ end }}", "much")]
    [InlineData("{{ if and (eq $labels.job \"relay\") (not false) }}yes{{ end }}", "yes")]
    [InlineData("a {{- \" b \" -}} c", "a b c")]
    [InlineData("{{/* nothing */}}x", "x")]
    [InlineData("{{ range query \"sort(metric)\" }}{{ .Labels.instance }}={{ .Value }};{{ end }}", "a:9090=11;b:9090=21;")]
    [InlineData("{{ query \"metric\" | sortByLabel \"instance\" | first | label \"instance\" | stripPort }}", "a")]
    [InlineData("{{ query \"sum(metric)\" | first | value | humanize }}", "32")]
    [InlineData("{{ range $i, $s := query \"sort(metric)\" }}{{ $i }}:{{ $s.Value }} {{ end }}", "0:11 1:21 ")]
    [InlineData("{{ range query \"absent_metric\" }}x{{ else }}none{{ end }}", "none")]
    [InlineData("{{ $x := 1 }}{{ $x = 2 }}{{ $x }}", "2")]
    [InlineData("{{ reReplaceAll \"(.*)ay\" \"${1}AY\" $labels.job | toUpper }}", "RELAY")]
    [InlineData("{{ title \"aa bb\" }} {{ toLower \"AB\" }} {{ match \"a.*\" \"abc\" }}", "Aa Bb ab true")]
    [InlineData("{{ printf \"%s|%5d|%-5s|%05.1f|%q|%v|%d\" \"a\" 42 \"b\" 3.14159 \"c\" true 1.5 }}", "a|   42|b    |003.1|\"c\"|true|%!d(float64=1.5)")]
    [InlineData("{{ externalURL }}{{ pathPrefix }}", "https://ops.example.org/path/path")]
    [InlineData("{{ define \"t\" }}[{{ . }}]{{ end }}{{ template \"t\" $value }}", "[1234.5]")]
    [InlineData("{{ (query \"sort(metric)\" | first).Value }}", "11")]
    [InlineData("{{ len \"abc\" }} {{ index $labels \"job\" }} {{ print 1 2 \"a\" }}", "3 relay 1 2a")]
    [InlineData("{{ stripDomain \"a.b.c:80\" }} {{ stripDomain \"10.0.0.1\" }}", "a:80 10.0.0.1")]
    public void A_template_is_expanded_as_Prometheus_does(string text, string expected) => Assert.Equal(expected, Expand(text, 1234.5));

    [Theory]
    [InlineData("humanize", 0, "0")]
    [InlineData("humanize", 1234567, "1.235M")]
    [InlineData("humanize", -0.00123, "-1.23m")]
    [InlineData("humanize", double.NaN, "NaN")]
    [InlineData("humanize1024", 1048576, "1Mi")]
    [InlineData("humanize1024", 0.5, "0.5")]
    [InlineData("humanizePercentage", 0.12345, "12.35%")]
    [InlineData("humanizePercentage", 1.5, "150%")]
    [InlineData("humanizeDuration", 0, "0s")]
    [InlineData("humanizeDuration", 0.0899, "89.9ms")]
    [InlineData("humanizeDuration", 59.5, "59.5s")]
    [InlineData("humanizeDuration", 90061, "1d 1h 1m 1s")]
    [InlineData("humanizeDuration", -3600, "-1h 0m 0s")]
    [InlineData("humanizeTimestamp", 1435065584.128, "2015-06-23 13:19:44.128 +0000 UTC")]
    [InlineData("humanizeTimestamp", 0, "1970-01-01 00:00:00 +0000 UTC")]
    public void Numbers_are_told_as_people_read_them(string function, double value, string expected) =>
        Assert.Equal(expected, Expand($"{{{{ $value | {function} }}}}", value));

    [Theory]
    [InlineData(1e21, "1e+21")]
    [InlineData(1e20, "100000000000000000000")]
    [InlineData(0.0001, "0.0001")]
    [InlineData(0.00001, "1e-05")]
    [InlineData(double.PositiveInfinity, "+Inf")]
    [InlineData(0.1, "0.1")]
    public void A_value_is_printed_as_Go_prints_it(double value, string expected) => Assert.Equal(expected, Expand("{{ $value }}", value));

    [Theory]
    [InlineData("{{ $labels.job")]
    [InlineData("{{ nosuch 1 }}")]
    [InlineData("{{ $nosuch }}")]
    [InlineData("{{ if true }}x")]
    [InlineData("{{ end }}")]
    [InlineData("{{ }}")]
    [InlineData("{{ \"a }}")]
    [InlineData("{{ break }}")]
    [InlineData("{{ 1 | 2 }}")]
    public void A_malformed_template_is_refused_when_it_is_read(string text) =>
        Assert.Throws<FormatException>(() => AnnotationTemplate.Parse(text));

    [Theory]
    [InlineData("{{ query \"absent_metric\" | first }}", "first() called on vector with no elements")]
    [InlineData("{{ query \"sum(\" }}", "error calling query: 1:5: parse error")]
    [InlineData("{{ humanize \"x\" }}", "error calling humanize: error parsing number")]
    [InlineData("{{ .Nothing }}", "can't evaluate field Nothing")]
    public void A_template_that_fails_on_the_data_says_why_instead_of_hiding_the_alert(string text, string why)
    {
        var problem = Assert.Throws<TemplateException>(() => Expand(text));
        Assert.Contains(why, problem.Message, StringComparison.Ordinal);
    }
}
