using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Approvals;

/// <summary>A time when one person acted alone, and who looked at it since.</summary>
public sealed record BrokenGlass(
    Hash32 Plan, string Run, string OperatorId, string Reason, DateTimeOffset BrokenAt, string[] ReviewedBy, string[] Verdicts)
{
    /// <summary>How many others review it.</summary>
    public const int ReviewsNeeded = 2;

    /// <summary>Whether enough others did.</summary>
    public bool Reviewed => ReviewedBy.Length >= ReviewsNeeded;
}

/// <summary>Review of what one person did alone, by two others.</summary>
public sealed class ReviewBreakGlass(OperationsStore store, IOperatorDirectory operators)
{
    /// <summary>All of them, those not reviewed first.</summary>
    public async Task<IReadOnlyList<BrokenGlass>> List(CancellationToken cancel) =>
    [
        .. (await store.Query<BrokenGlass>(
            """
            select b.plan_hash as plan, p.run_id as run, b.operator_id, b.reason, b.broken_at,
                   coalesce((select array_agg(r.operator_id order by r.reviewed_at) from approvals.break_glass_reviews r
                             where r.plan_hash = b.plan_hash), '{}') as reviewed_by,
                   coalesce((select array_agg(r.verdict order by r.reviewed_at) from approvals.break_glass_reviews r
                             where r.plan_hash = b.plan_hash), '{}') as verdicts
            from approvals.break_glass b join approvals.plans p on p.hash = b.plan_hash order by b.broken_at desc
            """, null, cancel)).OrderBy(b => b.Reviewed),
    ];

    /// <summary>One other person says whether it was right.</summary>
    /// <param name="justified">Their verdict.</param>
    /// <param name="note">What they found.</param>
    public async Task<Outcome<int>> Review(Hash32 plan, string operatorId, bool justified, string note, CancellationToken cancel)
    {
        if (string.IsNullOrWhiteSpace(note)) return Refusal.Invalid("A note is needed", "A review says what was found.", "Write a sentence.");
        return await store.Act<Outcome<int>>(Actor.Operator(operatorId), note, async act =>
        {
            var who = await act.QueryFirstOrDefault<string>(
                "select operator_id from approvals.break_glass where plan_hash = @plan", new { plan });
            var person = await operators.Find(act, operatorId, cancel);
            Refusal? refusal = who is null ? Refusal.NotFound("break-glass use", plan.ToString())
                : person is not { Active: true } ? Refusal.Forbidden("Not an operator", $"'{operatorId}' is no active operator.", "Ask an administrator.")
                : who == operatorId ? Refusal.Forbidden("It was you", "Nobody reviews what they did alone.", "Two others review it.")
                : await act.Execute(
                    """
                    insert into approvals.break_glass_reviews (plan_hash, operator_id, verdict, note, reviewed_at)
                    values (@plan, @operatorId, @verdict, @note, @now) on conflict do nothing
                    """, new { plan, operatorId, verdict = justified ? "justified" : "not justified", note, now = act.Now }) == 0
                    ? Refusal.Conflict("You reviewed it already", "One review of each person counts.", "Another operator must review it.")
                    : null;
            if (refusal is not null)
            {
                act.Record("plan.review-refused", plan.ToString(), new() { ["why"] = refusal.Detail });
                return refusal;
            }

            act.Record("plan.review", plan.ToString(), new() { ["verdict"] = justified ? "justified" : "not justified" });
            act.Signal(Signals.Plans);
            return (int)await act.QueryFirstOrDefault<long>("select count(*) from approvals.break_glass_reviews where plan_hash = @plan", new { plan });
        }, cancel);
    }
}
