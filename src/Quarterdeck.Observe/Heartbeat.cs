using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Quarterdeck.Observe.Alerts;
using Quarterdeck.Observe.Metrics;
using Quarterdeck.Packs.Notifications;
using Quarterdeck.Primitives;
using Quarterdeck.Store;

namespace Quarterdeck.Observe;

/// <summary>Settings of the heartbeat.</summary>
public sealed class HeartbeatOptions
{
    /// <summary>The address that is asked for with GET while all is well; null for none. Its service raises the alarm when that stops.</summary>
    public ConfiguredText? Url { get; set; }

    /// <summary>Time between pings. Default: 1 min.</summary>
    public TimeSpan Every { get; set; } = TimeSpan.FromMinutes(1);
}

/// <summary>
/// The dead man's switch: an outside service hears from Quarterdeck while the database answers, the watchers watch and no critical
/// alert of the platform itself fires. Its silence is the alarm, so a failed ping is only logged.
/// </summary>
internal sealed class Heartbeat(
    OperationsStore store, HeartbeatOptions options, HttpClient http, Func<string, string?> environment, ILogger<Heartbeat> logger)
{
    private DateTimeOffset _last = DateTimeOffset.MinValue;

    /// <summary>When the last ping was accepted; null before the first.</summary>
    public DateTimeOffset? Accepted { get; private set; }

    /// <summary>Pings where it is time to and all is well; whether a ping was accepted.</summary>
    public async Task<bool> Ping(CancellationToken cancel)
    {
        var now = store.Clock.GetUtcNow();
        if (options.Url is null || now - _last < options.Every) return false;
        var ailing = (await store.ActiveAlerts(cancel))
            .FirstOrDefault(a => a is { Pack: PlatformSeries.Pack, State: "firing", Severity: Severity.Critical });
        if (ailing is not null)
        {
            logger.LogWarning("The heartbeat is withheld: {Alert} fires", ailing.Name);
            _last = now;
            return false;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(10));
        try
        {
            using var answer = await http.GetAsync(new Uri(await options.Url.Read(environment, limit.Token)), HttpCompletionOption.ResponseHeadersRead, limit.Token);
            if (answer.IsSuccessStatusCode)
            {
                (_last, Accepted) = (now, now);
                return true;
            }

            logger.LogWarning("The heartbeat was answered with {Status}", (int)answer.StatusCode);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            logger.LogWarning("The heartbeat was not answered within 10 s");
        }
        catch (Exception e) when (e is HttpRequestException or InvalidOperationException or UriFormatException or SocketException or IOException)
        {
            logger.LogWarning("The heartbeat failed: {Why}", e.GetType().Name);
        }

        return false;
    }
}
