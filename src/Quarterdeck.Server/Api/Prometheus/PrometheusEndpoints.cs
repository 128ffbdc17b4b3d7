using Quarterdeck.Observe.Metrics.Querying;
using Quarterdeck.Primitives;
using Quarterdeck.PromQL;
using Quarterdeck.Server.Api.Http;
using Quarterdeck.Server.Identity;

namespace Quarterdeck.Server.Api.Prometheus;

/// <summary>
/// Prometheus's HTTP API, so that Grafana and others can use Quarterdeck as a data source: over all packs under
/// <c>/api/v1</c>, where each series carries the label <c>pack</c>, and over one pack under <c>/prometheus/PACK/api/v1</c>.
/// </summary>
internal static class PrometheusEndpoints
{
    private const int MaximalPoints = 11_000;

    private delegate Task Answer(PrometheusRequest request);

    public static void MapPrometheus(this IEndpointRouteBuilder app)
    {
        foreach (var prefix in (string[])["/api/v1", "/prometheus/{pack}/api/v1"])
        {
            var api = app.MapGroup(prefix);
            Map(api, "/query", Query, posts: true);
            Map(api, "/query_range", QueryRange, posts: true);
            Map(api, "/query_exemplars", Nothing, posts: true);
            Map(api, "/format_query", Format, posts: true);
            Map(api, "/series", Series, posts: true);
            Map(api, "/labels", LabelNames, posts: true);
            Map(api, "/label/{label}/values", LabelValues);
            Map(api, "/rules", PrometheusRules.Rules);
            Map(api, "/alerts", PrometheusRules.Alerts);
            Map(api, "/metadata", PrometheusRules.Metadata);
            Map(api, "/status/buildinfo", BuildInfo);
        }
    }

    private static void Map(RouteGroupBuilder api, string path, Answer answer, bool posts = false) =>
        api.MapMethods(path, posts ? ["GET", "POST"] : ["GET"], (HttpContext context) => Guarded(context, answer))
            .Needs(Permission.Read).ForMachines().ExcludeFromDescription();

    private static async Task Guarded(HttpContext context, Answer answer)
    {
        var query = context.RequestServices.GetRequiredService<SeriesQuery>();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        try
        {
            var pack = context.GetRouteValue("pack") as string;
            if (pack is not null && !query.Packs.Contains(pack))
                throw new PrometheusException(PrometheusErrorType.NotFound, $"there is no pack {GoStrings.Quote(pack)}");
            var parameters = await PrometheusParameters.Read(context.Request, context.RequestAborted);
            var timeout = parameters.OptionalDuration("timeout") is { } ms ? TimeSpan.FromMilliseconds(ms) : query.Options.Timeout;
            limit.CancelAfter(timeout < query.Options.Timeout ? timeout : query.Options.Timeout);
            await answer(new PrometheusRequest(context, query, parameters, pack, limit.Token));
        }
        catch (PrometheusException e)
        {
            await PrometheusJson.Error(context, e.Type, e.Message);
        }
        catch (Exception e) when (e is PromEvaluationException or QueryTooLargeException)
        {
            await PrometheusJson.Error(context, PrometheusErrorType.Execution, e.Message);
        }
        catch (TransientException e)
        {
            await PrometheusJson.Error(context, PrometheusErrorType.Unavailable, e.Message);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            await PrometheusJson.Error(context, PrometheusErrorType.Timeout, "query timed out in expression evaluation");
        }
    }

    private static async Task Query(PrometheusRequest request)
    {
        var time = request.Parameters.Time("time", request.Now);
        var value = await request.Source.Instant(request.Pack, Parsed(request), time, request.Evaluation, request.Cancel);
        await PrometheusJson.Success(request.Context, json => PrometheusJson.Value(json, value), value);
    }

    private static async Task QueryRange(PrometheusRequest request)
    {
        var start = request.Parameters.RequiredTime("start");
        var end = request.Parameters.RequiredTime("end");
        if (end < start) throw PrometheusException.Parameter("end", "end timestamp must not be before start time");
        var step = request.Parameters.Duration("step");
        if (step <= 0)
            throw PrometheusException.Parameter("step", "zero or negative query resolution step widths are not accepted. Try a positive integer");
        if ((end - start) / step > MaximalPoints)
        {
            throw new PrometheusException(PrometheusErrorType.BadData,
                "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)");
        }

        var query = Parsed(request);
        if (query.Expr.Kind is not (ValueKind.Scalar or ValueKind.Vector))
        {
            throw PrometheusException.Parameter("query",
                $"invalid expression type \"{(query.Expr.Kind == ValueKind.Matrix ? "range vector" : "string")}\" for range query, must be Scalar or instant Vector");
        }

        var value = await request.Source.Range(request.Pack, query, start, end, step, request.Evaluation, request.Cancel);
        await PrometheusJson.Success(request.Context, json => PrometheusJson.Value(json, value), value);
    }

