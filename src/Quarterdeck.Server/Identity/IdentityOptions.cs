namespace Quarterdeck.Server.Identity;

/// <summary>How long proofs of identity last, and where the console is.</summary>
internal sealed class IdentityOptions
{
    /// <summary>How long a session lasts at most, whatever is done with it. Default: 12 h, one shift.</summary>
    public TimeSpan SessionLifetime { get; set; } = TimeSpan.FromHours(12);

    /// <summary>How long a session lasts without being used. Default: 2 h.</summary>
    public TimeSpan SessionIdle { get; set; } = TimeSpan.FromHours(2);

    /// <summary>How long a one-time link waits. Default: 15 min.</summary>
    public TimeSpan LinkLifetime { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>How long a challenge waits for its signature. Default: 5 min.</summary>
    public TimeSpan ChallengeLifetime { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Failed proofs from one address before it must wait. Default: 10.</summary>
    public int FailuresAllowed { get; set; } = 10;

    /// <summary>The window in which failures count, and how long the wait is. Default: 15 min.</summary>
    public TimeSpan FailureWindow { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>Requests that try or make credentials, from one address in one minute. Default: 120.</summary>
    public int AttemptsPerMinute { get; set; } = 120;

    /// <summary>The environment that this server serves, such as <c>devnet</c>.</summary>
    public string Environment { get; set; } = "none";

    /// <summary>devnet, fork, staging or production.</summary>
    public string EnvironmentKind { get; set; } = "production";

    /// <summary>The number of the chain named in sign-in messages.</summary>
    public long ChainNumber { get; set; } = 1;

    /// <summary>The domain that passkeys belong to. Default: localhost.</summary>
    public string RelyingPartyId { get; set; } = "localhost";

    /// <summary>The origins from which passkeys are accepted.</summary>
    public IReadOnlyList<string> Origins { get; set; } = ["http://localhost:8080"];
}
