using Npgsql;
using Quarterdeck.Primitives.Audit;

namespace Quarterdeck.Store.Tests.Coordination;

public sealed class SignalTests(StoreFixture fixture) : IClassFixture<StoreFixture>
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static Task Raise(OperationsStore store, string name) => store.Act(Actor.System("test"), "wake", act =>
    {
        act.Signal(name);
        act.Record("a.b", "c");
        return Task.CompletedTask;
    }, Cancel);

    [Fact]
    public async Task A_commit_wakes_waiters_here_and_in_other_processes()
    {
        await using var here = fixture.Open();
        await using var there = fixture.Open();
        using var near = here.Signals.Subscribe("runs");
        using var far = there.Signals.Subscribe("runs", "plans");
        await there.Signals.Listening(Cancel);
        await far.Wait(TimeSpan.Zero, Cancel);
        await Raise(here, "runs");
        Assert.True(await near.Wait(Soon, Cancel));
        Assert.True(await far.Wait(Soon, Cancel));
    }

    [Fact]
    public async Task A_signal_raised_while_the_worker_is_busy_is_not_lost()
    {
        await using var store = fixture.Open();
        await store.Signals.Listening(Cancel);
        using var subscription = store.Signals.Subscribe("busy");
        await Raise(store, "busy");
        Assert.True(await subscription.Wait(TimeSpan.Zero, Cancel));
        Assert.False(await subscription.Wait(TimeSpan.Zero, Cancel));
    }

    [Fact]
    public async Task A_rolled_back_door_wakes_nobody()
    {
        await using var store = fixture.Open();
        await store.Signals.Listening(Cancel);
        using var subscription = store.Signals.Subscribe("never");
        await Assert.ThrowsAsync<UnrecordedActException>(() => store.Act(Actor.System("test"), "x", act =>
        {
            act.Signal("never");
            return Task.CompletedTask;
        }, Cancel));
        Assert.False(await subscription.Wait(TimeSpan.FromMilliseconds(200), Cancel));
    }

    [Fact]
    public async Task A_broken_connection_is_made_again_and_everyone_is_woken_once()
    {
        await using var here = fixture.Open();
        await using var there = fixture.Open();
        using var subscription = there.Signals.Subscribe("after");
        await there.Signals.Listening(Cancel);
        await subscription.Wait(TimeSpan.Zero, Cancel);
        await using (var admin = new NpgsqlConnection(fixture.Admin))
        {
            await admin.OpenAsync(Cancel);
            await using var kill = new NpgsqlCommand(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'", admin);
            await kill.ExecuteNonQueryAsync(Cancel);
        }

        Assert.True(await subscription.Wait(Soon, Cancel));
        await Raise(here, "after");
        Assert.True(await subscription.Wait(Soon, Cancel));
    }
}
