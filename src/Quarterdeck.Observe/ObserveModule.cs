using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Quarterdeck.Observe.Alerts;
using Quarterdeck.Observe.Indexing;
using Quarterdeck.Observe.Metrics;
using Quarterdeck.Observe.Metrics.Keeping;
using Quarterdeck.Observe.Metrics.Querying;

namespace Quarterdeck.Observe;

/// <summary>Registers the watching half.</summary>
public static class ObserveModule
{
    /// <summary>How far back rules can look without the database. Default: 2 hours.</summary>
    public static TimeSpan Horizon { get; } = TimeSpan.FromHours(2);

    /// <summary>Needs an <see cref="Store.OperationsStore"/> and <see cref="WatchedPacks"/> among the services.</summary>
    public static IServiceCollection AddObserve(this IServiceCollection services)
    {
        services.AddHttpClient("probes");
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
        services.AddHostedService<WatchWorker>();
        return services;
    }
}
