namespace Quarterdeck.Packs.Manifest;

/// <summary>A runbook that is due at set times.</summary>
/// <param name="Name">Name in schedules.yaml.</param>
/// <param name="Cron">Five-field cron expression.</param>
/// <param name="TimeZone">IANA zone; <c>UTC</c> where not said.</param>
/// <param name="Runbook">Slug of the runbook.</param>
/// <param name="Owner">Role or operator who does it; empty where not said.</param>
/// <param name="Deadline">How long after it is due it counts as missed; null where never.</param>
public sealed record Schedule(
    string Name, string Cron, string TimeZone, string Runbook, string Owner, TimeSpan? Deadline);
