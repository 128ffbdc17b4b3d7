using System.Globalization;
using Quarterdeck.Packs.Yaml;

namespace Quarterdeck.Packs.Notifications;

/// <summary>Reads one time interval: <c>times</c>, <c>weekdays</c>, <c>days_of_month</c>, <c>months</c>, <c>years</c>, <c>location</c>.</summary>
internal static class TimeIntervalReader
{
    private static readonly string[] Days = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
    private static readonly string[] MonthNames =
        ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];

    public static TimeInterval? Read(YamlValue value)
    {
        if (value.Map() is not { } map) return null;
        var zone = TimeZoneInfo.Utc;
        if (map.Text("location") is { } location && !TimeZoneInfo.TryFindSystemTimeZoneById(location, out zone!))
        {
            map.Findings.Error(FindingCodes.ValueInvalid, map.PositionOf("location"), $"There is no time zone '{location}'.",
                "Use an IANA name such as Europe/Berlin, or UTC.");
            zone = TimeZoneInfo.Utc;
        }

        var interval = new TimeInterval
        {
            Times = [.. map.List("times").Select(t => t.Map()).OfType<YamlMap>().Select(ReadTime)],
            Weekdays = Ranges(map, "weekdays", text => Array.IndexOf(Days, text.ToLowerInvariant()) is >= 0 and var day ? day : null),
            DaysOfMonth = Ranges(map, "days_of_month", text => Number(text) is { } day && Math.Abs(day) is >= 1 and <= 31 ? day : null),
            Months = Ranges(map, "months", text =>
                Array.IndexOf(MonthNames, text.ToLowerInvariant()) is >= 0 and var month ? month + 1 : Number(text) is >= 1 and <= 12 and var n ? n : null),
            Years = Ranges(map, "years", text => Number(text) is > 0 and var year ? year : null),
            Zone = zone,
        };
        map.Close();
        return interval;
    }

    private static (int, int) ReadTime(YamlMap map)
    {
        var (start, end) = (Minute(map, "start_time"), Minute(map, "end_time"));
        if (end <= start)
            map.Findings.Error(FindingCodes.ValueInvalid, map.At, "The end of a time is not after its start.", "A span over midnight is written as two.");
        map.Close();
        return (start, end);
    }

    private static int Minute(YamlMap map, string key)
    {
        var text = map.RequiredText(key, $"Add '{key}: \"09:00\"'.");
        if (text == "24:00") return 1440;
        if (TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)) return time.Hour * 60 + time.Minute;
        map.Findings.Error(FindingCodes.ValueInvalid, map.PositionOf(key), $"'{text}' is not a time of day.", "Write two digits each, such as \"09:00\".");
        return 0;
    }

    private static List<(int, int)> Ranges(YamlMap map, string key, Func<string, int?> parse)
    {
        var ranges = new List<(int, int)>();
        foreach (var value in map.List(key))
        {
            if (value.Text() is not { } text) continue;
            var ends = text.Split(':');
            var (start, end) = (parse(ends[0].Trim()), parse(ends[^1].Trim()));
            if (ends.Length <= 2 && start is { } from && end is { } to && (from <= to || from > 0 && to < 0)) ranges.Add((from, to));
            else value.Invalid($"one of {key} or a range of them, such as {(key == "weekdays" ? "monday:friday" : "1:5")}", $"{key}: ['{(key == "weekdays" ? "monday:friday" : "1:5")}']");
        }

        return ranges;
    }

    private static int? Number(string text) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
}
