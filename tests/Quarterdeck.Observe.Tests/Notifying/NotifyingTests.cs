using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Quarterdeck.Observe.Alerts.External;
using Quarterdeck.Observe.Notifying;
using Quarterdeck.Observe.Notifying.Channels;
using Quarterdeck.Observe.Notifying.Silences;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.PromQL;
using Quarterdeck.Store;

namespace Quarterdeck.Observe.Tests.Notifying;

/// <summary>From a firing alert to what a channel receives, over a real database, with a clock that stands still.</summary>
public sealed class NotifyingTests(ObserveDatabase database) : IClassFixture<ObserveDatabase>, IAsyncLifetime
{
    private static readonly CancellationToken Cancel = CancellationToken.None;
    private static readonly Actor Somebody = Actor.Operator("alice");
    private readonly TestClock _clock = new(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly FakeChannels _channels = new();
    private readonly string _file = Path.GetTempFileName();
    private OperationsStore _store = null!;
    private ExternalAlerts _alerts = null!;
    private SilenceBook _silences = null!;
    private NotifyingOptions _options = null!;
    private Dispatcher _dispatcher = null!;
    private Outbox _outbox = null!;

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(_file,
            """
            route:
              receiver: hook
              group_by: [alertname]
              group_wait: 30s
              group_interval: 5m
              repeat_interval: 1h
              routes:
                - { matchers: [ team="night" ], receiver: pager, active_time_intervals: [nights] }
            receivers:
              - name: hook
                fallback: pager
                webhook_configs: [ { url: "http://hook.example/a" } ]
              - name: pager
                pagerduty_configs: [ { routing_key: "env:PD_KEY", url: "http://pd.example/v2/enqueue" } ]
            inhibit_rules:
              - { source_matchers: [severity="critical"], target_matchers: [severity="warning"], equal: [zone] }
            time_intervals:
              - { name: nights, time_intervals: [ { times: [ { start_time: "18:00", end_time: "24:00" } ] } ] }
            """);
        _store = OperationsStore.Open(
            database.Postgres.ConnectionString(await database.FreshDatabase(), Devnet.Postgres.EmbeddedPostgres.Server), _clock);
        var watched = new WatchedPacks([database.Sample.Bound]);
        _alerts = new ExternalAlerts(_store, watched);
        _silences = new SilenceBook(_store);
        (_dispatcher, _outbox) = Replica();
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        File.Delete(_file);
    }

    [Fact]
    public async Task Alerts_of_a_group_are_told_together_after_the_wait_and_changes_after_the_interval()
    {
        await Fire("A", "zone=1");
        await Tick(10);
        await Fire("A", "zone=2");
        Assert.Empty(await Tick(10));
        var first = Assert.Single(await Tick(15));
        Assert.Equal(("firing", 2), ((string)first["status"]!, first["alerts"]!.AsArray().Count));
        Assert.Equal("""{"alertname":"A"}""", first["groupLabels"]!.ToJsonString());
        await Fire("A", "zone=3");
        Assert.Empty(await Tick(200));
        Assert.Equal(3, Assert.Single(await Tick(110))["alerts"]!.AsArray().Count);
    }

    [Fact]
    public async Task An_unchanged_group_is_repeated_only_after_the_repeat_interval()
    {
        await Fire("A", "zone=1");
        await Tick(30);
        for (var minutes = 0; minutes < 55; minutes += 5) Assert.Empty(await Tick(300));
        var told = 0;
        for (var minutes = 0; minutes < 15; minutes += 5) told += (await Tick(300)).Count;
        Assert.Equal(1, told);
    }

    [Fact]
    public async Task An_end_is_told_to_those_who_heard_of_the_beginning_and_to_nobody_else()
    {
        await Fire("A", "zone=1");
        await Fire("B", "zone=1");
        await Tick(10);
        await End("B", "zone=1");
        var told = await Tick(25);
        Assert.Equal("A", (string)Assert.Single(told)["commonLabels"]!["alertname"]!);
        await End("A", "zone=1");
        var ended = Assert.Single(await Tick(300));
        Assert.Equal(("resolved", "resolved"), ((string)ended["status"]!, (string)ended["alerts"]![0]!["status"]!));
        Assert.Empty(await Tick(300));
        Assert.Empty(await Tick(300));
        Assert.Equal(0, await _store.QueryFirstOrDefault<long>("SELECT count(*) FROM notifying.groups"));
        Assert.Equal(0, await _store.QueryFirstOrDefault<long>("SELECT count(*) FROM notifying.log"));
    }

