using Npgsql;
using Quarterdeck.Primitives.Audit;

namespace Quarterdeck.Store.Tests.Coordination;

public sealed class LeaseTests(StoreFixture fixture) : IClassFixture<StoreFixture>
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Only_one_of_many_gets_a_lease_and_each_new_holder_has_a_greater_fence()
    {
        await using var one = fixture.Open();
        await using var two = fixture.Open();
        var got = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => (i % 2 == 0 ? one : two).Leases.TryAcquire("work", Long, Cancel)));
        var first = Assert.Single(got, l => l is not null)!;
        await one.Leases.Release(first, Cancel);
        var second = await two.Leases.TryAcquire("work", Long, Cancel);
        Assert.True(second!.Fence > first.Fence);
        Assert.False(await one.Leases.Renew(first, Long, Cancel));
        Assert.True(await two.Leases.Renew(second, Long, Cancel));
    }

    [Fact]
    public async Task An_expired_lease_is_taken_over_and_its_old_holder_can_write_no_more()
    {
        await using var one = fixture.Open();
        await using var two = fixture.Open();
        var old = (await one.Leases.TryAcquire("paused", Long, Cancel))!;
        await Expire("paused");
        var taken = (await two.Leases.TryAcquire("paused", Long, Cancel))!;

        Task Write(OperationsStore store, Lease lease) => store.Act(Actor.System("runs"), "step", async act =>
        {
            await act.RequireLease(lease);
            act.Record("step.done", "run_1");
        }, Cancel);

        var error = await Assert.ThrowsAsync<LeaseLostException>(() => Write(one, old));
        Assert.Equal(old, error.Lease);
        await Write(two, taken);
        await two.Leases.Release(taken, Cancel);
        await Assert.ThrowsAsync<LeaseLostException>(() => Write(two, taken));
    }

    [Fact]
    public async Task A_lease_cannot_be_taken_over_while_its_holder_writes_under_it()
    {
        await using var one = fixture.Open();
        await using var two = fixture.Open();
        var lease = (await one.Leases.TryAcquire("busy", Long, Cancel))!;
        await Expire("busy");
        await one.Ingest(FactSource.Clock(default), async write =>
        {
            await write.RequireLease(lease);
            Assert.Null(await two.Leases.TryAcquire("busy", Long, Cancel));
        }, Cancel);
        Assert.NotNull(await two.Leases.TryAcquire("busy", Long, Cancel));
    }

    private async Task Expire(string name)
    {
        await using var admin = new NpgsqlConnection(fixture.Admin);
        await admin.OpenAsync(Cancel);
        await using var expire = new NpgsqlCommand("UPDATE store.leases SET expires_at = '-infinity' WHERE name = $1", admin)
        {
            Parameters = { new() { Value = name } },
        };
        Assert.Equal(1, await expire.ExecuteNonQueryAsync(Cancel));
    }
}
