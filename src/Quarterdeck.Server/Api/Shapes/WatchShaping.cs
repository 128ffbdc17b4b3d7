using System.Globalization;
using System.Text.Json.Nodes;
using Quarterdeck.Observe.Alerts;
using Quarterdeck.Observe.Indexing;
using Quarterdeck.Observe.Metrics;
using Quarterdeck.Packs;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Findings;
using Quarterdeck.PromQL;

namespace Quarterdeck.Server.Api.Shapes;

/// <summary>What Observe knows, as the API shows it.</summary>
internal static class WatchShaping
{
    private const int SparklinePoints = 40;
    private static readonly TimeSpan SparklineSpan = TimeSpan.FromMinutes(10);

    public static string Text(this Severity severity) => severity switch
    {
        Severity.Critical => "critical",
        Severity.Info => "info",
        _ => "warning",
    };

    public static FindingShape Shape(this Finding finding) => new(
        finding.File, finding.Line == 0 ? null : finding.Line, finding.Severity.ToString().ToLowerInvariant(), finding.Code, finding.Message,
        finding.Remedy);

    public static AlertShape Shape(this ActiveAlert alert, RuleHealth rules) => new(
        alert.AlertId, alert.Pack, alert.Name, alert.State, alert.Severity.Text(), Map(alert.Labels), Map(alert.Annotations),
        Number(alert.Value), rules.ExpressionOf(alert.Pack, alert.Name, Map(alert.Labels)), alert.ActiveAt, alert.FiredAt, null, alert.BlockNumber);

    public static AlertShape Shape(this AlertTransition alert, RuleHealth rules) => new(
        alert.AlertId, alert.Pack, alert.Name, alert.State.ToString().ToLowerInvariant(), alert.Severity.Text(), Map(alert.Labels),
        Map(alert.Annotations), Number(alert.Value), rules.ExpressionOf(alert.Pack, alert.Name, Map(alert.Labels)), alert.ActiveAt, null,
        alert.State is AlertTransitionState.Resolved or AlertTransitionState.Retracted ? alert.At : null, alert.BlockNumber);

    public static IReadOnlyDictionary<string, string> Map(JsonNode? labels) => labels is JsonObject map
        ? map.ToDictionary(p => p.Key, p => p.Value?.ToString() ?? "", StringComparer.Ordinal)
        : new Dictionary<string, string>();

    /// <summary>A pack with what was read of it last.</summary>
    public static PackStatus Shape(
        this BoundPack pack, IReadOnlyList<ChainCursor> cursors, PackHealth? health, ISeriesSource series, DateTimeOffset now)
    {
        var own = cursors.Where(c => c.Pack == pack.Pack.Name).ToDictionary(c => c.Chain, StringComparer.Ordinal);
        return new PackStatus(
            pack.Pack.Name, pack.Pack.Title,
            [.. pack.Environment.Chains.Values.Where(c => pack.Pack.Chains.ContainsKey(c.Name)).Select(chain => Chain(chain, own, now))],
            [.. pack.Contracts.Select(c => new ContractStatus(
                c.Name, c.Chain, c.Address.ToString(), c.Definition.Pause is not null,
                c.Definition.Pause is null ? null : Paused(pack, health, c.Name)))],
            [.. pack.Pack.Services.Values.Where(s => s.Probe is not null).Select(s => new ServiceStatus(s.Name, Up(pack, health, s.Name)))],
            Metrics(pack, health, series, now));
    }

    private static ChainStatus Chain(EnvironmentChain chain, Dictionary<string, ChainCursor> cursors, DateTimeOffset now)
    {
        var cursor = cursors.GetValueOrDefault(chain.Name);
        return new ChainStatus(
            chain.Name, chain.Id.ToString(),
            cursor is null ? null : new BlockHead(cursor.BlockNumber, cursor.BlockHash.ToString(), cursor.BlockTime),
            cursor is null ? null : Math.Max(0, (now - cursor.BlockTime).TotalSeconds));
    }

    // A contract is paused where the pack's metric that reads its own pause state says so.
    private static bool? Paused(BoundPack pack, PackHealth? health, string contract) => Flag(pack, health, source =>
        source is Packs.Manifest.CallSource call && call.Contract == contract
        && call.Function == pack.Pack.Contracts[contract].Pause!.State);

    private static bool? Up(BoundPack pack, PackHealth? health, string service) =>
        Flag(pack, health, source => source is Packs.Manifest.ProbeSource probe && probe.Service == service);

    private static bool? Flag(BoundPack pack, PackHealth? health, Func<Packs.Manifest.MetricSource, bool> fits) => (
        from metric in pack.Pack.Metrics
        from one in metric.Series
        where fits(one.Source)
        select Find(health, metric.Name, one.Labels) is { } seen ? seen.Sample.Value != 0 : (bool?)null).FirstOrDefault();

    // Headlines: what has a unit, is one number, and is neither a pause flag nor a probe, which are shown as such.
    private static List<MetricStatus> Metrics(BoundPack pack, PackHealth? health, ISeriesSource series, DateTimeOffset now) =>
    [
        .. from metric in pack.Pack.Metrics
           from one in metric.Series
           where one.Source is not Packs.Manifest.ProbeSource && !IsPauseFlag(pack, one.Source)
           let seen = Find(health, metric.Name, one.Labels)
           select new MetricStatus(
               metric.Name, metric.Help, metric.Unit.Length == 0 ? null : metric.Unit, one.Labels, Finite(seen?.Sample.Value),
               seen?.Sample.Exact?.ToString(), (long?)seen?.Block, Recent(series, metric.Name, one.Labels, now)),
    ];

    private static bool IsPauseFlag(BoundPack pack, Packs.Manifest.MetricSource source) =>
        source is Packs.Manifest.CallSource call && pack.Pack.Contracts[call.Contract].Pause?.State == call.Function;

    private static Observation? Find(PackHealth? health, string name, IReadOnlyDictionary<string, string> labels) =>
        health?.Current.GetValueOrDefault(Labels.From([.. labels, new KeyValuePair<string, string>(Labels.MetricName, name)]));

    private static double[] Recent(ISeriesSource series, string name, IReadOnlyDictionary<string, string> labels, DateTimeOffset now)
    {
        Matcher[] matchers =
        [
            new(MatchKind.Equal, Labels.MetricName, name), .. labels.Select(l => new Matcher(MatchKind.Equal, l.Key, l.Value)),
        ];
        var to = now.ToUnixTimeMilliseconds();
        var from = to - (long)SparklineSpan.TotalMilliseconds;
        var windows = series.Select(matchers, from, to);
        if (windows.Count == 0) return [];
        var window = windows[0];
        var values = Enumerable.Range(window.Start, window.Count).Where(i => window.Times[i] >= from)
            .Select(i => window.Values[i]).Where(double.IsFinite).ToList();
        var step = Math.Max(1, values.Count / SparklinePoints);
        return [.. values.Where((_, i) => (values.Count - 1 - i) % step == 0)];
    }

    private static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
