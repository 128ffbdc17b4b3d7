using System.Text.Json.Nodes;
using Quarterdeck.Primitives.Findings;

namespace Quarterdeck.Packs.Checking;

/// <summary>Findings as SARIF 2.1.0. Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/</summary>
public static class Sarif
{
    /// <summary>The log of one run.</summary>
    public static JsonObject Log(IReadOnlyList<Finding> findings, string version)
    {
        ArgumentNullException.ThrowIfNull(findings);
        var codes = FindingCodes.All.ToDictionary(c => c.Code, StringComparer.Ordinal);
        var used = findings.Select(f => f.Code).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        return new JsonObject
        {
            ["$schema"] = "https://json.schemastore.org/sarif-2.1.0.json",
            ["version"] = "2.1.0",
            ["runs"] = new JsonArray(new JsonObject
            {
                ["tool"] = new JsonObject
                {
                    ["driver"] = new JsonObject
                    {
                        ["name"] = "quarterdeck",
                        ["version"] = version,
                        ["rules"] = new JsonArray([.. used.Select(code => (JsonNode)new JsonObject
                        {
                            ["id"] = code,
                            ["shortDescription"] = Text(codes.GetValueOrDefault(code)?.Title ?? code),
                            ["fullDescription"] = Text(codes.GetValueOrDefault(code)?.Explanation ?? code),
                        })]),
                    },
                },
                ["columnKind"] = "utf16CodeUnits",
                ["results"] = new JsonArray([.. findings.Select(f => (JsonNode)Result(f, used.IndexOf(f.Code)))]),
            }),
        };
    }

    private static JsonObject Result(Finding finding, int rule)
    {
        var location = new JsonObject { ["artifactLocation"] = new JsonObject { ["uri"] = finding.File.Replace('\\', '/') } };
        if (finding.Line > 0)
        {
            var region = new JsonObject { ["startLine"] = finding.Line };
            if (finding.Column > 0) region["startColumn"] = finding.Column;
            location["region"] = region;
        }

        return new JsonObject
        {
            ["ruleId"] = finding.Code,
            ["ruleIndex"] = rule,
            ["level"] = finding.Severity switch { FindingSeverity.Error => "error", FindingSeverity.Warning => "warning", _ => "note" },
            ["message"] = Text($"{finding.Message} {finding.Remedy}"),
            ["locations"] = new JsonArray(new JsonObject { ["physicalLocation"] = location }),
        };
    }

    private static JsonObject Text(string text) => new() { ["text"] = text };
}
