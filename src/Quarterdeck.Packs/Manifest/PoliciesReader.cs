using System.Globalization;
using Quarterdeck.Packs.Yaml;

namespace Quarterdeck.Packs.Manifest;

/// <summary>Reads policies.yaml.</summary>
internal static class PoliciesReader
{
    public static PolicyBook Read(YamlMap file)
    {
        var policies = new Dictionary<string, ApprovalPolicy>(StringComparer.Ordinal);
        foreach (var (name, _, value) in file.Map("policies")?.Entries("policy") ?? [])
        {
            if (value.Map() is not { } map) continue;
            if (!map.Has("approvals")) map.Missing("approvals", "Add 'approvals: 2'.");
            var approvals = map.Integer("approvals", 0, 50) ?? ApprovalPolicy.Strict.Approvals;
            policies[name] = new ApprovalPolicy(
                name,
                approvals,
                map.Has("roles") ? map.Texts("roles") : ApprovalPolicy.Strict.Roles,
                map.Flag("requesterCounts") ?? false,
                map.Duration("expires") ?? ApprovalPolicy.Strict.Expires,
                map.Flag("typeTargetName") ?? false)
            {
                Of = map.Integer("of", Math.Max(1, approvals), 500),
                Quiet = map.Map("quietHours") is { } quiet ? Quiet(quiet, approvals) : null,
                Denials = map.Integer("denials", 1, 50) ?? 1,
                BreakGlass = map.Has("breakGlass") ? map.Texts("breakGlass") : [],
            };
            map.Value("roles");
            map.Close();
        }

        var classes = new Dictionary<ActionClass, string>();
        if (file.Map("classes") is { } words)
        {
            foreach (var (word, actionClass) in ProtocolReader.ClassWords)
            {
                if (words.Text(word) is not { } policy) continue;
                if (ReferenceCheck.Known("policy", policy, policies.Keys, words.PositionOf(word), file.Findings))
                    classes[actionClass] = policy;
            }

            words.Close();
        }

        var propose = file.Texts("propose");
        var rehearse = new Dictionary<string, TimeSpan>(StringComparer.Ordinal);
        foreach (var (slug, _, value) in file.Map("rehearse")?.Entries("rehearsal") ?? [])
        {
            if (value.Text() is not { } text) continue;
            if (Durations.TryParse(text, out var within)) rehearse[slug] = within;
            else value.Invalid("a duration such as 7d", $"{slug}: 30d");
        }

        file.Close();
        return new PolicyBook(policies, classes, propose) { Rehearse = rehearse };
    }

    private static QuietHours? Quiet(YamlMap map, int approvals)
    {
        foreach (var key in new[] { "from", "to", "approvals" })
        {
            if (!map.Has(key)) map.Missing(key, "Write quietHours: { from: '22:00', to: '06:00', zone: UTC, approvals: 3 }.");
        }

        var (from, to) = (Time(map, "from"), Time(map, "to"));
        var zone = TimeZoneInfo.Utc;
        if (map.Text("zone") is { } name && !TimeZoneInfo.TryFindSystemTimeZoneById(name, out zone))
        {
            map.Findings.Error(FindingCodes.ValueInvalid, map.PositionOf("zone"), $"There is no time zone '{name}'.", "Write UTC or one such as Europe/Zurich.");
            zone = null;
        }

        var required = map.Integer("approvals", Math.Max(1, approvals), 50);
        map.Close();
        return from is null || to is null || zone is null || required is null ? null : new QuietHours(from.Value, to.Value, zone, required.Value);
    }

    private static TimeOnly? Time(YamlMap map, string key)
    {
        if (map.Text(key) is not { } text) return null;
        if (TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)) return time;
        map.Findings.Error(FindingCodes.ValueInvalid, map.PositionOf(key), $"'{text}' is no time of day.", "Write it as '22:00', in quotes.");
        return null;
    }
}
