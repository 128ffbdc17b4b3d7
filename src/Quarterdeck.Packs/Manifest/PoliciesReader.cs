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
            policies[name] = new ApprovalPolicy(
                name,
                map.Integer("approvals", 0, 50) ?? ApprovalPolicy.Strict.Approvals,
                map.Has("roles") ? map.Texts("roles") : ApprovalPolicy.Strict.Roles,
                map.Flag("requesterCounts") ?? false,
                map.Duration("expires") ?? ApprovalPolicy.Strict.Expires,
                map.Flag("typeTargetName") ?? false);
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
        file.Close();
        return new PolicyBook(policies, classes, propose);
    }
}
