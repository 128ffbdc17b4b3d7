using System.Text;
using System.Text.Json.Nodes;
using Quarterdeck.Primitives;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Approvals.Standing;

/// <summary>A time that a standing approval was used.</summary>
public sealed record StandingUseView(int Number, Hash32 Plan, string Run, DateTimeOffset UsedAt);

/// <summary>A standing approval as its signers must see it, all of it from the stored bytes.</summary>
/// <param name="TypedData">What a wallet signs (eth_signTypedData_v4).</param>
/// <param name="PasskeyChallenge">What a passkey signs.</param>
public sealed record StandingView(
    Hash32 Hash, string Canonical, StandingState State, StandingGrant Grant, int Used, IReadOnlyList<GivenApproval> Approvals,
    IReadOnlyList<StandingUseView> Uses, string? EndedBy, string? EndReason, DateTimeOffset? EndedAt, JsonObject TypedData, byte[] PasskeyChallenge);

/// <summary>Shows standing approvals.</summary>
public sealed class StandingList(OperationsStore store, TimeProvider clock)
{
    private const int Shown = 200;

    /// <summary>All of them, those in force first, then the latest.</summary>
    public async Task<IReadOnlyList<StandingView>> Query(CancellationToken cancel)
    {
        var rows = await store.Query<StandingRecord>($"{StandingRecord.Select} order by g.created_at desc limit {Shown}", null, cancel);
        var views = new List<StandingView>();
        foreach (var row in rows) views.Add(await View(row, cancel));
        return [.. views.OrderBy(v => v.State is StandingState.Active ? 0 : v.State is StandingState.Pending ? 1 : 2)];
    }

    /// <summary>One; null where there is none.</summary>
    public async Task<StandingView?> One(Hash32 hash, CancellationToken cancel) =>
        await store.QueryFirstOrDefault<StandingRecord>($"{StandingRecord.Select} where g.hash = @hash", new { hash }, cancel) is { } row
            ? await View(row, cancel)
            : null;

    private async Task<StandingView> View(StandingRecord row, CancellationToken cancel)
    {
        var approvals = await store.Query<GivenApproval>(
            "select operator_id, operator_name, kind, approved_at from approvals.standing_approvals where grant_hash = @hash order by approved_at",
            new { hash = row.Hash }, cancel);
        var uses = await store.Query<StandingUseView>(
            "select number, plan_hash as plan, run_id as run, used_at from approvals.standing_uses where grant_hash = @hash order by number",
            new { hash = row.Hash }, cancel);
        var grant = StandingGrant.Read(row.Canonical);
        return new StandingView(
            row.Hash, Encoding.UTF8.GetString(row.Canonical), row.State(clock.GetUtcNow()), grant, (int)row.Used, approvals, uses, row.EndedBy,
            row.EndReason, row.EndedAt, StandingTypedData.For(grant), StandingSignature.Challenge(grant));
    }
}
