using System.Globalization;
using System.Text.Json;
using Quarterdeck.Observe;
using Quarterdeck.Observe.Alerts;
using Quarterdeck.Observe.Metrics;
using Quarterdeck.Packs.Alerts;
using Quarterdeck.PromQL;
using Quarterdeck.Store;

namespace Quarterdeck.Server.Api.Prometheus;

/// <summary>Rules, alerts and metadata as Prometheus's API tells them.</summary>
internal static class PrometheusRules
{
    public static async Task Rules(PrometheusRequest request)
    {
        var kind = request.Parameters.Text("type");
        if (kind is not ("" or "alert" or "record"))
            throw PrometheusException.Parameter("type", $"not supported value {GoStrings.Quote(kind)}");
        var active = await request.Get<OperationsStore>().ActiveAlerts(request.Cancel);
        var health = request.Get<RuleHealth>().Rules.ToLookup(r => (r.Pack, r.Group, r.Name, r.Expression));
        await PrometheusJson.Success(request.Context, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("groups");
            foreach (var (pack, file, group) in Groups(request))
            {
                json.WriteStartObject();
                json.WriteString("name", group.Name);
                json.WriteString("file", file.Path);
                json.WriteStartArray("rules");
                foreach (var rule in group.Rules)
                {
                    if (kind == "alert" && rule is not AlertingRule || kind == "record" && rule is not RecordingRule) continue;
                    var condition = health[(pack, group.Name, rule.Name, rule.Query.Text)].FirstOrDefault();
                    Write(json, rule, [.. active.Where(a => a.Pack == pack && a.RuleGroup == group.Name && IsOf(rule, a))], condition, request.Pack is null);
                }

                json.WriteEndArray();
                json.WriteNumber("interval", (group.Interval ?? TimeSpan.Zero).TotalSeconds);
                json.WriteNumber("limit", group.Limit);
                var conditions = group.Rules.Select(r => health[(pack, group.Name, r.Name, r.Query.Text)].FirstOrDefault()).OfType<RuleCondition>().ToList();
                DateTimeOffset? last = conditions.Count > 0 ? conditions.Max(c => c.At) : null;
                json.WriteNumber("evaluationTime", conditions.Sum(c => c.Took.TotalSeconds));
                json.WriteString("lastEvaluation", Time(last ?? DateTimeOffset.MinValue));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    public static async Task Alerts(PrometheusRequest request)
    {
        var active = await request.Get<OperationsStore>().ActiveAlerts(request.Cancel);
        await PrometheusJson.Success(request.Context, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("alerts");
            foreach (var alert in active.Where(a => request.Pack is null || a.Pack == request.Pack)) Write(json, alert, request.Pack is null);
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    public static async Task Metadata(PrometheusRequest request)
    {
        var wanted = request.Parameters.Text("metric");
        var metrics = request.Get<WatchedPacks>().Packs.Where(p => request.Pack is null || p.Pack.Name == request.Pack)
            .SelectMany(p => p.Pack.Metrics).Where(m => wanted.Length == 0 || m.Name == wanted)
            .GroupBy(m => m.Name).OrderBy(g => g.Key, StringComparer.Ordinal).Take(request.Parameters.Limit() ?? int.MaxValue);
        await PrometheusJson.Success(request.Context, json =>
        {
            json.WriteStartObject();
            foreach (var metric in metrics)
            {
                json.WriteStartArray(metric.Key);
                foreach (var (type, help, unit) in metric.Select(m => (m.Type, m.Help, m.Unit)).Distinct())
                {
                    json.WriteStartObject();
                    json.WriteString("type", type.ToString().ToLowerInvariant());
                    json.WriteString("help", help);
                    json.WriteString("unit", unit);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
        });
    }

    private static IEnumerable<(string Pack, RuleFile File, RuleGroup Group)> Groups(PrometheusRequest request)
    {
        var rules = request.Get<PackRules>();
        var own = request.Pack is null or PlatformSeries.Pack ? PlatformRules.File.Groups.Select(g => (PlatformSeries.Pack, PlatformRules.File, g)) : [];
        return own.Concat(from pack in request.Get<WatchedPacks>().Packs
                          where request.Pack is null || pack.Pack.Name == request.Pack
                          from file in rules.Of(pack)
                          from rulesOfGroup in file.Groups
                          select (pack.Pack.Name, file, rulesOfGroup));
    }

    private static bool IsOf(Rule rule, ActiveAlert alert) => rule is AlertingRule && alert.Name == rule.Name
        && rule.Labels.All(l => l.Value.Contains("{{", StringComparison.Ordinal) || alert.Labels[l.Key]?.ToString() == l.Value);

    private static void Write(Utf8JsonWriter json, Rule rule, IReadOnlyList<ActiveAlert> alerts, RuleCondition? condition, bool named)
    {
        json.WriteStartObject();
        if (rule is AlertingRule alerting)
        {
            json.WriteString("state", alerts.Any(a => a.State == "firing") ? "firing" : alerts.Count > 0 ? "pending" : "inactive");
            json.WriteString("name", rule.Name);
            json.WriteString("query", rule.Query.Expr.ToString());
            json.WriteNumber("duration", alerting.For.TotalSeconds);
            json.WriteNumber("keepFiringFor", alerting.KeepFiringFor.TotalSeconds);
            json.WritePropertyName("labels");
            Map(json, rule.Labels);
            json.WritePropertyName("annotations");
            Map(json, alerting.Annotations);
            json.WriteStartArray("alerts");
            foreach (var alert in alerts) Write(json, alert, named);
            json.WriteEndArray();
        }
        else
        {
            json.WriteString("name", rule.Name);
            json.WriteString("query", rule.Query.Expr.ToString());
            if (rule.Labels.Count > 0)
            {
                json.WritePropertyName("labels");
                Map(json, rule.Labels);
            }
        }

        json.WriteString("health", condition is null ? "unknown" : condition.Error is null ? "ok" : "err");
        if (condition?.Error is { } error) json.WriteString("lastError", error);
        json.WriteNumber("evaluationTime", condition?.Took.TotalSeconds ?? 0);
        json.WriteString("lastEvaluation", Time(condition?.At ?? DateTimeOffset.MinValue));
        json.WriteString("type", rule is AlertingRule ? "alerting" : "recording");
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ActiveAlert alert, bool named)
    {
        json.WriteStartObject();
        json.WriteStartObject("labels");
        foreach (var (name, value) in alert.Labels) json.WriteString(name, value?.ToString());
        if (named && !alert.Labels.ContainsKey(PackLabel)) json.WriteString(PackLabel, alert.Pack);
        json.WriteEndObject();
        json.WriteStartObject("annotations");
        foreach (var (name, value) in alert.Annotations) json.WriteString(name, value?.ToString());
        json.WriteEndObject();
        json.WriteString("state", alert.State);
        json.WriteString("activeAt", Time(alert.ActiveAt));
        // Here Prometheus always writes an exponent, as Go's 'e' format does.
        json.WriteString("value", Scientific(alert.Value));
        json.WriteEndObject();
    }

    private const string PackLabel = "pack";

    private static void Map(Utf8JsonWriter json, IReadOnlyDictionary<string, string> texts)
    {
        json.WriteStartObject();
        foreach (var (name, text) in texts) json.WriteString(name, text);
        json.WriteEndObject();
    }

    private static string Scientific(double value) => double.IsFinite(value)
        ? GoNumbers.FormatScientific(value)
        : GoNumbers.FormatPlain(value);

    private static string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
}
