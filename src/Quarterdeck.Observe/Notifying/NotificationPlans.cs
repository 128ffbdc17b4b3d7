using Quarterdeck.Packs.Notifications;
using Quarterdeck.Primitives.Findings;

namespace Quarterdeck.Observe.Notifying;

/// <summary>The plans in force: a pack's own <c>notifications.yaml</c>, else the server's.</summary>
public sealed class NotificationPlans
{
    /// <summary>The name of the server's own plan.</summary>
    public const string Server = "server";

    private readonly Dictionary<string, NotificationPlan> _plans = new(StringComparer.Ordinal);

    /// <summary>Reads them.</summary>
    public NotificationPlans(WatchedPacks watched, NotifyingOptions options)
    {
        ArgumentNullException.ThrowIfNull(watched);
        ArgumentNullException.ThrowIfNull(options);
        var findings = new List<Finding>();
        if (options.PlanFile is { } file) Read(Server, file);
        foreach (var pack in watched.Packs)
        {
            var own = Path.Combine(pack.Pack.Root, "notifications.yaml");
            if (File.Exists(own)) Read(pack.Pack.Name, own);
        }

        Findings = findings;

        void Read(string name, string path)
        {
            var (plan, found) = NotificationFile.Load(path);
            findings.AddRange(found);
            if (plan is not null) _plans[name] = plan;
        }
    }

    /// <summary>What is wrong with their files; a plan with an error is not used.</summary>
    public IReadOnlyList<Finding> Findings { get; }

    /// <summary>All plans by name.</summary>
    public IReadOnlyDictionary<string, NotificationPlan> All => _plans;

    /// <summary>The plan for the alerts of a pack; null where nobody is told of them. The platform's own alerts find any plan there is.</summary>
    public (string Name, NotificationPlan Plan)? For(string pack)
    {
        foreach (var name in pack == Metrics.PlatformSeries.Pack ? (string[])[Server, .. _plans.Keys.Order(StringComparer.Ordinal)] : [pack, Server])
        {
            if (_plans.TryGetValue(name, out var plan)) return (name, plan);
        }

        return null;
    }
}
