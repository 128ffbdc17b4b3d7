using Quarterdeck.Store;

namespace Quarterdeck.Respond.Approvals;

/// <summary>How much each operator signed, for those who review who has access.</summary>
public static class ApprovalCounts
{
    /// <summary>Signatures over plans and standing approvals since then, by operator; who signed nothing is left out.</summary>
    public static async Task<IReadOnlyDictionary<string, long>> Since(OperationsStore store, DateTimeOffset since, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(store);
        var rows = await store.Query<Count>(
            """
            select operator_id, count(*) as given from (
                select operator_id from approvals.approvals where approved_at > @since
                union all select operator_id from approvals.standing_approvals where approved_at > @since) g
            group by operator_id
            """, new { since }, cancel);
        return rows.ToDictionary(r => r.OperatorId, r => r.Given, StringComparer.Ordinal);
    }

    private sealed record Count(string OperatorId, long Given);
}
