namespace Quarterdeck.Packs.Manifest;

/// <summary>What it takes to approve a plan.</summary>
/// <param name="Name">Name in policies.yaml.</param>
/// <param name="Approvals">How many distinct operators must sign.</param>
/// <param name="Roles">Roles of which each signer must hold one; empty means any operator.</param>
/// <param name="RequesterCounts">Whether the signature of who proposed counts.</param>
/// <param name="Expires">How long a proposed plan can be approved and executed.</param>
/// <param name="TypeTargetName">Whether signers must type the target's name.</param>
public sealed record ApprovalPolicy(
    string Name, int Approvals, IReadOnlyList<string> Roles, bool RequesterCounts, TimeSpan Expires, bool TypeTargetName)
{
    /// <summary>
    /// How many people at most hold the roles (the 5 of 3-of-5); null where it does not matter. With more of them nothing is approved:
    /// a council that was widened is not the one that the policy was made for.
    /// </summary>
    public int? Of { get; init; }

    /// <summary>Hours in which more signatures are needed; null where there are none.</summary>
    public QuietHours? Quiet { get; init; }

    /// <summary>How many people must say no until the plan is rejected.</summary>
    public int Denials { get; init; } = 1;

    /// <summary>Roles of which one person may act at once, loudly and reviewed afterwards; empty where nobody may.</summary>
    public IReadOnlyList<string> BreakGlass { get; init; } = [];

    /// <summary>How many must sign at a moment: more in quiet hours.</summary>
    public int ApprovalsAt(DateTimeOffset now) => Quiet is { } quiet && quiet.Covers(now) ? Math.Max(Approvals, quiet.Approvals) : Approvals;

    /// <summary>What holds where a pack states no policy: two approvers who did not propose, one hour.</summary>
    public static ApprovalPolicy Strict { get; } = new("strict", 2, ["approver"], false, TimeSpan.FromHours(1), true);
}

/// <summary>Hours of the day, over midnight where the end is before the beginning.</summary>
/// <param name="From">Beginning, inclusive, in the zone's own time.</param>
/// <param name="To">End, exclusive.</param>
/// <param name="Zone">Whose time it is.</param>
/// <param name="Approvals">How many must sign in them.</param>
public sealed record QuietHours(TimeOnly From, TimeOnly To, TimeZoneInfo Zone, int Approvals)
{
    /// <summary>Whether a moment falls into them.</summary>
    public bool Covers(DateTimeOffset now) => TimeOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, Zone).DateTime).IsBetween(From, To);
}

/// <summary>policies.yaml: the policies, and which class of action takes which.</summary>
/// <param name="Policies">By name.</param>
/// <param name="Classes">Policy name by class of action.</param>
/// <param name="Propose">Runbooks that a firing alert proposes by itself.</param>
public sealed record PolicyBook(
    IReadOnlyDictionary<string, ApprovalPolicy> Policies,
    IReadOnlyDictionary<ActionClass, string> Classes,
    IReadOnlyList<string> Propose)
{
    /// <summary>How long a passing rehearsal counts, by the slug of the runbook; one that is not named need not be rehearsed.</summary>
    public IReadOnlyDictionary<string, TimeSpan> Rehearse { get; init; } = new Dictionary<string, TimeSpan>();

    /// <summary>No policies.yaml: everything takes <see cref="ApprovalPolicy.Strict"/>.</summary>
    public static PolicyBook Empty { get; } =
        new(new Dictionary<string, ApprovalPolicy>(), new Dictionary<ActionClass, string>(), []);

    /// <summary>
    /// The policy of a class: its own, else that of <see cref="ActionClass.Other"/>, else <see cref="ApprovalPolicy.Strict"/>.
    /// A class is never without approvals by omission.
    /// </summary>
    public ApprovalPolicy For(ActionClass actionClass) =>
        (Classes.TryGetValue(actionClass, out var name) || Classes.TryGetValue(ActionClass.Other, out name))
        && Policies.TryGetValue(name, out var policy)
            ? policy
            : ApprovalPolicy.Strict;
}