    [Fact]
    public async Task An_alert_that_comes_back_is_told_again()
    {
        await Fire("A", "zone=1");
        await Fire("A", "zone=2");
        await Tick(30);
        await End("A", "zone=1");
        Assert.Single(await Tick(300));
        await Fire("A", "zone=1");
        var again = Assert.Single(await Tick(300));
        Assert.Equal(2, again["alerts"]!.AsArray().Count(a => (string)a!["status"]! == "firing"));
    }

    [Fact]
    public async Task A_silence_mutes_until_it_ends_and_then_what_still_fires_is_told()
    {
        var (id, refusal) = await _silences.Set(Somebody, new SilenceRequest(
            null, [new Matcher(MatchKind.Regex, "zone", "1|2")], _clock.GetUtcNow(), _clock.GetUtcNow().AddMinutes(20), "alice", "works"), Cancel);
        Assert.Null(refusal);
        await Fire("A", "zone=1");
        await Fire("A", "zone=3");
        Assert.Equal("3", (string)Assert.Single(await Tick(30))["alerts"]!.AsArray().Single()!["labels"]!["zone"]!);
        Assert.Empty(await Tick(300));
        Assert.True(await _silences.Expire(Somebody, id!.Value, Cancel));
        Assert.Equal(2, Assert.Single(await Tick(300))["alerts"]!.AsArray().Count);
    }

    [Fact]
    public async Task An_inhibited_alert_is_not_told_while_one_of_several_sources_fires()
    {
        await Fire("Source1", "zone=1 severity=critical");
        await Fire("Source2", "zone=1 severity=critical");
        await Fire("Target", "zone=1 severity=warning");
        await Fire("Free", "zone=2 severity=warning");
        Assert.Equal(["Free", "Source1", "Source2"], Names(await Tick(30)));
        await End("Source1", "zone=1 severity=critical");
        Assert.Equal(["Source1"], Names(await Tick(300)));
        await End("Source2", "zone=1 severity=critical");
        Assert.Equal(["Source2", "Target"], Names(await Tick(300)).Concat(Names(await Tick(300))).Order());
    }

    [Fact]
    public async Task Outside_its_hours_a_route_tells_nobody_and_at_their_beginning_what_still_fires()
    {
        await Fire("A", "team=night");
        Assert.Empty(await Tick(60));
        Assert.Empty(await Tick(5 * 3600 + 1800));
        var paged = Assert.Single(await Tick(1860));
        Assert.Equal(("trigger", "warning", "key-of-pagerduty"),
            ((string)paged["event_action"]!, (string)paged["payload"]!["severity"]!, (string)paged["routing_key"]!));
    }