    private static Task Nothing(PrometheusRequest request) => PrometheusJson.Success(request.Context, json =>
    {
        json.WriteStartArray();
        json.WriteEndArray();
    });

    private static Task Format(PrometheusRequest request)
    {
        var text = Parsed(request).Expr.ToString();
        return PrometheusJson.Success(request.Context, json => json.WriteStringValue(text));
    }

    private static async Task Series(PrometheusRequest request)
    {
        var sets = request.Parameters.Selectors();
        if (sets.Count == 0) throw new PrometheusException(PrometheusErrorType.BadData, "no match[] parameter provided");
        var found = await request.Series(sets);
        await PrometheusJson.Success(request.Context, json =>
        {
            json.WriteStartArray();
            foreach (var labels in found.Take(request.Parameters.Limit() ?? int.MaxValue)) PrometheusJson.Set(json, labels);
            json.WriteEndArray();
        });
    }

    private static async Task LabelNames(PrometheusRequest request)
    {
        var found = await request.Series(request.Parameters.Selectors());
        var names = found.SelectMany(l => l.Select(p => p.Name)).Distinct().Order(StringComparer.Ordinal);
        await PrometheusJson.Success(
            request.Context, json => PrometheusJson.Texts(json, names.Take(request.Parameters.Limit() ?? int.MaxValue)));
    }

    private static async Task LabelValues(PrometheusRequest request)
    {
        var label = (string)request.Context.GetRouteValue("label")!;
        if (!PromQL.LabelNames.IsLegacyLabelName(label))
            throw new PrometheusException(PrometheusErrorType.BadData, $"invalid label name: {GoStrings.Quote(label)}");
        var found = await request.Series(request.Parameters.Selectors());
        var values = found.Select(l => l.Get(label)).Where(v => v.Length > 0).Distinct().Order(StringComparer.Ordinal);
        await PrometheusJson.Success(
            request.Context, json => PrometheusJson.Texts(json, values.Take(request.Parameters.Limit() ?? int.MaxValue)));
    }

    // The version is the one whose semantics are answered with: data sources choose their features by it.
    private static Task BuildInfo(PrometheusRequest request) => PrometheusJson.Success(request.Context, json =>
    {
        json.WriteStartObject();
        json.WriteString("version", "3.0.0");
        json.WriteString("revision", "quarterdeck");
        json.WriteString("branch", "");
        json.WriteString("buildUser", "");
        json.WriteString("buildDate", "");
        json.WriteString("goVersion", "");
        json.WriteEndObject();
    });

    private static PreparedQuery Parsed(PrometheusRequest request)
    {
        try
        {
            return PreparedQuery.Parse(request.Parameters.Text("query"));
        }
        catch (PromSyntaxException e)
        {
            throw PrometheusException.Parameter("query", e.Message);
        }
    }
}

/// <summary>One request to the API, read and limited in time.</summary>
/// <param name="Context">Where the answer goes.</param>
/// <param name="Source">What is asked.</param>
/// <param name="Parameters">Its parameters.</param>
/// <param name="Pack">The pack of the path; null for all.</param>
/// <param name="Cancel">Ends when the caller leaves or the time is up.</param>
internal sealed record PrometheusRequest(
    HttpContext Context, SeriesQuery Source, PrometheusParameters Parameters, string? Pack, CancellationToken Cancel)
{
    public T Get<T>() where T : notnull => Context.RequestServices.GetRequiredService<T>();

    public long Now => Get<TimeProvider>().GetUtcNow().ToUnixTimeMilliseconds();

    public EvaluatorOptions Evaluation => Parameters.OptionalDuration("lookback_delta") is { } lookback
        ? EvaluatorOptions.Default with { LookbackMs = lookback }
        : EvaluatorOptions.Default;

    public Task<IReadOnlyList<PromQL.Labels>> Series(IReadOnlyList<IReadOnlyList<Matcher>> sets)
    {
        var (from, to) = Parameters.Span();
        return Source.Series(Pack, sets, from, to, Cancel);
    }
}
