namespace Quarterdeck.Devnet.Faults;

/// <summary>What goes wrong around a run, whatever the protocol.</summary>
public enum Disturbance
{
    /// <summary>The chain's endpoint does not answer for a while, right after the approvals.</summary>
    RpcDown,

    /// <summary>The database does not answer for a while, right after the approvals.</summary>
    DatabaseDown,

    /// <summary>The blocks from the first pause on are taken back, and what was in them is not mined again by itself.</summary>
    Reorganisation,

    /// <summary>The base fee jumps a hundredfold, right after the approvals.</summary>
    GasSpike,

    /// <summary>One of the approvers does not answer for a while.</summary>
    SignerMissing,

    /// <summary>One of the contracts cannot be paused: its pausing function reverts.</summary>
    PauseReverting,
}

/// <summary>A fault that every pack has: the pack's own pausing fault, and a disturbance in the middle of the run that answers it.</summary>
/// <param name="Name">As in <c>drill NAME</c>.</param>
/// <param name="Kind">What is disturbed.</param>
/// <param name="Help">One sentence: what happens, and what must come of it.</param>
public sealed record GeneralFault(string Name, Disturbance Kind, string Help)
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<GeneralFault> All { get; } =
    [
        new("rpc-down", Disturbance.RpcDown, "The chain's endpoint is silent for six seconds in the middle of the run; every contract is paused once it answers again, none twice."),
        new("database-down", Disturbance.DatabaseDown, "The database is silent for six seconds in the middle of the run; every contract is paused once it answers again, none twice."),
        new("reorg", Disturbance.Reorganisation, "The block of the first pause is taken back; the same transaction is sent again and every contract ends paused."),
        new("gas-spike", Disturbance.GasSpike, "The base fee jumps a hundredfold after the approvals; fees are raised and every contract is paused."),
        new("signer-missing", Disturbance.SignerMissing, "One approver does not answer for eight seconds; until then nothing is sent, then every contract is paused."),
        new("pause-reverting", Disturbance.PauseReverting, "One contract cannot be paused; the others are, in order, and run and incident name the one that remains."),
    ];

    /// <summary>The one with this name; null where none.</summary>
    public static GeneralFault? Find(string name) => All.FirstOrDefault(fault => fault.Name == name);
}
