using System.Diagnostics;
using System.Net;
using Quarterdeck.Observe;
using Quarterdeck.Observe.Indexing;
using Quarterdeck.Observe.Metrics;
using Quarterdeck.Primitives;
using Quarterdeck.Server.Api.Http;
using Quarterdeck.Server.Api.Shapes;
using Quarterdeck.Server.Hosting;
using Quarterdeck.Server.Identity;
using Quarterdeck.Server.Witnessing;
using Quarterdeck.Store;
using Quarterdeck.Store.Audit;

namespace Quarterdeck.Server.Api;

/// <summary>How the server itself is: for supervisors and for Prometheus.</summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        app.MapGet("/health", Health).Open().WithTags("health").Produces<HealthShape>().Produces<HealthShape>(503);
        app.MapGet("/metrics", Metrics).Open().WithTags("health").Produces<string>(200, "text/plain");
    }

    /// <summary>
    /// 503 where the database is away or the audit log is not signed: then nothing may be acknowledged. A refused pack degrades
    /// nothing else, so the answer stays 200; its findings are for this machine, elsewhere the console shows them.
    /// </summary>
    private static async Task<IResult> Health(
        HttpContext context, OperationsStore store, LoadedPacks loaded, AuditSequencer audit, WitnessFeed feed, ChainHealth watching, TimeProvider clock,
        CancellationToken cancel)
    {
        var workers = new Dictionary<string, string> { ["audit"] = audit.Refusal ?? "ok" };
        foreach (var (witness, state) in feed.States) workers[$"witness {witness}"] = state;
        FindingShape[] refused = IsLocal(context) ? [.. loaded.Refused.Select(f => f.Shape())] : [];
        try
        {
            var cursors = await store.Cursors(cancel);
            var now = clock.GetUtcNow();
            var chains = loaded.Packs.SelectMany(p => p.Environment.Chains.Values).DistinctBy(c => c.Id).Select(chain =>
            {
                var cursor = cursors.Where(c => c.ChainId == chain.Id.ToString()).MaxBy(c => c.BlockNumber);
                var names = loaded.Packs.Where(p => p.Environment.Chains.Values.Any(c => c.Id == chain.Id)).Select(p => p.Pack.Name).ToHashSet();
                var state = watching.Chains.Where(s => s.Chain == chain.Name && names.Contains(s.Pack)).MaxBy(s => s.At);
                return new ChainHealthShape(
                    chain.Name, cursor?.BlockNumber, cursor is null ? null : Math.Max(0, (now - cursor.BlockTime).TotalSeconds), chain.Endpoints.Count,
                    (long?)state?.BlockLag, state?.EventsPerMinute ?? 0, state?.Failure, [.. (state?.Endpoints ?? []).Select(e => e.Shape())], state?.Backfill?.Shape());
            });
            var well = audit.Refusal is null;
            return Results.Json(
                new HealthShape(!well ? "failing" : loaded.Refused.Count > 0 ? "degraded" : "ok", "ok", [.. chains], workers, refused),
                statusCode: well ? 200 : StatusCodes.Status503ServiceUnavailable);
        }
        catch (TransientException)
        {
            return Results.Json(
                new HealthShape("failing", "away", [], workers, refused), statusCode: StatusCodes.Status503ServiceUnavailable);
        }
    }

    // Open on the loopback only: metrics tell an attacker what is watched and when it fails.
    private static IResult Metrics(HttpContext context, LoadedPacks loaded, WatchExposition packs)
    {
        if (!IsLocal(context) && !HasToken(context))
        {
            return new Problem(
                "Not from here", "/metrics answers this machine, and programs with a token that may read.",
                "Give the scraper a bearer token from the file that QUARTERDECK_TOKENS names.", 403).Answer();
        }

        var text = new Exposition(context.Request.Headers.Accept.ToString().Contains("application/openmetrics-text", StringComparison.Ordinal));
        packs.WriteTo(text);
        WriteProcess(text, loaded);
        return Results.Text(text.Finish(), text.ContentType);
    }

    private static bool HasToken(HttpContext context) =>
        context.Request.Headers.Authorization.ToString() is ['B' or 'b', 'e', 'a', 'r', 'e', 'r', ' ', .. var token]
        && context.RequestServices.GetRequiredService<MachineTokens>().Recognise(token.Trim())?.May(Permission.Read) == true;

    private static bool IsLocal(HttpContext context) => context.Connection.RemoteIpAddress is not { } address || IPAddress.IsLoopback(address);

    private static void WriteProcess(Exposition text, LoadedPacks loaded)
    {
        using var process = Process.GetCurrentProcess();
        text.Family("quarterdeck_packs_loaded", "Packs that this server serves.", false, [([], loaded.Packs.Count)]);
        text.Family("quarterdeck_load_errors", "Findings that kept a pack or a part of one from loading.", false, [([], loaded.Refused.Count)]);
        text.Family("process_resident_memory_bytes", "Memory in use.", false, [([], process.WorkingSet64)]);
        text.Family("process_cpu_seconds_total", "Processor time used.", true, [([], process.TotalProcessorTime.TotalSeconds)]);
        text.Family("process_start_time_seconds", "When the process started.", false,
            [([], new DateTimeOffset(process.StartTime.ToUniversalTime()).ToUnixTimeMilliseconds() / 1000.0)]);
    }
}
