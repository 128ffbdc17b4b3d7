using System.Globalization;
using System.Text.RegularExpressions;
using Quarterdeck.Packs.Yaml;

namespace Quarterdeck.Packs.Manifest;

/// <summary>Reads metrics.yaml; a metric with <c>each:</c> becomes one series for each entry.</summary>
internal sealed partial class MetricsReader(
    IReadOnlyDictionary<string, ContractDefinition> contracts,
    IReadOnlyDictionary<string, ServiceDefinition> services,
    IReadOnlyDictionary<string, DatabaseDefinition> databases,
    IReadOnlyDictionary<string, EventFactory?> factories)
{
    private static readonly Dictionary<string, MetricType> Types = new(StringComparer.Ordinal)
    {
        ["gauge"] = MetricType.Gauge,
        ["counter"] = MetricType.Counter,
        ["histogram"] = MetricType.Histogram,
    };

    private static readonly string[] Sources = ["call", "events", "formula", "probe", "sql", "http"];

    public IReadOnlyList<MetricDefinition> Read(YamlMap file)
    {
        var metrics = new List<MetricDefinition>();
        foreach (var (name, at, value) in file.Map("metrics")?.Entries("metric") ?? [])
        {
            if (!MetricShape().IsMatch(name))
            {
                file.Findings.Error(FindingCodes.ValueInvalid, at, $"'{name}' is not a metric name.",
                    "Use letters, digits, underscores and colons, not beginning with a digit.");
            }

            if (value.Map() is { } map) metrics.Add(map.Flag("external") == true ? ReadExternal(name, at, map) : ReadMetric(name, at, map));
        }

        file.Close();
        return metrics;
    }

    private MetricDefinition ReadMetric(string name, Position at, YamlMap map)
    {
        var (blocks, interval) = Every(map);
        var own = map.TextMap("labels");
        var type = map.Word("type", Types) ?? (map.Has("events") ? MetricType.Counter : MetricType.Gauge);
        var each = map.List("each").Select(v => v.Map()).OfType<YamlMap>()
            .Select(m => m.Entries().ToDictionary(e => e.Name, e => e.Value.Text() ?? "", StringComparer.Ordinal)).ToArray();
        var series = new List<MetricSeries>();
        if (each.Length == 0)
        {
            if (Source(map, name, null) is { } source) series.Add(new MetricSeries(own, source));
        }

        foreach (var labels in each)
        {
            var all = own.ToDictionary(l => l.Key, l => Fill(l.Value, labels), StringComparer.Ordinal);
            foreach (var (key, value) in labels.Where(l => !l.Key.StartsWith('_'))) all[key] = value;
            if (Source(map, name, labels) is { } source) series.Add(new MetricSeries(all, source));
        }

        if (type == MetricType.Histogram)
        {
            map.Findings.Error(FindingCodes.ValueInvalid, map.PositionOf("type"), $"{YamlMap.Capital(map.Where)} is a histogram with a source.",
                "Only external metrics are histograms; add 'external: true', or make it a gauge or counter.");
        }

        var metric = new MetricDefinition(name, map.Text("help") ?? "", map.Text("unit") ?? "", type, series)
        {
            EveryBlocks = blocks,
            Every = interval,
            LabelNames = LabelNames(series.SelectMany(s => s.Labels.Keys), at, map),
            Line = at.Line,
        };
        map.Close();
        return metric;
    }

    /// <summary>A metric that the protocol's own exporter serves: a source of its own would give every series twice.</summary>
    private static MetricDefinition ReadExternal(string name, Position at, YamlMap map)
    {
        if (Sources.FirstOrDefault(map.Has) is { } source)
        {
            map.Findings.Error(FindingCodes.ValueInvalid, map.PositionOf(source), $"{YamlMap.Capital(map.Where)} is external and has '{source}:'.",
                "Keep one: 'external: true' where an exporter of the protocol serves the metric, or the source that Quarterdeck reads.");
        }

        foreach (var key in Sources) map.Value(key);
        var metric = new MetricDefinition(name, map.Text("help") ?? "", map.Text("unit") ?? "", map.Word("type", Types) ?? MetricType.Gauge, [])
        {
            External = true,
            LabelNames = LabelNames(map.Texts("labels"), at, map),
            Line = at.Line,
        };
        map.Close();
        return metric;
    }

    private static List<string> LabelNames(IEnumerable<string> labels, Position at, YamlMap map)
    {
        var names = labels.Distinct(StringComparer.Ordinal).ToList();
        foreach (var label in names.Where(l => !LabelShape().IsMatch(l)))
        {
            map.Findings.Error(FindingCodes.ValueInvalid, at, $"'{label}' is not a label name.",
                "Use letters, digits and underscores, not beginning with a digit.");
        }

        return names;
    }

    private static (int? Blocks, TimeSpan? Interval) Every(YamlMap map)
    {
        if (map.Text("every") is not { } text) return (null, null);
        var match = BlocksShape().Match(text);
        if (match.Success) return (int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), null);
        return (null, map.Duration("every"));
    }

    private MetricSource? Source(YamlMap map, string name, Dictionary<string, string>? each)
    {
        var sources = new List<MetricSource?>();
        var decimals = map.Integer("decimals", 0, 77) ?? 0;
        var args = map.Texts("args");
        var result = map.Integer("result", 0, 63) ?? 0;
        var sum = map.Text("sum");
        if (map.Text("call") is { } call)
        {
            sources.Add(Call(Fill(call, each), [.. args.Select(a => Fill(a, each))], decimals, result, map));
        }

        if (map.Text("events") is { } events) sources.Add(Events(Fill(events, each), sum, decimals, map));
        if (map.Text("formula") is { } formula) sources.Add(new FormulaSource(Fill(formula, each)));
        if (map.Text("probe") is { } probe)
        {
            var service = Fill(probe, each);
            ReferenceCheck.Known("service", service, services.Keys, map.PositionOf("probe"), map.Findings);
            sources.Add(new ProbeSource(service));
        }

        if (map.Text("sql") is { } sql)
        {
            var database = map.Text("database") ?? databases.Keys.FirstOrDefault() ?? "";
            ReferenceCheck.Known("database", database, databases.Keys, map.PositionOf("sql"), map.Findings);
            sources.Add(new SqlSource(database, Fill(sql, each)));
        }

        if (map.Text("http") is { } url)
        {
            sources.Add(new HttpSource(Fill(url, each), Fill(map.Text("path") ?? "$", each), map.Duration("timeout") ?? TimeSpan.FromSeconds(2)));
        }

        if (map.Text("scrape") is { } target)
        {
            sources.Add(new ScrapeSource(Fill(target, each), Fill(map.Text("metric") ?? name, each),
                map.TextMap("match").ToDictionary(m => m.Key, m => Fill(m.Value, each), StringComparer.Ordinal),
                map.Duration("timeout") ?? TimeSpan.FromSeconds(2)));
        }

        if (sources.Count != 1)
        {
            map.Findings.Error(FindingCodes.KeyMissing, map.At, $"{YamlMap.Capital(map.Where)} has {sources.Count} sources.",
                "Give exactly one of call, events, formula, probe, sql, http or scrape, or 'external: true'.");
        }

        return sources.Count == 1 ? sources[0] : null;
    }

    private CallSource? Call(string text, IReadOnlyList<string> args, int decimals, int result, YamlMap map)
    {
        var at = map.PositionOf("call");
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        if (dot <= 0 || !text.Contains('(', StringComparison.Ordinal))
        {
            map.Findings.Error(FindingCodes.ValueInvalid, at, $"'{text}' is not a contract read.", "Write Contract.function(types)(result), such as MUSD.totalSupply()(uint256).");
            return null;
        }

        var (contract, function) = (text[..dot], text[(dot + 1)..]);
        if (!ReferenceCheck.Contract(contract, contracts, at, map.Findings)) return null;
        AbiReference.Function(contracts[contract].Abi, contract, function, at, map.Findings);
        return new CallSource(contract, function, args, decimals, result);
    }

    private EventSource? Events(string text, string? sum, int decimals, YamlMap map)
    {
        var at = map.PositionOf("events");
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        var (contract, name) = dot < 0 ? ("", text) : (text[..dot], text[(dot + 1)..]);
        if (!ReferenceCheck.Known("contract", contract, contracts.Keys.Concat(factories.Keys), at, map.Findings)) return null;
        // A factory that index.yaml defines wrongly has its findings there.
        var abi = contracts.TryGetValue(contract, out var definition) ? definition.Abi : factories[contract]?.Abi;
        if (abi is null) return null;
        var found = AbiReference.Event(abi, contract, name, at, map.Findings);
        if (sum is not null && found is not null && found.Inputs.All(i => i.Name != sum))
        {
            map.Findings.Error(FindingCodes.AbiLacks, map.PositionOf("sum"), $"The event '{text}' has no field '{sum}'.",
                NearestName.Suggest(sum, found.Inputs.Select(i => i.Name), "Name a field of the event."));
        }

        return new EventSource(contract, name, sum, decimals);
    }

    /// <summary>Fills <c>${name}</c> from an entry of <c>each:</c>; other <c>${…}</c> are the environment's.</summary>
    private static string Fill(string text, Dictionary<string, string>? each) =>
        each is null ? text : Placeholder().Replace(text, m => each.GetValueOrDefault(m.Groups[1].Value, m.Value));

    [GeneratedRegex("^[a-zA-Z_:][a-zA-Z0-9_:]*$")]
    private static partial Regex MetricShape();

    [GeneratedRegex("^[a-zA-Z_][a-zA-Z0-9_]*$")]
    private static partial Regex LabelShape();

    [GeneratedRegex(@"^(\d{1,6}) ?blocks?$")]
    private static partial Regex BlocksShape();

    [GeneratedRegex(@"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")]
    private static partial Regex Placeholder();
}
