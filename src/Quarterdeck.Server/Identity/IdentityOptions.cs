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

    /// <summary>How long a link in two halves waits, which two people bring to a third. Default: 24 h.</summary>
    public TimeSpan HalvedLinkLifetime { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How long a request about an operator waits for its second person. Default: 7 days.</summary>
    public TimeSpan RequestLifetime { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How long an API token lasts at most. Default: 90 days.</summary>
    public TimeSpan TokenLifetime { get; set; } = TimeSpan.FromDays(90);

    /// <summary>How often access is reviewed, and after how long without use an operator is called idle. Default: 90 days.</summary>
    public TimeSpan ReviewInterval { get; set; } = TimeSpan.FromDays(90);

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

    /// <summary>The issuer whose subjects can be bound to operators; null where no identity provider is configured.</summary>
    public string? OidcIssuer { get; set; }

    /// <summary>What the sign-in page calls the identity provider; null where none is configured.</summary>
    public string? OidcLabel { get; set; }

    /// <summary>Where the identity provider sends browsers back to.</summary>
    public Uri OidcCallback { get; set; } = new("http://localhost:8080/api/auth/oidc/callback");

    /// <summary>The origins from which passkeys are accepted.</summary>
    public IReadOnlyList<string> Origins { get; set; } = ["http://localhost:8080"];
}
