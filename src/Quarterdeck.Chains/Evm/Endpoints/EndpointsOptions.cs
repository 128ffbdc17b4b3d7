using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Endpoints;

/// <summary>How several endpoints of one chain are used.</summary>
public sealed record EndpointsOptions
{
    /// <summary>The chain that every endpoint must serve; null to trust the configuration.</summary>
    public ChainId? Chain { get; init; }

    /// <summary>A second endpoint is asked when the first has not answered after this time. Default 400 ms; null to never hedge.</summary>
    public TimeSpan? HedgeAfter { get; init; } = TimeSpan.FromMilliseconds(400);

    /// <summary>An endpoint this many blocks behind the others is passed over. Default 3.</summary>
    public ulong MostHeadLag { get; init; } = 3;

    /// <summary>How often heads are compared while requests are made. Default 5 s.</summary>
    public TimeSpan ProbeInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>First rest after a failure; doubles with each further one, up to 30 s. Default 500 ms.</summary>
    public TimeSpan FirstRest { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Where time comes from.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
