using System.Text.Json.Nodes;
using Quarterdeck.Observe.Notifying.Silences;
using Quarterdeck.Packs.Notifications;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Primitives.Ids;
using Quarterdeck.Store;

namespace Quarterdeck.Observe.Notifying;

/// <summary>
/// Puts firing alerts into groups, and when a group's time has come puts what there is to tell into the outbox. Every step is from
/// the tables, so any replica may do the next one: who moves a group's <c>next_flush_at</c> first has flushed it.
/// </summary>
internal sealed class Dispatcher(OperationsStore store, NotificationPlans plans, SilenceBook silences)
{
    private static readonly Actor Notifier = Actor.System("notifying");

    /// <summary>One round; how many notifications were put into the outbox.</summary>
    public async Task<int> Dispatch(CancellationToken cancel)
    {
        var now = store.Clock.GetUtcNow();
        var firing = await store.Firing(cancel);
        var groups = (await store.Query<Group>(
            "SELECT plan, group_key, route, receiver, labels, next_flush_at FROM notifying.groups", null, cancel)).ToDictionary(g => (g.Plan, g.GroupKey));
        var members = await Assign(firing, groups, now, cancel);
        var due = groups.Values.Where(g => g.NextFlushAt <= now).OrderBy(g => g.NextFlushAt).ToList();
        if (due.Count == 0) return 0;
        var muted = await silences.List(cancel);
        var told = 0;
        foreach (var group in due)
        {
            if (plans.All.GetValueOrDefault(group.Plan) is not { } plan || plan.Root.All.FirstOrDefault(r => r.Path == group.Route) is not { } route)
            {
                await Drop(group, cancel);
                continue;
            }

            told += await Flush(group, plan, route, members.GetValueOrDefault((group.Plan, group.GroupKey)) ?? [],
                [.. firing.Select(f => f.Alert)], muted, now, cancel);
        }

        return told;
    }

    // Which groups the firing alerts belong to; new groups are made, and wait for more alerts unless they are late already.
    private async Task<Dictionary<(string, string), List<NotifiedAlert>>> Assign(
        IReadOnlyList<(string Pack, DateTimeOffset FiredAt, NotifiedAlert Alert)> firing, Dictionary<(string, string), Group> groups,
        DateTimeOffset now, CancellationToken cancel)
    {
        var members = new Dictionary<(string, string), List<NotifiedAlert>>();
        var fresh = new List<Group>();
        foreach (var (pack, firedAt, alert) in firing)
        {
            if (plans.For(pack) is not { } found) continue;
            foreach (var route in found.Plan.Root.Match(alert.Labels))
            {
                var labels = route.GroupOf(alert.Labels);
                var key = $"{route.Path}:{labels}";
                if (!members.TryGetValue((found.Name, key), out var list)) members[(found.Name, key)] = list = [];
                list.Add(alert);
                if (groups.ContainsKey((found.Name, key))) continue;
                var flush = firedAt + route.GroupWait;
                var group = new Group(found.Name, key, route.Path, route.Receiver, NotifiedAlert.Json(labels), flush < now ? now : flush);
                groups[(found.Name, key)] = group;
                fresh.Add(group);
            }
        }

        if (fresh.Count == 0) return members;
        await store.Ingest(FactSource.Clock(now), async write =>
        {
            foreach (var g in fresh)
            {
                await write.Execute(
                    """
                    INSERT INTO notifying.groups (plan, group_key, route, receiver, labels, next_flush_at)
                    VALUES (@plan, @groupKey, @route, @receiver, @labels, @nextFlushAt) ON CONFLICT DO NOTHING
                    """, new { g.Plan, g.GroupKey, g.Route, g.Receiver, labels = (JsonNode)g.Labels, g.NextFlushAt });
            }
        }, cancel);
        return members;
    }

    private async Task<int> Flush(
        Group group, NotificationPlan plan, Route route, List<NotifiedAlert> members, IReadOnlyList<NotifiedAlert> firing,
        IReadOnlyList<Silence> muted, DateTimeOffset now, CancellationToken cancel)
    {
        var known = await Knowledge(group, cancel);
        var believed = known.Values.SelectMany(k => k.Firing).Except(members.Select(m => m.Id)).ToHashSet();
        IReadOnlyList<NotifiedAlert> alerts = [.. members, .. await store.Ended(believed, cancel)];
        var audible = GroupFlush.Audible(alerts, route, plan, firing, muted, now);
        var receiver = plan.Receivers[route.Receiver];
        var messages = receiver.Channels
            .Where(c => GroupFlush.IsNews(known.GetValueOrDefault(c.Name), audible, c.SendResolved, route.RepeatInterval, now))
            .Select(c => (Channel: c, Alerts: audible.Where(a => a.Firing || (c.SendResolved && Heard(c, a))).ToList()))
            .Where(m => m.Alerts.Count > 0).ToList();
        // Over when nothing fires and nobody who wants to know of the end still believes that something does.
        var over = members.Count == 0 && messages.Count == 0
            && !receiver.Channels.Any(c => c.SendResolved && known.GetValueOrDefault(c.Name) is { } k && k.Firing.Any(id => !k.Resolved.Contains(id)));
        if (over) return await Close(group, cancel);
        if (messages.Count == 0)
        {
            await store.Ingest(FactSource.Clock(now), write => Move(write, group, route, now), cancel);
            return 0;
        }

        try
        {
            await store.Act(Notifier, "A group of alerts is due.", async act =>
            {
                if (!await Move(act, group, route, now)) throw new GroupTakenException();
                foreach (var (channel, told) in messages) await Put(act, group, receiver, channel, told);
                act.Signal(Signals.Notifications);
            }, cancel);
            return messages.Count;
        }
        catch (GroupTakenException)
        {
            return 0;
        }

        bool Heard(ChannelDefinition channel, NotifiedAlert alert) => known.GetValueOrDefault(channel.Name) is { } k && k.Firing.Contains(alert.Id) && !k.Resolved.Contains(alert.Id);
    }

