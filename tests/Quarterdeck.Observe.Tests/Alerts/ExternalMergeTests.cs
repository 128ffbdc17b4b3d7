using Quarterdeck.Observe.Alerts.External;
using Quarterdeck.PromQL;

namespace Quarterdeck.Observe.Tests.Alerts;

public sealed class ExternalMergeTests
{
    private static readonly DateTimeOffset Noon = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(5);

    [Fact]
    public void An_alert_without_times_begins_now_and_ends_when_nothing_more_is_heard() =>
        Assert.Equal(new ExternalSpan(Noon, Noon + Timeout, true, true), Merge(null, null, null));

    [Fact]
    public void An_end_that_was_told_beats_one_that_is_assumed() =>
        Assert.Equal(Noon.AddHours(1), Merge(new ExternalSpan(Noon.AddMinutes(-9), Noon.AddHours(1), false, true), null, null)!.EndsAt);

    [Fact]
    public void The_earliest_start_is_kept()
    {
        var known = new ExternalSpan(Noon.AddMinutes(-9), Noon.AddMinutes(1), true, true);
        Assert.Equal(Noon.AddMinutes(-9), Merge(known, Noon.AddMinutes(-3), null)!.StartsAt);
        Assert.Equal(Noon.AddMinutes(-20), Merge(known, Noon.AddMinutes(-20), null)!.StartsAt);
    }

    [Fact]
    public void An_end_in_the_past_resolves_and_one_of_an_earlier_time_does_not()
    {
        var known = new ExternalSpan(Noon.AddMinutes(-9), Noon.AddMinutes(1), true, true);
        Assert.False(Merge(known, Noon.AddMinutes(-9), Noon.AddSeconds(-1))!.Firing);
        Assert.Null(Merge(known, Noon.AddMinutes(-60), Noon.AddMinutes(-50)));
    }

    [Fact]
    public void A_late_message_of_a_time_whose_end_was_told_opens_nothing_and_a_new_time_does()
    {
        var ended = new ExternalSpan(Noon.AddMinutes(-9), Noon.AddMinutes(-1), false, false);
        Assert.Null(Merge(ended, Noon.AddMinutes(-9), null));
        Assert.Null(Merge(ended, Noon.AddMinutes(-9), Noon.AddMinutes(-1)));
        Assert.True(Merge(ended, Noon.AddSeconds(-10), null)!.Firing);
        // One that only fell silent may be heard again.
        Assert.True(Merge(ended with { TimedOut = true }, Noon.AddMinutes(-9), null)!.Firing);
    }

    [Fact]
    public void The_end_of_something_never_heard_of_is_nothing() => Assert.Null(Merge(null, Noon.AddMinutes(-9), Noon.AddMinutes(-1)));

    [Fact]
    public void What_has_no_label_or_ends_before_it_begins_is_refused()
    {
        Assert.NotNull(new IncomingAlert(Labels.Empty, Labels.Empty, null, null, "").Refusal);
        Assert.NotNull(new IncomingAlert(Labels.Of("a", "b"), Labels.Empty, Noon, Noon.AddSeconds(-1), "").Refusal);
        Assert.NotNull(new IncomingAlert(Labels.Of("a-b", "c"), Labels.Empty, null, null, "").Refusal);
        Assert.Null(new IncomingAlert(Labels.Of("a", "b"), Labels.Empty, null, null, "").Refusal);
    }

    private static ExternalSpan? Merge(ExternalSpan? known, DateTimeOffset? starts, DateTimeOffset? ends) =>
        ExternalMerge.Merge(known, new IncomingAlert(Labels.Of("a", "b"), Labels.Empty, starts, ends, ""), Noon, Timeout);
}
