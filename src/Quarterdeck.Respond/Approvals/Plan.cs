using System.Security.Cryptography;
using Quarterdeck.Primitives;

namespace Quarterdeck.Respond.Approvals;

/// <summary>
/// The exact list of state changes of one stage of a run. Its canonical bytes are RFC 8785 JSON and its name is their
/// SHA-256: whatever differs has another name, and no signature over the first fits it.
/// </summary>
public sealed record Plan(
    string Environment, string Pack, string Runbook, Hash32 RunbookHash, string Run, int Stage, string Requester,
    PolicyTerms Policy, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, Hash32 Nonce,
    IReadOnlyList<PlannedCall> Calls, PlanSimulation Simulation, IReadOnlyList<string> NotCovered)
{
    private byte[]? _canonical;

    /// <summary>The Safe transaction that the calls are, where a Safe makes them; null where the sending account signs alone.</summary>
    public PlannedSafe? Safe { get; init; }

    /// <summary>State changes off the chain. Their positions and those of <see cref="Calls"/> are one order.</summary>
    public IReadOnlyList<PlannedAction> Actions { get; init; } = [];

    /// <summary>The names of what is acted on, for policies that want one typed.</summary>
    public IEnumerable<string> Targets => Calls.Select(call => call.TargetName).Concat(Actions.Select(action => action.Target));

    /// <summary>The bytes that are hashed, stored and signed.</summary>
    public byte[] Canonical => _canonical ??= PlanDocument.Write(this);

    /// <summary>SHA-256 of <see cref="Canonical"/>.</summary>
    public Hash32 Hash => new(SHA256.HashData(Canonical));

    /// <summary>Reads stored bytes back.</summary>
    /// <exception cref="FormatException">The bytes are not a plan, or not in canonical form.</exception>
    public static Plan Read(byte[] canonical)
    {
        var plan = PlanDocument.Read(canonical);
        return plan.Canonical.AsSpan().SequenceEqual(canonical)
            ? plan
            : throw new FormatException("The stored plan is not in canonical form.");
    }
}

/// <summary>Against which state the calls were simulated, as one bundle in order.</summary>
public sealed record PlanSimulation(ulong BlockNumber, Hash32 BlockHash, string Method)
{
    /// <summary>Of a plan without calls.</summary>
    public static PlanSimulation None { get; } = new(0, new Hash32(new byte[32]), "none");
}

/// <summary>What a passkey signs for a plan.</summary>
public static class PlanChallenge
{
    private static readonly byte[] Tag = "quarterdeck/plan-approval/v1"u8.ToArray();

    /// <summary>SHA-256 of tag ‖ the plan's own random nonce ‖ the plan's hash.</summary>
    public static byte[] For(Plan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return SHA256.HashData([.. Tag, .. plan.Nonce.ToArray(), .. plan.Hash.ToArray()]);
    }
}
