namespace Quarterdeck.Observe.Metrics.Keeping;

/// <summary>How long samples are kept in the database, and how finely.</summary>
public sealed class SampleKeepingOptions
{
    /// <summary>How long every row is kept. At least a day. Default: 14 days.</summary>
    public TimeSpan FullResolution { get; set; } = TimeSpan.FromDays(14);

    /// <summary>
    /// After that one row is kept for each series and interval: the last. Default: 2 minutes, well under the lookback of 5, so that no
    /// graph shows gaps.
    /// </summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>When a day's samples are dropped. Default: 400 days.</summary>
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(400);
}

/// <summary>What is to be done with the days of samples; pure.</summary>
/// <param name="Prepare">Days whose partition is to be made.</param>
/// <param name="Thin">Days to be thinned, oldest first.</param>
/// <param name="Drop">Days to be dropped, oldest first.</param>
public sealed record KeepingPlan(IReadOnlyList<DateOnly> Prepare, IReadOnlyList<DateOnly> Thin, IReadOnlyList<DateOnly> Drop)
{
    /// <summary>The plan for a day.</summary>
    /// <param name="today">The present day, UTC.</param>
    /// <param name="present">Days that have a partition.</param>
    /// <param name="thinned">Days already thinned.</param>
    /// <param name="options">Settings.</param>
    public static KeepingPlan Of(
        DateOnly today, IReadOnlyCollection<DateOnly> present, IReadOnlyCollection<DateOnly> thinned, SampleKeepingOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var dropBefore = today.AddDays(-Math.Max(2, Days(options.Retention)));
        var thinBefore = today.AddDays(-Math.Max(1, Days(options.FullResolution)));
        return new KeepingPlan(
            [.. Enumerable.Range(0, 3).Select(today.AddDays).Except(present)],
            [.. present.Where(d => d < thinBefore && d >= dropBefore).Except(thinned).Order()],
            [.. present.Where(d => d < dropBefore).Order()]);
    }

    private static int Days(TimeSpan span) => (int)Math.Ceiling(span.TotalDays);
}
