using Quarterdeck.Packs.Environments;

namespace Quarterdeck.Packs.Notifications;

/// <summary>A way of telling. <paramref name="Name"/> is unique in its receiver, such as <c>slack/0</c>.</summary>
/// <param name="Name">Kind and position.</param>
/// <param name="SendResolved">Whether the end of alerts is told as well.</param>
public abstract record ChannelDefinition(string Name, bool SendResolved);

/// <summary>POST of the Alertmanager webhook body, version 4.</summary>
/// <param name="Name">Kind and position.</param>
/// <param name="SendResolved">Whether the end is told.</param>
/// <param name="Url">Where to.</param>
/// <param name="MaxAlerts">At most so many alerts in one body; 0 for all.</param>
/// <param name="Credentials">Bearer token; null for none.</param>
public sealed record WebhookChannel(string Name, bool SendResolved, ConfiguredText Url, int MaxAlerts, SecretReference? Credentials)
    : ChannelDefinition(Name, SendResolved);

/// <summary>A Slack incoming webhook.</summary>
/// <param name="Name">Kind and position.</param>
/// <param name="SendResolved">Whether the end is told.</param>
/// <param name="Url">The webhook's address, which is a secret.</param>
/// <param name="Channel">Channel to write to; null for the webhook's own.</param>
public sealed record SlackChannel(string Name, bool SendResolved, ConfiguredText Url, string? Channel) : ChannelDefinition(Name, SendResolved);

/// <summary>PagerDuty, Events API v2.</summary>
/// <param name="Name">Kind and position.</param>
/// <param name="SendResolved">Whether the end is told.</param>
/// <param name="RoutingKey">Integration key.</param>
/// <param name="Url">Where to.</param>
/// <param name="Severity">Fixed severity; null takes that of the alerts.</param>
public sealed record PagerDutyChannel(string Name, bool SendResolved, SecretReference RoutingKey, Uri Url, string? Severity)
    : ChannelDefinition(Name, SendResolved);

/// <summary>OpsGenie alerts.</summary>
/// <param name="Name">Kind and position.</param>
/// <param name="SendResolved">Whether the end is told.</param>
/// <param name="ApiKey">Key of an API integration.</param>
/// <param name="Url">Base address of the API.</param>
/// <param name="Priority">P1 to P5; null by the alerts' severity.</param>
public sealed record OpsGenieChannel(string Name, bool SendResolved, SecretReference ApiKey, Uri Url, string? Priority)
    : ChannelDefinition(Name, SendResolved);

/// <summary>A plain text, or where a secret one is.</summary>
public sealed class ConfiguredText
{
    private readonly string? _plain;
    private readonly SecretReference? _secret;

    private ConfiguredText(string? plain, SecretReference? secret) => (_plain, _secret) = (plain, secret);

    /// <summary>A text that is no secret.</summary>
    public static ConfiguredText Plain(string text) => new(text, null);

    /// <summary>A secret by reference.</summary>
    public static ConfiguredText Secret(SecretReference reference) => new(null, reference);

    /// <summary>Whether the value must not be shown.</summary>
    public bool IsSecret => _secret is not null;

    /// <summary>The text now.</summary>
    /// <exception cref="InvalidOperationException">The secret is not where it should be.</exception>
    public Task<string> Read(Func<string, string?> environment, CancellationToken cancel) =>
        _secret is { } secret ? secret.Read(environment, cancel) : Task.FromResult(_plain!);

    /// <summary>The plain text, or the kind of place where the secret is.</summary>
    public override string ToString() => _secret?.ToString() ?? _plain!;
}