    private static async Task<bool> Move(WriteScope write, Group group, Route route, DateTimeOffset now) => await write.Execute(
        "UPDATE notifying.groups SET next_flush_at = @next WHERE plan = @plan AND group_key = @groupKey AND next_flush_at = @seen",
        new { next = now + route.GroupInterval, group.Plan, group.GroupKey, seen = group.NextFlushAt }) == 1;

    private async Task Put(ActScope act, Group group, Receiver receiver, ChannelDefinition channel, List<NotifiedAlert> told)
    {
        // What waits unsent for this channel is out of date by now, unless it is being sent at this moment.
        await act.Execute(
            """
            UPDATE notifying.outbox SET state = 'superseded', finished_at = @now
            WHERE plan = @plan AND group_key = @groupKey AND channel = @channel AND state = 'waiting' AND coalesce(claimed_until < @now, true)
            """, new { now = act.Now, group.Plan, group.GroupKey, channel = channel.Name });
        var id = Id.New("ntf", store.Clock);
        var notification = new GroupNotification($"{group.Plan}/{group.GroupKey}", receiver.Name, NotifiedAlert.Of(group.Labels),
            [.. told.OrderByDescending(a => a.Firing).ThenBy(a => a.StartsAt)]);
        await act.Execute(
            """
            INSERT INTO notifying.outbox (id, plan, group_key, receiver, channel, notification, firing, resolved, created_at, next_attempt_at)
            VALUES (@id, @plan, @groupKey, @receiver, @channel, @notification, @firing, @resolved, @now, @now)
            """,
            new
            {
                id,
                group.Plan,
                group.GroupKey,
                receiver = receiver.Name,
                channel = channel.Name,
                notification = (JsonNode)notification.ToJson(),
                firing = told.Where(a => a.Firing).Select(a => a.Id).ToArray(),
                resolved = told.Where(a => !a.Firing).Select(a => a.Id).ToArray(),
                now = act.Now,
            });
        act.Record("notification.queue", id, new JsonObject
        {
            ["receiver"] = receiver.Name,
            ["channel"] = channel.Name,
            ["firing"] = told.Count(a => a.Firing),
            ["resolved"] = told.Count(a => !a.Firing),
            ["alerts"] = new JsonArray([.. told.Take(20).Select(a => (JsonNode)a.Id)]),
        });
    }

    // What was told, or waits to be told and will be unless something newer takes its place.
    private async Task<Dictionary<string, ChannelKnowledge>> Knowledge(Group group, CancellationToken cancel)
    {
        var rows = await store.Query<Known>(
            """
            SELECT channel, firing, resolved, told_at FROM notifying.log WHERE plan = @plan AND group_key = @groupKey
            UNION ALL
            SELECT channel, firing, resolved, created_at FROM notifying.outbox WHERE plan = @plan AND group_key = @groupKey AND state = 'waiting'
            """, new { group.Plan, group.GroupKey }, cancel);
        return rows.GroupBy(r => r.Channel).ToDictionary(g => g.Key, g =>
        {
            var last = g.MaxBy(r => r.ToldAt)!;
            return new ChannelKnowledge(last.Firing.Concat(last.Resolved).ToHashSet(), last.Resolved.ToHashSet(), last.ToldAt);
        });
    }

    private async Task<int> Close(Group group, CancellationToken cancel)
    {
        await store.Ingest(FactSource.Clock(store.Clock.GetUtcNow()), async write =>
        {
            var gone = await write.Execute(
                """
                DELETE FROM notifying.groups g WHERE plan = @plan AND group_key = @groupKey AND next_flush_at = @seen
                  AND NOT EXISTS (SELECT FROM notifying.outbox o WHERE o.plan = g.plan AND o.group_key = g.group_key AND o.state = 'waiting')
                """, new { group.Plan, group.GroupKey, seen = group.NextFlushAt });
            if (gone == 1) await write.Execute("DELETE FROM notifying.log WHERE plan = @plan AND group_key = @groupKey", new { group.Plan, group.GroupKey });
            else
            {
                await write.Execute("UPDATE notifying.groups SET next_flush_at = @next WHERE plan = @plan AND group_key = @groupKey AND next_flush_at = @seen",
                    new { next = write.Now + TimeSpan.FromSeconds(30), group.Plan, group.GroupKey, seen = group.NextFlushAt });
            }
        }, cancel);
        return 0;
    }

    // Its route is no longer in the plan: what fires enters by another one.
    private Task Drop(Group group, CancellationToken cancel) => store.Ingest(FactSource.Clock(store.Clock.GetUtcNow()), async write =>
    {
        await write.Execute("DELETE FROM notifying.groups WHERE plan = @plan AND group_key = @groupKey", new { group.Plan, group.GroupKey });
        await write.Execute("DELETE FROM notifying.log WHERE plan = @plan AND group_key = @groupKey", new { group.Plan, group.GroupKey });
    }, cancel);

    private sealed record Group(string Plan, string GroupKey, string Route, string Receiver, JsonObject Labels, DateTimeOffset NextFlushAt);

    private sealed record Known(string Channel, string[] Firing, string[] Resolved, DateTimeOffset ToldAt);

    private sealed class GroupTakenException : Exception;
}
