using System.Globalization;
using Npgsql;
using Quarterdeck.Primitives;
using Quarterdeck.Respond.Incidents;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Tests.Incidents;

public sealed class IncidentTests(RespondFixture fixture) : IClassFixture<RespondFixture>, IAsyncLifetime
{
    private static readonly CancellationToken Cancel = CancellationToken.None;
    private OperationsStore _store = null!;
    private string _server = null!;

    public async ValueTask InitializeAsync()
    {
        var name = await fixture.FreshDatabase();
        _server = fixture.Postgres.ConnectionString(name, Devnet.Postgres.EmbeddedPostgres.Server);
        _store = OperationsStore.Open(_server, TimeProvider.System);
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    private async Task Transition(string alert, string state, string severity = "critical", string runbook = "pause", string pack = "test")
    {
        await using var connection = new NpgsqlConnection(_server);
        await connection.OpenAsync(Cancel);
        await using var command = new NpgsqlCommand(
            $$"""
            set role {{Migrator.ServerRole}};
            insert into alerts.transitions (alert_id, pack, rule_group, name, severity, labels, annotations, state, value, active_at, block_number, at)
            values ('{{alert}}', '{{pack}}', 'g', '{{alert}}', '{{severity}}', '{"severity":"{{severity}}"}',
                    '{"summary":"{{alert}} is bad","runbook":"{{runbook}}"}', '{{state}}', 1.5, now(), 12, now())
            """, connection);
        await command.ExecuteNonQueryAsync(Cancel);
    }

    private Task<int> Take() => new AlertIntake(_store, TimeProvider.System).Reconcile(Cancel);

    private async Task<IncidentView> Only()
    {
        var incident = Assert.Single(await new IncidentList(_store).Query(null, 10, Cancel));
        return (await new IncidentDetail(_store).Query(incident.Id, Cancel))!;
    }

    [Fact]
    public async Task A_firing_alert_opens_an_incident_and_others_of_its_pack_join_it_at_the_worst_severity()
    {
        await Transition("Slow", "firing", "warning");
        await Take();
        Assert.Equal(Severity.Warning, (await Only()).Incident.Severity);
        await Transition("Broken", "firing");
        await Transition("Quiet", "firing", "info");
        await Take();
        var incident = await Only();
        Assert.Equal(Severity.Critical, incident.Incident.Severity);
        Assert.Equal("Slow is bad", incident.Incident.Title);
        Assert.Equal(3, incident.Incident.Firing);
        Assert.Equal(["alert", "severity", "alert", "alert"], incident.Timeline.Select(line => line.Kind));
    }

    [Fact]
    public async Task Another_packs_alert_opens_another_incident()
    {
        await Transition("A", "firing");
        await Transition("B", "firing", pack: "other");
        await Take();
        Assert.Equal(2, (await new IncidentList(_store).Query("open", 10, Cancel)).Count);
    }

    [Fact]
    public async Task Taking_in_twice_late_and_on_two_servers_at_once_comes_to_the_same()
    {
        for (var i = 0; i < 5; i++) await Transition($"A{i.ToString(CultureInfo.InvariantCulture)}", "firing");
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(Take)));
        Assert.Equal(0, await Take());
        var incident = await Only();
        Assert.Equal(5, incident.Alerts.Count);
        Assert.Equal(5, incident.Timeline.Count);
    }

    [Fact]
    public async Task A_pending_alert_is_nothing_to_incidents()
    {
        await Transition("A", "pending");
        Assert.Equal(0, await Take());
        Assert.Empty(await new IncidentList(_store).Query(null, 10, Cancel));
    }

    [Fact]
    public async Task A_reorganisation_that_takes_the_cause_back_is_told_as_that()
    {
        await Transition("A", "firing");
        await Transition("A", "retracted");
        await Take();
        var incident = await Only();
        Assert.Equal(IncidentAlertState.Retracted, Assert.Single(incident.Alerts).State);
        Assert.Contains("reorganisation", incident.Timeline[^1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_acknowledged_once_noted_and_resolved_only_when_its_alerts_ended_or_by_force()
    {
        await Transition("A", "firing");
        await Take();
        var id = (await Only()).Incident.Id;
        var (acknowledge, note, resolve) = (new AcknowledgeIncident(_store), new AddNote(_store), new ResolveIncident(_store));
        Assert.IsType<Outcome<IncidentState>.Done>(await acknowledge.Acknowledge(id, "alice", "on it", Cancel));
        Assert.Equal(RefusalKind.Conflict, Assert.IsType<Outcome<IncidentState>.Refused>(await acknowledge.Acknowledge(id, "bob", null, Cancel)).Refusal.Kind);
        Assert.IsType<Outcome<IncidentState>.Done>(await note.Add(id, "bob", "looks like the oracle", Cancel));
        Assert.Equal(RefusalKind.Invalid, Assert.IsType<Outcome<IncidentState>.Refused>(await note.Add(id, "bob", " ", Cancel)).Refusal.Kind);
        var refused = Assert.IsType<Outcome<IncidentState>.Refused>(await resolve.Resolve(id, "alice", "done", false, Cancel)).Refusal;
        Assert.Contains("Firing: A", refused.Detail, StringComparison.Ordinal);
        await Transition("A", "resolved");
        await Take();
        Assert.IsType<Outcome<IncidentState>.Done>(await resolve.Resolve(id, "alice", "price feed mended", false, Cancel));
        Assert.Equal(RefusalKind.Conflict, Assert.IsType<Outcome<IncidentState>.Refused>(await resolve.Resolve(id, "bob", "again", true, Cancel)).Refusal.Kind);
        Assert.Equal(RefusalKind.NotFound, Assert.IsType<Outcome<IncidentState>.Refused>(await resolve.Resolve("inc_x", "bob", "again", true, Cancel)).Refusal.Kind);

        // The next firing alert begins a new one.
        await Transition("A", "firing");
        await Take();
        Assert.Equal(2, (await new IncidentList(_store).Query(null, 10, Cancel)).Count);
    }

    [Fact]
    public async Task By_force_it_is_resolved_with_the_reason_told()
    {
        await Transition("A", "firing");
        await Take();
        var id = (await Only()).Incident.Id;
        Assert.IsType<Outcome<IncidentState>.Done>(await new ResolveIncident(_store).Resolve(id, "alice", "known, accepted", true, Cancel));
        Assert.Contains("By force", (await Only()).Timeline[^1].Text, StringComparison.Ordinal);
    }
}
