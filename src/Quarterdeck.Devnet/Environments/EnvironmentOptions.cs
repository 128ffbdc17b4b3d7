using Quarterdeck.Devnet.Forks;

namespace Quarterdeck.Devnet.Environments;

/// <summary>A development environment.</summary>
/// <param name="State">Its folder: everything it keeps.</param>
/// <param name="Packs">The pack folders.</param>
public sealed record EnvironmentOptions(string State, IReadOnlyList<string> Packs)
{
    /// <summary>The console's port; 0 = any free one.</summary>
    public int HttpPort { get; init; } = 8080;

    /// <summary>The chain's port; null = the usual 8545 where it is free, else any; 0 = any.</summary>
    public int? RpcPort { get; init; }

    /// <summary>Where the chain is a fork of another; null for one of its own. Contracts and services are then the forked chain's: none is deployed or started.</summary>
    public ForkGround? Fork { get; init; }

    /// <summary>Runs the packs' services that only make traffic.</summary>
    public bool Traffic { get; init; } = true;

    /// <summary>Time between blocks.</summary>
    public TimeSpan BlockTime { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Told what is being started.</summary>
    public Action<string> OnProgress { get; init; } = _ => { };

    /// <summary>Told what is worth knowing: a part that crashed and comes back, a deployment that is kept.</summary>
    public Action<string> OnNote { get; init; } = _ => { };

    /// <summary>The environment variables handed on to the server, such as QUARTERDECK_CRASH_AT.</summary>
    public IReadOnlyDictionary<string, string> ServerEnvironment { get; init; } = new Dictionary<string, string>();
}
