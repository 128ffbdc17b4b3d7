using Quarterdeck.Packs.Yaml;

namespace Quarterdeck.Packs.Manifest;

/// <summary>Reads schedules.yaml.</summary>
internal static class SchedulesReader
{
    public static IReadOnlyList<Schedule> Read(YamlMap file)
    {
        var schedules = new List<Schedule>();
        foreach (var (name, _, value) in file.Map("schedules")?.Entries("schedule") ?? [])
        {
            if (value.Map() is not { } map) continue;
            var cron = map.RequiredText("cron", "Add 'cron: \"0 9 * * *\"'.");
            if (cron.Length > 0 && cron.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length != 5)
            {
                file.Findings.Error(FindingCodes.ValueInvalid, map.PositionOf("cron"), $"'{cron}' is not a cron expression.",
                    "Write five fields: minute hour day-of-month month day-of-week, such as \"0 9 * * *\".");
            }

            var zone = map.Text("timezone") ?? "UTC";
            if (!TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _))
            {
                file.Findings.Error(FindingCodes.ValueInvalid, map.PositionOf("timezone"), $"There is no time zone '{zone}'.",
                    "Use an IANA name such as Europe/Berlin, or UTC.");
            }

            schedules.Add(new Schedule(name, cron, zone, map.RequiredText("runbook", "Add 'runbook:' with the slug of a runbook."),
                map.Text("owner") ?? "", map.Duration("deadline")));
            map.Close();
        }

        file.Close();
        return schedules;
    }
}