    [Fact]
    public async Task Two_replicas_tell_once()
    {
        var (dispatcher, outbox) = Replica();
        for (var i = 0; i < 20; i++) await Fire($"A{i}", "zone=1");
        await Dispatch();
        _clock.Advance(TimeSpan.FromSeconds(31));
        await Task.WhenAll(Enumerable.Range(0, 4).Select(i => (i % 2 == 0 ? _dispatcher : dispatcher).Dispatch(Cancel)));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => (i % 2 == 0 ? _outbox : outbox).Deliver(Cancel)));
        while (await _outbox.Deliver(Cancel) > 0)
        {
            // Until nothing is left.
        }

        Assert.Equal(20, _channels.Take().Count);
    }

    [Fact]
    public async Task A_channel_that_is_away_is_tried_again_with_growing_pauses_until_it_accepts()
    {
        await Fire("A", "zone=1");
        await Dispatch();
        _channels.Answer("hook.example", HttpStatusCode.ServiceUnavailable);
        _clock.Advance(TimeSpan.FromSeconds(31));
        await Dispatch();
        var attempts = new List<int>();
        for (var second = 0; second < 16; second++)
        {
            await _outbox.Deliver(Cancel);
            attempts.AddRange(_channels.Take().Where(b => b["version"] is not null).Select(_ => second));
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal([0, 1, 3, 7, 15], attempts);
        _channels.Answer("hook.example", HttpStatusCode.OK);
        _clock.Advance(TimeSpan.FromSeconds(20));
        await _outbox.Deliver(Cancel);
        Assert.Single(_channels.Take());
        _clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(0, await _outbox.Deliver(Cancel));
    }

    [Fact]
    public async Task The_failure_of_a_channel_is_told_on_another_with_what_could_not_be_told()
    {
        await Fire("A", "zone=1");
        await Dispatch();
        _channels.Answer("hook.example", HttpStatusCode.NotFound);
        var told = await Tick(31);
        var page = Assert.Single(told, b => b["routing_key"] is not null);
        Assert.Contains("NotificationChannelFailing", (string)page["payload"]!["summary"]!, StringComparison.Ordinal);
        Assert.Contains(page["payload"]!["custom_details"]!["firing"]!.AsArray(), l => ((string)l!).Contains("webhook/0 of hook", StringComparison.Ordinal));
        Assert.Contains(page["payload"]!["custom_details"]!["firing"]!.AsArray(), l => ((string)l!).StartsWith("A:", StringComparison.Ordinal));
        Assert.Equal("failed", await _store.QueryFirstOrDefault<string>("SELECT state FROM notifying.outbox WHERE receiver = 'hook'"));
        Assert.Empty(await Tick(60));
    }

    [Fact]
    public async Task What_waits_unsent_is_replaced_by_what_is_newer()
    {
        await Fire("A", "zone=1");
        await Dispatch();
        _channels.Answer("hook.example", HttpStatusCode.ServiceUnavailable);
        await Tick(31);
        await Fire("A", "zone=2");
        _channels.Answer("hook.example", HttpStatusCode.OK);
        _clock.Advance(TimeSpan.FromMinutes(6));
        await Dispatch();
        await _outbox.Deliver(Cancel);
        Assert.Equal(2, Assert.Single(_channels.Take(), b => b["version"] is not null)["alerts"]!.AsArray().Count);
        Assert.Equal(1, await _store.QueryFirstOrDefault<long>("SELECT count(*) FROM notifying.outbox WHERE state = 'superseded'"));
    }

    private (Dispatcher, Outbox) Replica()
    {
        _options = new NotifyingOptions
        {
            PlanFile = _file,
            PublicUrl = new Uri("https://ops.example/"),
            Variable = name => name == "PD_KEY" ? "key-of-pagerduty" : null,
        };
        var plans = new NotificationPlans(new WatchedPacks([database.Sample.Bound]), _options);
        Assert.Empty(plans.Findings);
        return (new Dispatcher(_store, plans, new SilenceBook(_store)),
            new Outbox(_store, plans, new ChannelSender(_options, new HttpClient(_channels)), _options, new NotifyingHealth()));
    }

    private async Task<List<JsonNode>> Tick(double seconds)
    {
        // A group that is not known yet is made before time passes.
        await Dispatch();
        _clock.Advance(TimeSpan.FromSeconds(seconds));
        await Dispatch();
        while (await _outbox.Deliver(Cancel) > 0)
        {
            // Until nothing is left.
        }

        return _channels.Take();
    }

    private async Task Dispatch() => await _dispatcher.Dispatch(Cancel);

    private Task Fire(string name, string labels) => Send(name, labels, null);

    private Task End(string name, string labels) => Send(name, labels, _clock.GetUtcNow());

    private async Task Send(string name, string labels, DateTimeOffset? end)
    {
        var all = labels.Split(' ').Select(p => p.Split('=')).Select(p => KeyValuePair.Create(p[0], p[1])).Append(KeyValuePair.Create("alertname", name));
        if (end is not null) _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Empty(await _alerts.Take(Somebody, "test",
            [new IncomingAlert(Labels.From(all), Labels.Of("summary", $"{name} happens"), null, end, "")], TimeSpan.FromDays(1), Cancel));
    }

    private static IEnumerable<string> Names(List<JsonNode> bodies) => bodies.Select(b => (string)b["groupLabels"]!["alertname"]!).Order();

    /// <summary>Receives what is sent, and answers as it is told to.</summary>
    private sealed class FakeChannels : HttpMessageHandler
    {
        private readonly Lock _gate = new();
        private readonly Dictionary<string, HttpStatusCode> _answers = [];
        private List<JsonNode> _received = [];

        public void Answer(string host, HttpStatusCode status) => _answers[host] = status;

        public List<JsonNode> Take()
        {
            lock (_gate)
            {
                var all = _received;
                _received = [];
                return all;
            }
        }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var body = JsonNode.Parse(await request.Content!.ReadAsStringAsync(cancellationToken))!;
            lock (_gate) _received.Add(body);
            return new HttpResponseMessage(_answers.GetValueOrDefault(request.RequestUri!.Host, HttpStatusCode.OK))
            {
                Content = new StringContent("ok", Encoding.UTF8),
                RequestMessage = request,
            };
        }
    }
}
