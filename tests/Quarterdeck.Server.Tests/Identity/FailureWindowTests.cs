using Quarterdeck.Server.Identity;

namespace Quarterdeck.Server.Tests.Identity;

public sealed class FailureWindowTests
{
    private readonly SetClock _clock = new();
    private readonly IdentityOptions _options = new() { FailuresAllowed = 3, FailureWindow = TimeSpan.FromMinutes(15) };

    [Fact]
    public void An_address_waits_after_so_many_failures_and_others_do_not()
    {
        var window = new FailureWindow(_options, _clock);
        for (var i = 0; i < 3; i++) window.Failed("10.0.0.1");

        Assert.Equal(TimeSpan.FromMinutes(15), window.WaitOf("10.0.0.1"));
        Assert.Null(window.WaitOf("10.0.0.2"));
    }

    [Fact]
    public void The_wait_ends_with_the_window()
    {
        var window = new FailureWindow(_options, _clock);
        for (var i = 0; i < 3; i++) window.Failed("10.0.0.1");
        _clock.Advance(TimeSpan.FromMinutes(15));

        Assert.Null(window.WaitOf("10.0.0.1"));
        window.Failed("10.0.0.1");
        Assert.Null(window.WaitOf("10.0.0.1"));
    }

    [Fact]
    public void A_proof_that_holds_forgets_the_failures()
    {
        var window = new FailureWindow(_options, _clock);
        window.Failed("10.0.0.1");
        window.Failed("10.0.0.1");
        window.Succeeded("10.0.0.1");
        window.Failed("10.0.0.1");

        Assert.Null(window.WaitOf("10.0.0.1"));
    }
}
