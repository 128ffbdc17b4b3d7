using Quarterdeck.Packs.Environments;
using Quarterdeck.Packs.Manifest;
using Quarterdeck.Packs.Yaml;
using Quarterdeck.PromQL;

namespace Quarterdeck.Packs.Notifications;

/// <summary>Reads notifications.yaml: Alertmanager's keys, plus <c>fallback</c> of a receiver.</summary>
internal static class NotificationsReader
{
    private static readonly Uri PagerDuty = new("https://events.pagerduty.com/v2/enqueue");
    private static readonly Uri OpsGenie = new("https://api.opsgenie.com/");

    public static NotificationPlan Read(YamlMap file)
    {
        var resolveTimeout = TimeSpan.FromMinutes(5);
        if (file.Map("global") is { } global)
        {
            resolveTimeout = global.Duration("resolve_timeout") ?? resolveTimeout;
            global.Close();
        }

        var receivers = new OrderedDictionary<string, Receiver>(StringComparer.Ordinal);
        foreach (var item in file.List("receivers"))
        {
            if (item.Map() is not { } map) continue;
            var receiver = ReadReceiver(map);
            if (!receivers.TryAdd(receiver.Name, receiver))
                file.Findings.Error(FindingCodes.NameTwice, map.PositionOf("name"), $"Two receivers are named '{receiver.Name}'.", "Rename one of them.");
        }

        var intervals = new Dictionary<string, IReadOnlyList<TimeInterval>>(StringComparer.Ordinal);
        foreach (var item in file.List("time_intervals").Concat(file.List("mute_time_intervals")))
        {
            if (item.Map() is not { } map) continue;
            intervals[map.RequiredText("name", "Add 'name:'.")] = [.. map.List("time_intervals").Select(TimeIntervalReader.Read).OfType<TimeInterval>()];
            map.Close();
        }

        var top = new Route("{}", "", [], TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(5), TimeSpan.FromHours(4), [], false, [], [], []);
        Route root = top;
        if (file.Map("route") is { } route)
        {
            if (!route.Has("receiver")) route.Missing("receiver", "The root route names who is told of what no other route takes.");
            if (route.Has("matchers") || route.Has("match") || route.Has("match_re"))
                file.Findings.Error(FindingCodes.ValueInvalid, route.At, "The root route has matchers.", "Every alert must enter it; move them to a child.");
            root = ReadRoute(route, top, receivers.Keys, intervals.Keys, isRoot: true);
        }
        else
        {
            file.Missing("route", "Add 'route: { receiver: NAME }'.");
        }

        var inhibitions = file.List("inhibit_rules").Select(i => i.Map()).OfType<YamlMap>().Select(ReadInhibition).ToList();
        foreach (var receiver in receivers.Values.Where(r => r.Fallback is not null))
            ReferenceCheck.Known("receiver", receiver.Fallback!, receivers.Keys, file.PositionOf("receivers"), file.Findings);
        file.Close();
        return new NotificationPlan(root, receivers, inhibitions, intervals, resolveTimeout);
    }

    private static Route ReadRoute(
        YamlMap map, Route parent, IEnumerable<string> receivers, IEnumerable<string> intervals, bool isRoot = false)
    {
        var receiver = map.Text("receiver") ?? parent.Receiver;
        if (map.Has("receiver")) ReferenceCheck.Known("receiver", receiver, receivers, map.PositionOf("receiver"), map.Findings);
        var matchers = Matchers(map, "matchers", "match", "match_re");
        IReadOnlyList<string>? groupBy = map.Has("group_by") ? map.Texts("group_by") : parent.GroupBy;
        if (groupBy is ["..."]) groupBy = null;
        var route = new Route(
            isRoot ? "{}" : $"{parent.Path}/{{{string.Join(",", matchers)}}}", receiver, groupBy, map.Duration("group_wait") ?? parent.GroupWait,
            map.Duration("group_interval") ?? parent.GroupInterval, map.Duration("repeat_interval") ?? parent.RepeatInterval, matchers,
            map.Flag("continue") ?? false, map.Texts("mute_time_intervals"), map.Texts("active_time_intervals"), [])
        { Line = map.At.Line };
        foreach (var name in route.MuteTimes.Concat(route.ActiveTimes))
            ReferenceCheck.Known("time interval", name, intervals, map.At, map.Findings);
        if (route.GroupInterval <= TimeSpan.Zero || route.RepeatInterval <= TimeSpan.Zero)
            map.Findings.Error(FindingCodes.ValueInvalid, map.At, "group_interval and repeat_interval cannot be zero.", "Write for example 5m and 4h.");
        var children = new List<Route>();
        foreach (var child in map.List("routes").Select(r => r.Map()).OfType<YamlMap>())
        {
            var read = ReadRoute(child, route, receivers, intervals);
            // Two children with the same matchers would share their groups.
            var twins = children.Count(c => c.Path == read.Path || c.Path.StartsWith(read.Path + "#", StringComparison.Ordinal));
            children.Add(twins == 0 ? read : Renamed(read, read.Path, $"{read.Path}#{twins}"));
        }

        map.Close();
        return route with { Routes = children };
    }

