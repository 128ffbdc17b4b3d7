using System.Text.Json.Nodes;
using Quarterdeck.Chains.Evm.Safe;
using Quarterdeck.Chains.Evm.Signatures;
using Quarterdeck.Primitives;
using Quarterdeck.Respond.Approvals.Standing;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Approvals;

/// <summary>Whether a plan may be executed now.</summary>
internal abstract record Clearance
{
    private Clearance()
    {
    }

    /// <summary>It may.</summary>
    /// <param name="Operators">Whose approvals carry it.</param>
    /// <param name="Owners">For a plan of a Safe: its owners' signatures that hold now.</param>
    public sealed record Granted(Plan Plan, IReadOnlyList<string> Operators, IReadOnlyList<SafeSignature> Owners) : Clearance
    {
        /// <summary>The use of a standing approval that was counted just now; null where the plan has its own signatures or was in use.</summary>
        public StandingUse? FirstUse { get; init; }
    }

    /// <summary>It may not; the plan must be voided where it is not closed already.</summary>
    public sealed record Denied(string Why, bool Expired = false) : Clearance;
}

/// <summary>
/// Judges a plan again at each use, in the transaction that uses it: bytes against hash, every signature, the operators'
/// present roles and credentials, the pack's present policy, expiry, and consumes it the first time.
/// </summary>
public sealed class PlanClearance(IOperatorDirectory operators, EvidenceVerifier verifier, TimeProvider clock)
{
    private readonly StandingClearance _standing = new(operators, verifier, clock);

    /// <summary>Judges and, the first time, consumes.</summary>
    /// <param name="policy">What the pack demands now; the plan's own terms must be at least as strict.</param>
    /// <param name="safe">The Safe as it is now, where the plan is a Safe's.</param>
    internal async Task<Clearance> Clear(
        ActScope act, Hash32 hash, string runId, PolicyTerms policy, CancellationToken cancel, SafeState? safe = null)
    {
        var row = await PlanRecord.Lock(act, hash);
        if (row is null) return new Clearance.Denied("There is no such plan.");
        if (row.RunId != runId) return new Clearance.Denied($"The plan belongs to the run {row.RunId}.");
        if (row.State is not (PlanState.Approved or PlanState.Executing)) return new Clearance.Denied($"The plan is {row.State.Text()}.");
        if (row.State == PlanState.Approved && row.ExpiresAt <= clock.GetUtcNow())
            return new Clearance.Denied($"The plan expired at {row.ExpiresAt:O}.", Expired: true);
        var plan = Plan.Read(row.Canonical);
        if (plan.Hash != hash) return new Clearance.Denied("The plan's bytes do not have its hash.");
        if (!plan.Policy.AtLeastAsStrictAs(policy))
        {
            return new Clearance.Denied(
                $"The policy '{policy.Name}' was made stricter after the plan was signed: {policy.Required} of {string.Join(" or ", policy.Roles)}.");
        }

        var votes = new List<StandingVote>();
        var owners = new List<SafeSignature>();
        foreach (var approval in await ApprovalRecord.Of(act, hash))
        {
            if (approval.Withdrawn) continue;
            var person = await operators.Find(act, approval.OperatorId, cancel);
            if (person is not { Active: true }) continue;
            if (ApprovalEvidence.Read(approval.Kind, approval.Evidence) is not { } evidence) continue;
            if (verifier.Verify(plan, evidence, person, first: false) is not EvidenceVerifier.Verdict.Holds signed) continue;
            votes.Add(new StandingVote(person.Id, person.Roles, Convert.ToHexStringLower(signed.Key)));
            if (SafeSignatureOf(plan, evidence, signed) is { } owner) owners.Add(owner);
        }

        if (plan.Policy.Of is { } of && await operators.Holders(act, plan.Policy.Roles, cancel) is var holders && holders > of)
            return new Clearance.Denied($"The policy '{plan.Policy.Name}' is for {of} people at most and {holders} hold its roles.");
        if (plan.Safe is { } planned)
        {
            if (safe is null) return new Clearance.Denied($"The Safe {planned.Address} was not looked at.");
            if (planned.Problem(safe, owners.Select(o => o.Owner)) is { } refused) return new Clearance.Denied(refused);
        }

        var quorum = Quorum.Count(plan.Policy, plan.Requester, votes);
        if (!quorum.Met && !await Broken(act, plan, votes))
        {
            // What was approved ahead carries no signature that a Safe would take.
            var (use, why) = plan.Safe is null ? await _standing.Judge(act, plan, policy, cancel) : (null, null);
            if (use is not null)
            {
                var first = row.State == PlanState.Approved;
                if (first)
                {
                    await StandingClearance.Consume(act, row, use);
                    await Consume(act, row, [.. use.Signers]);
                }

                return new Clearance.Granted(plan, use.Signers, []) { FirstUse = first ? use : null };
            }

            if (why is not null) return new Clearance.Denied(why);
            return new Clearance.Denied(
                $"Of the approvals given, {quorum.Counted} hold now and {quorum.Required} are needed: a signature, role or credential no longer stands.");
        }

        string[] names = [.. votes.Select(vote => vote.OperatorId)];
        if (row.State == PlanState.Approved) await Consume(act, row, names);
        return new Clearance.Granted(plan, names, [.. owners.Where(o => safe?.Owners.Contains(o.Owner) == true)]);
    }

    /// <summary>What an approval of a Safe's plan is on chain; null where it is not one.</summary>
    internal static SafeSignature? SafeSignatureOf(Plan plan, ApprovalEvidence evidence, EvidenceVerifier.Verdict.Holds signed) =>
        plan.Safe is not null && evidence is ApprovalEvidence.Wallet wallet && signed.Credential is OperatorCredential.Wallet owner
            ? new SafeSignature(owner.Address, EcdsaSignature.Parse(wallet.Signature))
            : null;

    // Who broke the glass must still be one who may.
    private static async Task<bool> Broken(ActScope act, Plan plan, List<StandingVote> votes) =>
        await act.QueryFirstOrDefault<string>("select operator_id from approvals.break_glass where plan_hash = @hash", new { hash = plan.Hash }) is { } alone
        && votes.Any(v => v.OperatorId == alone && v.Roles.Any(role => plan.Policy.BreakGlass.Contains(role, StringComparer.Ordinal)));

    private static async Task Consume(ActScope act, PlanRecord plan, string[] operators)
    {
        await act.Execute(
            "insert into approvals.consumptions (plan_hash, run_id, operators, consumed_at) values (@hash, @runId, @operators, @now)",
            new { hash = plan.Hash, runId = plan.RunId, operators, now = act.Now });
        await act.Execute("update approvals.plans set state = 'executing' where hash = @hash", new { hash = plan.Hash });
        act.Record("plan.consume", plan.Name, new JsonObject
        {
            ["run"] = plan.RunId,
            ["operators"] = new JsonArray([.. operators.Select(o => (JsonNode?)o)]),
        });
        act.Signal(Signals.Plans);
    }
}
