namespace Quarterdeck.Packs.Notifications;

/// <summary>
/// A recurring span of local time, as in Alertmanager: every part that is given must hold. Local time is that of an IANA zone, so
/// a working day begins at nine o'clock in summer and in winter.
/// </summary>
public sealed record TimeInterval
{
    /// <summary>Minutes of the day, the end not included; empty for all.</summary>
    public IReadOnlyList<(int Start, int End)> Times { get; init; } = [];

    /// <summary>Days of the week, Sunday is 0; both ends included.</summary>
    public IReadOnlyList<(int Start, int End)> Weekdays { get; init; } = [];

    /// <summary>Days of the month; negative ones count from its end. Both ends included.</summary>
    public IReadOnlyList<(int Start, int End)> DaysOfMonth { get; init; } = [];

    /// <summary>Months, 1 to 12; both ends included.</summary>
    public IReadOnlyList<(int Start, int End)> Months { get; init; } = [];

    /// <summary>Years; both ends included.</summary>
    public IReadOnlyList<(int Start, int End)> Years { get; init; } = [];

    /// <summary>Whose local time. UTC where not given.</summary>
    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>Whether the moment is inside.</summary>
    public bool Contains(DateTimeOffset at)
    {
        var local = TimeZoneInfo.ConvertTime(at, Zone);
        var minute = local.Hour * 60 + local.Minute;
        return (Times.Count == 0 || Times.Any(t => minute >= t.Start && minute < t.End))
            && Within(Weekdays, (int)local.DayOfWeek) && Within(Months, local.Month) && Within(Years, local.Year)
            && (DaysOfMonth.Count == 0 || DaysOfMonth.Any(d => Holds(d, local.Day, DateTime.DaysInMonth(local.Year, local.Month))));
    }

    private static bool Within(IReadOnlyList<(int Start, int End)> ranges, int value) =>
        ranges.Count == 0 || ranges.Any(r => value >= r.Start && value <= r.End);

    private static bool Holds((int Start, int End) range, int day, int days)
    {
        var start = range.Start < 0 ? Math.Max(1, days + range.Start + 1) : range.Start;
        var end = range.End < 0 ? days + range.End + 1 : Math.Min(range.End, days);
        return start <= days && day >= start && day <= end;
    }
}
