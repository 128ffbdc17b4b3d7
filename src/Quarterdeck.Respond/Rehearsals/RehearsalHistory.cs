using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Respond.Runs;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Rehearsals;

/// <summary>What was rehearsed, and where each runbook stands.</summary>
public sealed class RehearsalHistory(OperationsStore store, PackBindings bindings)
{
    private const int Considered = 20;

    /// <summary>The latest, newest first.</summary>
    /// <param name="pack">Only of this pack; null for all.</param>
    /// <param name="runbook">Only of this runbook; null for all.</param>
    public Task<IReadOnlyList<RecordedRehearsal>> Query(string? pack, string? runbook, int limit, CancellationToken cancel) =>
        store.Query<RecordedRehearsal>(
            """
            select id, pack, runbook, fault, ground, environment, pack_hash, runbook_hash, passed, failure, started_at, ended_at, detected_ms,
                   decided_ms, contained_ms, restored_ms, detected_blocks, contained_blocks, run_id, incident_id, recorded_at, recorded_by
            from rehearsals.rehearsals
            where (@pack::text is null or pack = @pack) and (@runbook::text is null or runbook = @runbook)
            order by ended_at desc, id desc limit @limit
            """, new { pack, runbook, limit }, cancel);

    /// <summary>Every runbook that must be rehearsed or was, in the order of its pack.</summary>
    public async Task<IReadOnlyList<RehearsalStanding>> Standings(CancellationToken cancel)
    {
        var past = await store.Query<Past>(
            """
            select pack, runbook, count(*)::int as rehearsals, count(*) filter (where passed)::int as passed,
                   max(ended_at) filter (where passed) as last_passed_at,
                   (array_agg(runbook_hash order by ended_at desc) filter (where passed))[1] as last_hash,
                   percentile_disc(0.5) within group (order by detected_ms) filter (where recent) as detected,
                   percentile_disc(0.5) within group (order by decided_ms) filter (where recent) as decided,
                   percentile_disc(0.5) within group (order by contained_ms) filter (where recent) as contained,
                   percentile_disc(0.5) within group (order by restored_ms) filter (where recent) as restored
            from (select *, passed and row_number() over (partition by pack, runbook, passed order by ended_at desc) <= @Considered as recent
                  from rehearsals.rehearsals where runbook is not null) r
            group by pack, runbook
            """, new { Considered }, cancel);
        var since = await store.Query<Asked>("select pack, runbook, since from rehearsals.required", null, cancel);
        var now = store.Clock.GetUtcNow();
        var standings = new List<RehearsalStanding>();
        foreach (var pack in bindings.Packs.Select(bound => bound.Pack))
        {
            foreach (var runbook in pack.Runbooks)
            {
                var limit = pack.Policies.Rehearse.TryGetValue(runbook.Slug, out var days) ? days : (TimeSpan?)null;
                var own = past.FirstOrDefault(p => p.Pack == pack.Name && p.Runbook == runbook.Slug);
                if (limit is null && own is null) continue;
                var asked = since.FirstOrDefault(a => a.Pack == pack.Name && a.Runbook == runbook.Slug)?.Since;
                standings.Add(Standing(pack.Name, runbook, limit, own, asked, now));
            }
        }

        return standings;
    }

    private static RehearsalStanding Standing(
        string pack, Runbook runbook, TimeSpan? limit, Past? past, DateTimeOffset? asked, DateTimeOffset now)
    {
        var from = past?.LastPassedAt ?? asked;
        return new RehearsalStanding(
            pack, runbook.Slug, runbook.Title, limit, from is { } start ? Math.Max(0, (now - start).TotalSeconds) : null, past?.LastPassedAt,
            past?.LastPassedAt is null ? null : past.LastHash == runbook.Hash.ToString(), past?.Rehearsals ?? 0, past?.Passed ?? 0,
            past?.Detected, past?.Decided, past?.Contained, past?.Restored);
    }

    private sealed record Past(
        string Pack, string Runbook, int Rehearsals, int Passed, DateTimeOffset? LastPassedAt, string? LastHash, long? Detected,
        long? Decided, long? Contained, long? Restored);

    private sealed record Asked(string Pack, string Runbook, DateTimeOffset Since);
}
