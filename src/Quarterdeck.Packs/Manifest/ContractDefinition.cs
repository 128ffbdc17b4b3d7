using Quarterdeck.Chains.Evm.Abi;

namespace Quarterdeck.Packs.Manifest;

/// <summary>A chain that the pack names; the environment gives its id and endpoints.</summary>
/// <param name="Name">The pack's own name, such as <c>ethereum</c>.</param>
/// <param name="Family">How it is spoken to.</param>
public sealed record ChainDefinition(string Name, ChainFamily Family);

/// <summary>The kinds of chain.</summary>
public enum ChainFamily
{
    /// <summary>Ethereum and its like.</summary>
    Evm,

    /// <summary>Stacks (Clarity contracts).</summary>
    Stacks,

    /// <summary>CosmWasm chains.</summary>
    Cosmos,

    /// <summary>Canton (Daml).</summary>
    Canton,
}

/// <summary>A contract of the pack.</summary>
/// <param name="Name">The name used everywhere else in the pack.</param>
/// <param name="Chain">Name of its chain in the pack.</param>
/// <param name="AbiPath">Path of the ABI, relative to the pack; null for a contract that is not on an EVM chain.</param>
/// <param name="Abi">The ABI; null where <paramref name="AbiPath"/> is.</param>
public sealed record ContractDefinition(string Name, string Chain, string? AbiPath, ContractAbi? Abi)
{
    /// <summary>Variables that runbooks use for the address, without <c>$</c>. The first is the one from <c>variable:</c>.</summary>
    public IReadOnlyList<string> Variables { get; init; } = [];

    /// <summary>How the contract is paused and unpaused; null where it cannot be.</summary>
    public PauseDefinition? Pause { get; init; }

    /// <summary>Classes the pack gives to functions, by name or signature; they win over what the name suggests.</summary>
    public IReadOnlyDictionary<string, ActionClass> Classes { get; init; } = new Dictionary<string, ActionClass>();

    /// <summary>Decimals of results, by function name; the key <c>*</c> is the contract's own token.</summary>
    public IReadOnlyDictionary<string, int> Decimals { get; init; } = new Dictionary<string, int>();

    /// <summary>Where the definition stands in protocol.yaml; 1-based.</summary>
    public int Line { get; init; }
}

/// <summary>How a contract is paused.</summary>
/// <param name="Call">The pausing function, such as <c>pause()</c>.</param>
/// <param name="State">The view that tells, such as <c>paused()(bool)</c>.</param>
/// <param name="Role">The role that may pause; null where unknown.</param>
/// <param name="Inverse">The unpausing function; null where there is none.</param>
/// <param name="InverseRole">The role that may unpause; null where unknown.</param>
public sealed record PauseDefinition(string Call, string State, string? Role, string? Inverse, string? InverseRole)
{
    /// <summary>A function that must be called before <see cref="Inverse"/>, such as <c>requestUnpause()</c>; null where none.</summary>
    public string? Request { get; init; }

    /// <summary>How long after the request, or after scheduling in a timelock, the inverse may run; null where at once.</summary>
    public TimeSpan? InverseDelay { get; init; }
}

/// <summary>What kind of change a write is; policies are chosen by it.</summary>
public enum ActionClass
{
    /// <summary>Stops something, to protect.</summary>
    Pause,

    /// <summary>Starts it again.</summary>
    Unpause,

    /// <summary>Changes who may do what.</summary>
    Role,

    /// <summary>Changes a setting of a contract.</summary>
    Parameter,

    /// <summary>Moves value.</summary>
    Funds,

    /// <summary>Restarts, scales or changes a running service.</summary>
    Service,

    /// <summary>Writes to a database.</summary>
    Database,

    /// <summary>Deploys or upgrades code.</summary>
    Deploy,

    /// <summary>A write of no known class.</summary>
    Other,
}
