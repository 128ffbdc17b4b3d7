using Quarterdeck.Observe.Outbound;

namespace Quarterdeck.Observe.Notifying;

/// <summary>Settings of notifications.</summary>
public sealed class NotifyingOptions
{
    /// <summary>The server's own plan, for packs without one and for the platform's alerts; null for none.</summary>
    public string? PlanFile { get; set; }

    /// <summary>Address of the console, for links; null leaves them out.</summary>
    public Uri? PublicUrl { get; set; }

    /// <summary>
    /// Hosts that notifications may be sent to, such as <c>hooks.slack.com</c> or <c>*.pagerduty.com</c>. Empty allows every public
    /// address. A private address is allowed only by naming its host here.
    /// </summary>
    public IReadOnlyList<string> AllowedHosts { get; set; } = [];

    /// <summary>Whether private addresses may be used without being named: for development. Never those of cloud metadata. Default: false.</summary>
    public bool AllowPrivate { get; set; }

    /// <summary>Both, as what requests are judged by.</summary>
    public OutboundPolicy Outbound => new(AllowedHosts, AllowPrivate);

    /// <summary>How long one attempt may take. Default: 10 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>First pause after a failure; it doubles each time. Default: 1 s.</summary>
    public TimeSpan FirstPause { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest pause. Default: 1 min.</summary>
    public TimeSpan LongestPause { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Attempts after which another receiver is told that the channel fails. Default: 3.</summary>
    public int AttemptsBeforeFallback { get; set; } = 3;

    /// <summary>How long a notification is tried before it counts as failed. Default: 1 h.</summary>
    public TimeSpan GiveUpAfter { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Reads environment variables for secrets by reference.</summary>
    public Func<string, string?> Variable { get; set; } = Environment.GetEnvironmentVariable;

    /// <summary>The pause after so many attempts.</summary>
    public TimeSpan PauseAfter(int attempts) =>
        TimeSpan.FromTicks((long)Math.Min(LongestPause.Ticks, FirstPause.Ticks * Math.Pow(2, Math.Min(attempts - 1, 30))));
}
