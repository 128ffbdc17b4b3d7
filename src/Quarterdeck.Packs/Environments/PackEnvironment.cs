using Quarterdeck.Chains.Evm;
using Quarterdeck.Packs.Environments;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Findings;

namespace Quarterdeck.Packs;

/// <summary>Where a pack is bound to addresses, endpoints and accounts.</summary>
public sealed record PackEnvironment
{
    /// <summary>Name, such as <c>devnet</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What is at stake.</summary>
    public required EnvironmentKind Kind { get; init; }

    /// <summary>Full path of the file.</summary>
    public required string Path { get; init; }

    /// <summary>Chains by the pack's names.</summary>
    public required IReadOnlyDictionary<string, EnvironmentChain> Chains { get; init; }

    /// <summary>Contract addresses by the pack's names.</summary>
    public required IReadOnlyDictionary<string, Address> Contracts { get; init; }

    /// <summary>The block the deployment began at; null where unknown. Indexing starts there.</summary>
    public ulong? DeploymentBlock { get; init; }

    /// <summary>Accounts by name.</summary>
    public required IReadOnlyDictionary<string, EnvironmentAccount> Accounts { get; init; }

    /// <summary>Operators; on devnets only.</summary>
    public required IReadOnlyList<EnvironmentOperator> Operators { get; init; }

    /// <summary>Plain variables, without <c>$</c>, expanded.</summary>
    public required IReadOnlyDictionary<string, string> Variables { get; init; }

    /// <summary>Variables whose value is a secret, by reference.</summary>
    public required IReadOnlyDictionary<string, SecretReference> Secrets { get; init; }

    /// <summary>Connections of the pack's databases, by reference.</summary>
    public required IReadOnlyDictionary<string, SecretReference> Databases { get; init; }

    /// <summary>How runs act on the pack's services, by the pack's names; a service that is not here is left to people.</summary>
    public IReadOnlyDictionary<string, ServiceBinding> Services { get; init; } = new Dictionary<string, ServiceBinding>();

    /// <summary>Where <c>chains.NAME</c>, <c>contracts.NAME</c> and <c>accounts.NAME</c> stand in the file; 1-based.</summary>
    public IReadOnlyDictionary<string, int> Lines { get; init; } = new Dictionary<string, int>();
}

/// <summary>What an environment is.</summary>
public enum EnvironmentKind
{
    /// <summary>An embedded chain with development keys.</summary>
    Devnet,

    /// <summary>A local fork of a real chain.</summary>
    Fork,

    /// <summary>A test network.</summary>
    Staging,

    /// <summary>Real value.</summary>
    Production,
}

/// <summary>A chain in an environment.</summary>
/// <param name="Name">The pack's name.</param>
/// <param name="Id">The id every endpoint must report.</param>
/// <param name="Endpoints">RPC endpoints, in order of preference.</param>
/// <param name="BlockTime">Usual time between blocks; null where unknown.</param>
/// <param name="Confirmations">Blocks on top of its own after which a receipt is believed.</param>
public sealed record EnvironmentChain(
    string Name, ChainId Id, IReadOnlyList<Uri> Endpoints, TimeSpan? BlockTime, int Confirmations)
{
    /// <summary>Endpoints that must agree on facts that must not come from one liar; 1 asks one.</summary>
    public int Agree { get; init; } = 1;

    /// <summary>Most requests a second to each endpoint; null for no limit but the endpoint's own.</summary>
    public int? RequestsPerSecond { get; init; }

    /// <summary>Blocks in one request of the backfill; null tunes it by what the endpoints answer.</summary>
    public int? BatchSize { get; init; }

    /// <summary>Requests of the backfill under way at once; null tunes it by what the endpoints bear.</summary>
    public int? Concurrency { get; init; }
}

/// <summary>An account that transactions are sent from.</summary>
/// <param name="Name">Name, as in <c>--account deployer</c>.</param>
/// <param name="Address">Its address; null where only the key file tells.</param>
/// <param name="Signer">How its transactions are signed.</param>
public sealed record EnvironmentAccount(string Name, Address? Address, AccountSigner Signer);

/// <summary>How an account signs.</summary>
public abstract record AccountSigner;

/// <summary>A Foundry / Web3 keystore v3 file.</summary>
/// <param name="File">Path of the keystore.</param>
/// <param name="Password">Where the password is.</param>
public sealed record KeystoreSigner(string File, SecretReference Password) : AccountSigner;

/// <summary>A key in AWS KMS (ECC_SECG_P256K1).</summary>
/// <param name="KeyId">Key id or ARN.</param>
/// <param name="Region">AWS region; null takes the process's.</param>
/// <param name="Endpoint">Another endpoint than the region's, such as one in a VPC; null for the usual one.</param>
public sealed record KmsSigner(string KeyId, string? Region, Uri? Endpoint) : AccountSigner;

/// <summary>The node signs; development chains only.</summary>
public sealed record UnlockedSigner : AccountSigner;

/// <summary>A Safe multisig at the account's address: its owners' approvals are the signatures.</summary>
/// <param name="Executor">Account that sends what the owners signed and pays its gas; it can do nothing without them.</param>
/// <param name="MultiSend">The chain's MultiSendCallOnly; null where it is at its usual address.</param>
public sealed record SafeSigner(string Executor, Address? MultiSend) : AccountSigner;

/// <summary>An operator that a devnet is seeded with.</summary>
/// <param name="Name">Name.</param>
/// <param name="Roles">Roles.</param>
/// <param name="Wallet">Wallet address.</param>
public sealed record EnvironmentOperator(string Name, IReadOnlyList<string> Roles, Address Wallet);

/// <summary>What came of loading an environment.</summary>
/// <param name="Environment">The environment; null where a finding is an error.</param>
/// <param name="Findings">Everything found.</param>
public sealed record EnvironmentLoadResult(PackEnvironment? Environment, IReadOnlyList<Finding> Findings);