    private static Route Renamed(Route route, string from, string to) => route with
    {
        Path = to + route.Path[from.Length..],
        Routes = [.. route.Routes.Select(r => Renamed(r, from, to))],
    };

    private static InhibitRule ReadInhibition(YamlMap map)
    {
        var rule = new InhibitRule(
            Matchers(map, "source_matchers", "source_match", "source_match_re"), Matchers(map, "target_matchers", "target_match", "target_match_re"),
            map.Texts("equal"));
        map.Close();
        return rule;
    }

    private static List<Matcher> Matchers(YamlMap map, string list, string equal, string regex)
    {
        var found = new List<Matcher>();
        foreach (var value in map.Value(list) is { } given ? given.IsList ? given.List() : [given] : [])
        {
            if (value.Text() is { } text) Try(value.At, () => found.AddRange(MatcherText.Parse(text)));
        }

        foreach (var (name, value) in map.TextMap(equal)) found.Add(new Matcher(MatchKind.Equal, name, value));
        foreach (var (name, value) in map.TextMap(regex))
            Try(map.PositionOf(regex), () => found.Add(new Matcher(MatchKind.Regex, name, value)));
        return found;

        void Try(Position at, Action read)
        {
            try
            {
                read();
            }
            catch (FormatException e)
            {
                map.Findings.Error(FindingCodes.ValueInvalid, at, e.Message, "Write for example severity=\"critical\" or team=~\"ops|dev\".");
            }
        }
    }

    private static Receiver ReadReceiver(YamlMap map)
    {
        var name = map.RequiredText("name", "Add 'name:'.");
        var channels = new List<ChannelDefinition?>();
        Each("webhook", (m, id, resolved) => Url(m, "url", secret: false) is { } url
            ? new WebhookChannel(id, resolved, url, m.Integer("max_alerts", 0, 100_000) ?? 0, Secret(m, "credentials", required: false)) : null);
        Each("slack", (m, id, resolved) => Url(m, "api_url", secret: true) is { } url ? new SlackChannel(id, resolved, url, m.Text("channel")) : null, false);
        Each("pagerduty", (m, id, resolved) => Secret(m, "routing_key", required: true) is { } key
            ? new PagerDutyChannel(id, resolved, key, Address(m, "url", PagerDuty), m.Text("severity")) : null);
        Each("opsgenie", (m, id, resolved) => Secret(m, "api_key", required: true) is { } key
            ? new OpsGenieChannel(id, resolved, key, Address(m, "api_url", OpsGenie), m.Text("priority")) : null);
        var receiver = new Receiver(name, [.. channels.OfType<ChannelDefinition>()], map.Text("fallback")) { Line = map.At.Line };
        map.Close();
        return receiver;

        void Each(string kind, Func<YamlMap, string, bool, ChannelDefinition?> read, bool resolvedByDefault = true)
        {
            foreach (var (item, i) in map.List($"{kind}_configs").Select((item, i) => (item, i)))
            {
                if (item.Map() is not { } config) continue;
                channels.Add(read(config, $"{kind}/{i}", config.Flag("send_resolved") ?? resolvedByDefault));
                config.Close();
            }
        }
    }

    private static ConfiguredText? Url(YamlMap map, string key, bool secret)
    {
        if (map.Text($"{key}_file") is { Length: > 0 } file) return ConfiguredText.Secret(SecretReference.Parse($"file:{file}")!);
        var text = map.RequiredText(key, $"Add '{key}: file:PATH', '{key}: env:NAME' or '{key}_file: PATH'.");
        if (SecretReference.Parse(text) is { } reference) return ConfiguredText.Secret(reference);
        if (text.Length == 0) return null;
        if (secret)
        {
            Refuse(map, key);
            return null;
        }

        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https") return ConfiguredText.Plain(text);
        map.Findings.Error(FindingCodes.ValueInvalid, map.PositionOf(key), $"'{text}' is not an address.", "Write an http or https URL, or env:NAME.");
        return null;
    }

    private static SecretReference? Secret(YamlMap map, string key, bool required)
    {
        if (map.Text($"{key}_file") is { Length: > 0 } file) return SecretReference.Parse($"file:{file}");
        if (map.Text(key) is not { Length: > 0 } text)
        {
            if (required) map.Missing(key, $"Add '{key}: env:NAME' or '{key}_file: PATH'.");
            return null;
        }

        if (SecretReference.Parse(text) is { } reference) return reference;
        Refuse(map, key);
        return null;
    }

    // The value itself is not repeated: findings are shown and logged.
    private static void Refuse(YamlMap map, string key) => map.Findings.Error(FindingCodes.ValueInvalid, map.PositionOf(key),
        $"'{key}' of {map.Where} holds a secret.", $"Write {key}: env:NAME or {key}_file: PATH, and change the secret, which has been in a file.");

    private static Uri Address(YamlMap map, string key, Uri fallback)
    {
        if (map.Text(key) is not { Length: > 0 } text) return fallback;
        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https") return url;
        map.Findings.Error(FindingCodes.ValueInvalid, map.PositionOf(key), $"'{text}' is not an address.", "Write an http or https URL.");
        return fallback;
    }
}
