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
    /// <summary>What holds where a pack states no policy: two approvers who did not propose, one hour.</summary>
    public static ApprovalPolicy Strict { get; } = new("strict", 2, ["approver"], false, TimeSpan.FromHours(1), true);
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
