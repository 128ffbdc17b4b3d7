namespace Quarterdeck.Chains.Evm.Endpoints;

/// <summary>What an endpoint last did wrong.</summary>
public enum EndpointFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Could not be reached, timed out, or gave an answer that cannot be read.</summary>
    Unreachable,

    /// <summary>Asked for fewer requests.</summary>
    RateLimited,

    /// <summary>Lacks blocks that other endpoints have.</summary>
    Lagging,

    /// <summary>Said otherwise than the endpoints that agreed.</summary>
    Disagreed,

    /// <summary>Serves another chain; it is not asked anything else.</summary>
    WrongChain,
}

/// <summary>One endpoint as <c>/health</c> shows it.</summary>
/// <param name="Name">Host and port, without secrets.</param>
/// <param name="Usable">True where requests go to it now.</param>
/// <param name="Head">The highest block it showed; null before the first.</param>
/// <param name="HeadLag">Blocks behind the highest head of all endpoints.</param>
/// <param name="Latency">Smoothed time of an answer.</param>
/// <param name="Answers">Requests answered since the start.</param>
/// <param name="Failures">Requests failed since the start.</param>
/// <param name="Fault">What was last wrong; None once it answers again.</param>
/// <param name="LastError">In words; null where nothing was wrong.</param>
/// <param name="RestsUntil">When it is asked again; null where it need not rest.</param>
public sealed record EndpointHealth(
    string Name, bool Usable, ulong? Head, ulong HeadLag, TimeSpan Latency, long Answers, long Failures, EndpointFault Fault, string? LastError, DateTimeOffset? RestsUntil);
