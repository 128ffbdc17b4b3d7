namespace Quarterdeck.Devnet.Chain;

/// <summary>A development chain.</summary>
public sealed record AnvilOptions
{
    /// <summary>The TCP port on the loopback address; 0 = any free one.</summary>
    public int Port { get; init; }

    /// <summary>The EIP-155 number.</summary>
    public ulong ChainNumber { get; init; } = 31337;

    /// <summary>Time between blocks; null = a block for each transaction, at once. Can be set later.</summary>
    public TimeSpan? BlockTime { get; init; }

    /// <summary>Loaded at start where it exists, written every two minutes and at the end; null = nothing is kept.</summary>
    public string? StateFile { get; init; }

    /// <summary>Where anvil keeps temporary files; null = a folder that is deleted at the end.</summary>
    public string? Home { get; init; }

    public string? LogFile { get; init; }

    /// <summary>Starts from the state of another chain at this endpoint.</summary>
    public Uri? Fork { get; init; }
}
