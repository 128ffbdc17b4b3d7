using System.Globalization;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Primitives.Ids;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Store;

namespace Quarterdeck.Server.Identity;

/// <summary>One operator in the access review, with what a reviewer should look at.</summary>
internal sealed record AccessRow(
    string Id, string Name, string[] Roles, DateTimeOffset CreatedAt, DateTimeOffset? LastSeenAt, DateTimeOffset? ExpiresAt,
    DateTimeOffset? RemovedAt, string? RemovedBy, long Credentials, long Sessions, long Tokens, string? RequestedBy, string? ApprovedBy,
    string? Justification)
{
    /// <summary>Plans and standing approvals that they signed in the time.</summary>
    public long Approvals { get; init; }

    /// <summary>What stands out.</summary>
    public IReadOnlyList<string> Remarks(DateTimeOffset now, TimeSpan interval) =>
        RemovedAt is not null ? [$"removed by {RemovedBy ?? "unknown"}"] : [.. Active(now, interval)];

    private IEnumerable<string> Active(DateTimeOffset now, TimeSpan interval)
    {
        if (ExpiresAt <= now) yield return "expired";
        else if (ExpiresAt is null) yield return "no expiry";
        if (now - (LastSeenAt ?? CreatedAt) > interval)
            yield return string.Create(CultureInfo.InvariantCulture, $"not seen for {(now - (LastSeenAt ?? CreatedAt)).Days} days");
        if (Credentials == 0) yield return "no credential";
        if (ApprovedBy is null) yield return "not let in by two people";
        if (Roles.Contains("admin") && Roles.Any(r => r is "approver" or "operator")) yield return "manages operators and acts";
    }
}

/// <summary>Who has access, for the quarterly review, and when it was last looked over.</summary>
internal sealed record AccessReport(
    DateTimeOffset At, DateTimeOffset? LastReviewedAt, string? LastReviewedBy, DateTimeOffset DueAt, IReadOnlyList<AccessRow> Operators);

/// <summary>The access review: everybody who has access, and who lost it since the last one.</summary>
internal sealed class AccessReview(OperationsStore store, IdentityOptions options, TimeProvider clock)
{
    /// <summary>The report as of now.</summary>
    public async Task<AccessReport> Report(CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var last = await store.QueryFirstOrDefault<Last>(
            "SELECT reviewed_at, reviewed_by FROM identity.reviews ORDER BY reviewed_at DESC LIMIT 1", null, cancel);
        var rows = await store.Query<AccessRow>(
            """
            SELECT o.id, o.name, o.roles, o.created_at, o.last_seen_at, o.expires_at, o.removed_at, o.removed_by,
                   (SELECT count(*) FROM identity.credentials c WHERE c.operator_id = o.id AND c.revoked_at IS NULL) AS credentials,
                   (SELECT count(*) FROM identity.sessions s WHERE s.operator_id = o.id AND s.revoked_at IS NULL AND s.expires_at > @now) AS sessions,
                   (SELECT count(*) FROM identity.tokens t WHERE t.operator_id = o.id AND t.revoked_at IS NULL AND t.expires_at > @now) AS tokens,
                   r.requested_by, r.decided_by AS approved_by, r.justification
            FROM identity.operators o
            LEFT JOIN LATERAL (SELECT requested_by, decided_by, justification FROM identity.requests
                               WHERE operator_id = o.id AND state = 'approved' AND kind IN ('join', 'roles')
                               ORDER BY decided_at DESC LIMIT 1) r ON true
            WHERE o.removed_at IS NULL OR o.removed_at > @since
            ORDER BY o.removed_at IS NOT NULL, o.id
            """, new { now, since = now - options.ReviewInterval }, cancel);
        var given = await ApprovalCounts.Since(store, now - options.ReviewInterval, cancel);
        rows = [.. rows.Select(r => r with { Approvals = given.GetValueOrDefault(r.Id) })];
        var first = rows.Count == 0 ? now : rows.Min(r => r.CreatedAt);
        return new AccessReport(now, last?.ReviewedAt, last?.ReviewedBy, (last?.ReviewedAt ?? first) + options.ReviewInterval, rows);
    }

    /// <summary>Records that somebody looked it over, and what they found.</summary>
    public Task<string> Sign(string reviewer, string note, CancellationToken cancel) =>
        store.Act(Actor.Operator(reviewer), note, async act =>
        {
            var id = Id.New("rev", clock);
            var operators = await act.QueryFirstOrDefault<long>("SELECT count(*) FROM identity.operators WHERE removed_at IS NULL");
            await act.Execute(
                "INSERT INTO identity.reviews (id, reviewed_by, reviewed_at, note) VALUES (@id, @reviewer, @now, @note)",
                new { id, reviewer, now = act.Now, note });
            act.Record("access.review", id, new() { ["operators"] = operators });
            return id;
        }, cancel);

    private sealed record Last(DateTimeOffset ReviewedAt, string ReviewedBy);
}
