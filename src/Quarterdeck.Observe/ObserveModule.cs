using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Quarterdeck.Observe.Alerts;
using Quarterdeck.Observe.Alerts.External;
using Quarterdeck.Observe.Indexing;
using Quarterdeck.Observe.Metrics;
using Quarterdeck.Observe.Metrics.Keeping;
using Quarterdeck.Observe.Metrics.Querying;
using Quarterdeck.Observe.Notifying;
using Quarterdeck.Observe.Notifying.Channels;
using Quarterdeck.Observe.Notifying.Silences;
using Quarterdeck.Observe.Outbound;
using Quarterdeck.Store;

namespace Quarterdeck.Observe;

/// <summary>Registers the watching half.</summary>
public static class ObserveModule
{
    /// <summary>How far back rules can look without the database. Default: 2 hours.</summary>
    public static TimeSpan Horizon { get; } = TimeSpan.FromHours(2);

    /// <summary>Needs an <see cref="Store.OperationsStore"/> and <see cref="WatchedPacks"/> among the services.</summary>
    public static IServiceCollection AddObserve(this IServiceCollection services)
    {
        services.AddHttpClient("probes").ConfigurePrimaryHttpMessageHandler(() => OutboundGuard.Handler(OutboundPolicy.Probes));
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<ChainHealth>();
        services.AddSingleton<SamplingHealth>();
        services.AddSingleton<RuleHealth>();
        services.AddSingleton<WatchExposition>().AddSingleton<PackRules>();
        services.AddSingleton(_ => new LiveSeriesOfPacks(Horizon));
        services.TryAddSingleton<SampleKeepingOptions>();
        services.TryAddSingleton<SeriesQueryOptions>();
        services.AddSingleton<SeriesQuery>();
        services.AddSingleton<SampleKeeper>().AddHostedService(provider => provider.GetRequiredService<SampleKeeper>());
        services.AddSingleton<ExternalAlerts>().AddHostedService<ExternalAlertsWorker>();
        services.AddHostedService<WatchWorker>();
        services.TryAddSingleton<NotifyingOptions>();
        services.AddSingleton<NotificationPlans>().AddSingleton<Announcements>().AddSingleton<NotifyingHealth>().AddSingleton<SilenceBook>();
        services.AddSingleton<Dispatcher>().AddSingleton<Outbox>();
        services.AddSingleton(provider => new ChannelSender(provider.GetRequiredService<NotifyingOptions>(),
            new HttpClient(OutboundGuard.Handler(provider.GetRequiredService<NotifyingOptions>().Outbound))));
        services.AddHostedService<NotifyingWorker>();
        services.TryAddSingleton<HeartbeatOptions>();
        services.AddSingleton<PlatformSampler>();
        services.AddSingleton(provider =>
        {
            var notifying = provider.GetRequiredService<NotifyingOptions>();
            return new Heartbeat(provider.GetRequiredService<OperationsStore>(), provider.GetRequiredService<HeartbeatOptions>(),
                new HttpClient(OutboundGuard.Handler(notifying.Outbound)), notifying.Variable, provider.GetRequiredService<ILogger<Heartbeat>>());
        });
        services.AddHostedService<PlatformWatch>();
        return services;
    }
}
