using System.Globalization;
using System.Text;
using Quarterdeck.PromQL;

namespace Quarterdeck.Observe.Metrics;

/// <summary>
/// Writes metrics as Prometheus text (version 0.0.4) or OpenMetrics 1.0.0.
/// Source: https://prometheus.io/docs/instrumenting/exposition_formats/
/// </summary>
public sealed class Exposition(bool openMetrics)
{
    private readonly StringBuilder _text = new();

    /// <summary>The content type to answer with.</summary>
    public string ContentType => openMetrics
        ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
        : "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>Adds one family; its samples stand together, as both formats demand.</summary>
    /// <param name="name">Metric name; a counter's ends in <c>_total</c>.</param>
    /// <param name="help">One sentence.</param>
    /// <param name="counter">True for a counter.</param>
    /// <param name="samples">Labels without the name, and values.</param>
    public void Family(string name, string help, bool counter, IEnumerable<(IEnumerable<Label> Labels, double Value)> samples)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(samples);

        // OpenMetrics names a counter's family without the suffix its samples carry.
        var asCounter = counter && (!openMetrics || name.EndsWith("_total", StringComparison.Ordinal));
        var family = openMetrics && asCounter ? name[..^"_total".Length] : name;
        var kind = asCounter ? "counter" : openMetrics && counter ? "unknown" : "gauge";
        var head = false;
        foreach (var (labels, value) in samples)
        {
            if (!head)
            {
                _text.Append("# HELP ").Append(family).Append(' ').Append(EscapeHelp(help)).Append('\n');
                _text.Append("# TYPE ").Append(family).Append(' ').Append(kind).Append('\n');
                head = true;
            }

            _text.Append(name);
            var first = true;
            foreach (var label in labels)
            {
                if (label.Name == Labels.MetricName) continue;
                _text.Append(first ? '{' : ',').Append(label.Name).Append("=\"").Append(EscapeLabel(label.Value)).Append('"');
                first = false;
            }

            if (!first) _text.Append('}');
            _text.Append(' ').Append(Number(value)).Append('\n');
        }
    }

    /// <summary>The whole text.</summary>
    public string Finish() => openMetrics ? _text + "# EOF\n" : _text.ToString();

    private string EscapeHelp(string text)
    {
        var escaped = text.Replace("\\", @"\\", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal);
        return openMetrics ? escaped.Replace("\"", "\\\"", StringComparison.Ordinal) : escaped;
    }

    private static string EscapeLabel(string text) => text
        .Replace("\\", @"\\", StringComparison.Ordinal)
        .Replace("\"", "\\\"", StringComparison.Ordinal)
        .Replace("\n", @"\n", StringComparison.Ordinal);

    private static string Number(double value) =>
        double.IsNaN(value) ? "NaN"
        : double.IsPositiveInfinity(value) ? "+Inf"
        : double.IsNegativeInfinity(value) ? "-Inf"
        : value.ToString("R", CultureInfo.InvariantCulture);
}
