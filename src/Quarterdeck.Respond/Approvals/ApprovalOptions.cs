namespace Quarterdeck.Respond.Approvals;

/// <summary>Where passkeys are used from.</summary>
public sealed class ApprovalOptions
{
    /// <summary>The console's domain, without port. Default: localhost.</summary>
    public string RelyingPartyId { get; set; } = "localhost";

    /// <summary>The console's origins, with scheme and port. Default: http://localhost:8080.</summary>
    public IReadOnlyCollection<string> Origins { get; set; } = ["http://localhost:8080"];

    /// <summary>How often plans are looked over for expiry. Default: 5 s.</summary>
    public TimeSpan ExpiryInterval { get; set; } = TimeSpan.FromSeconds(5);
}
