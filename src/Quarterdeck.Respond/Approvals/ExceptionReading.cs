using Quarterdeck.Observe.Metrics;
using Quarterdeck.Primitives;
using Quarterdeck.PromQL;
using Quarterdeck.Respond.Approvals.Standing;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Approvals;

/// <summary>
/// Measures what everybody must hear of: that somebody acted alone, until two others reviewed it, and that automation used a standing
/// approval. The platform's own rules page from it, over every channel that is configured.
/// </summary>
internal sealed class ExceptionReading(OperationsStore store, TimeProvider clock)
{
    private static readonly TimeSpan Remembered = TimeSpan.FromHours(1);

    /// <summary>The values as of now.</summary>
    public async Task<IReadOnlyList<Sample>> Read(CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var values = new List<Sample>();
        foreach (var broken in await store.Query<Broken>(
            """
            select b.plan_hash as plan, p.run_id as run, b.operator_id, b.broken_at
            from approvals.break_glass b join approvals.plans p on p.hash = b.plan_hash
            where (select count(*) from approvals.break_glass_reviews r where r.plan_hash = b.plan_hash) < @needed
            """, new { needed = (long)BrokenGlass.ReviewsNeeded }, cancel))
        {
            values.Add(Of(
                "quarterdeck_break_glass_unreviewed_seconds", now - broken.BrokenAt, "plan", broken.Plan.ToString(), "run", broken.Run,
                "operator", broken.OperatorId));
        }

        foreach (var use in await store.Query<Use>(
            """
            select u.run_id as run, u.used_at, g.canonical from approvals.standing_uses u join approvals.standing g on g.hash = u.grant_hash
            where u.used_at > @since
            """, new { since = now - Remembered }, cancel))
        {
            var grant = StandingGrant.Read(use.Canonical);
            values.Add(Of(
                "quarterdeck_standing_use_age_seconds", now - use.UsedAt, "run", use.Run, "runbook", grant.Runbook, "alert", grant.Alert));
        }

        return values;
    }

    private static Sample Of(string name, TimeSpan age, params string[] labels) =>
        new(Labels.Of([Labels.MetricName, name, .. labels]), Math.Max(0, age.TotalSeconds), null);

    private sealed record Broken(Hash32 Plan, string Run, string OperatorId, DateTimeOffset BrokenAt);

    private sealed record Use(string Run, DateTimeOffset UsedAt, byte[] Canonical);
}
