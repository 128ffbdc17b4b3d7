using Quarterdeck.Chains.Evm.Rpc;

namespace Quarterdeck.Chains.Tests.Evm.Rpc;

public sealed class RequestRateTests
{
    private readonly JumpingClock _clock = new();

    private Task Take(RequestRate rate, int requests = 1, bool urgent = false, int patience = 30) =>
        rate.Take(requests, urgent, TimeSpan.FromSeconds(patience), "http://node", CancellationToken.None);

    [Fact]
    public async Task A_hundred_requests_at_twenty_a_second_take_five_seconds()
    {
        var rate = new RequestRate(20, _clock);
        for (var i = 0; i < 100; i++) await Take(rate);
        Assert.InRange(_clock.Waited.TotalSeconds, 4.7, 5.0);
    }

    [Fact]
    public async Task Those_of_a_batch_count_each()
    {
        var rate = new RequestRate(20, _clock);
        for (var i = 0; i < 10; i++) await Take(rate, requests: 10);
        Assert.InRange(_clock.Waited.TotalSeconds, 4.2, 5.0);
    }

    [Fact]
    public async Task A_signed_transaction_does_not_wait_and_counts()
    {
        var rate = new RequestRate(1, _clock);
        await Take(rate, requests: 5);
        await Take(rate, urgent: true);
        Assert.Equal(TimeSpan.Zero, _clock.Waited);
        await Take(rate);
        Assert.InRange(_clock.Waited.TotalSeconds, 5.5, 6.0);
    }

    [Fact]
    public async Task Where_the_turn_is_too_far_off_the_request_goes_elsewhere()
    {
        var rate = new RequestRate(1, _clock);
        await Take(rate, requests: 60);
        var limited = await Assert.ThrowsAsync<RateLimitedException>(() => Take(rate));
        Assert.InRange(limited.RetryAfter!.Value.TotalSeconds, 59, 60);
        Assert.Equal(TimeSpan.Zero, _clock.Waited);
    }

    [Fact]
    public void All_connections_to_an_endpoint_share_its_rate() => Assert.Same(
        RequestRate.For(new Uri("http://node.example/key"), 20, _clock), RequestRate.For(new Uri("http://node.example/key"), 20, _clock));

    // Time passes exactly as far as somebody waits for it.
    private sealed class JumpingClock : TimeProvider
    {
        private DateTimeOffset _now = DateTimeOffset.UnixEpoch;

        public TimeSpan Waited => _now - DateTimeOffset.UnixEpoch;

        public override DateTimeOffset GetUtcNow() => _now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime > TimeSpan.Zero) _now += dueTime;
            return System.CreateTimer(callback, state, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }
}
