using Quarterdeck.Packs.Yaml;
using Quarterdeck.Primitives.Findings;

namespace Quarterdeck.Packs.Notifications;

/// <summary>Reads a notification plan from a file: a pack's <c>notifications.yaml</c>, or the server's own.</summary>
public static class NotificationFile
{
    /// <summary>Reads it; the plan is null where a finding is an error.</summary>
    public static (NotificationPlan? Plan, IReadOnlyList<Finding> Findings) Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var findings = new FindingList(path);
        return YamlFile.Load(path, findings) is { } map ? Read(map, findings) : (null, findings.All);
    }

    /// <summary>Reads a text.</summary>
    public static (NotificationPlan? Plan, IReadOnlyList<Finding> Findings) Parse(string path, string text)
    {
        var findings = new FindingList(path);
        return YamlFile.Parse(text, findings) is { } map ? Read(map, findings) : (null, findings.All);
    }

    private static (NotificationPlan?, IReadOnlyList<Finding>) Read(YamlMap map, FindingList findings)
    {
        var plan = NotificationsReader.Read(map);
        return (findings.HasErrors ? null : plan, findings.All);
    }
}
