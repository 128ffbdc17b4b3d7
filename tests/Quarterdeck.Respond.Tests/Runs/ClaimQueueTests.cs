using Quarterdeck.Respond.Runs.Engine;

namespace Quarterdeck.Respond.Tests.Runs;

/// <summary>Who goes on when the run before them ends.</summary>
public sealed class ClaimQueueTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 3, 0, 0, TimeSpan.Zero);
    private readonly ClaimQueue _queue = new();

    [Fact]
    public void One_goes_on_when_the_run_before_it_ends_and_the_others_wait_behind_that_one()
    {
        foreach (var run in new[] { "b", "c", "d" }) _queue.Wait(run, "a", Now);
        _queue.Forget(["a", "b", "c", "d"]);
        Assert.Equal([true, true, true], new[] { "b", "c", "d" }.Select(run => _queue.Waits(run, Now)));

        _queue.Forget(["b", "c", "d"]);
        Assert.Equal([false, true, true], new[] { "b", "c", "d" }.Select(run => _queue.Waits(run, Now)));

        _queue.Forget(["c", "d"]);
        Assert.Equal([false, true], new[] { "c", "d" }.Select(run => _queue.Waits(run, Now)));
    }

    [Fact]
    public void Nobody_waits_longer_than_a_moment_without_looking_at_the_claims_again()
    {
        _queue.Wait("b", "a", Now);
        _queue.Forget(["a", "b"]);
        Assert.False(_queue.Waits("b", Now.AddSeconds(5)));
    }

    [Fact]
    public void A_run_that_waits_for_nobody_goes_on() => Assert.False(_queue.Waits("b", Now));
}
