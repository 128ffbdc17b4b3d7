using System.Text.RegularExpressions;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Packs.Yaml;

namespace Quarterdeck.Packs.Environments;

/// <summary>
/// Fills <c>${…}</c>: <c>${NAME}</c> and <c>${env:NAME}</c> from the process's environment, <c>${contract:NAME}</c> and
/// <c>${account:NAME}</c> with addresses. One pass: what is filled in is not expanded again.
/// </summary>
internal sealed partial class EnvironmentExpansion(
    Func<string, string?> process, FindingList findings, IReadOnlyDictionary<string, Address> contracts,
    IReadOnlyDictionary<string, EnvironmentAccount> accounts)
{
    public string? Expand(string text, Position at, bool optional = false)
    {
        var failed = false;
        var result = Placeholder().Replace(text, match =>
        {
            var (kind, name) = (match.Groups["kind"].Value, match.Groups["name"].Value);
            var value = kind switch
            {
                "contract" => contracts.TryGetValue(name, out var address) ? address.ToString() : null,
                "account" => accounts.GetValueOrDefault(name)?.Address?.ToString(),
                _ => process(name) is { Length: > 0 } set ? set : match.Groups["default"].Success ? match.Groups["default"].Value : null,
            };
            if (value is not null) return value;
            failed = true;
            if (optional) findings.Warning(FindingCodes.VariableUnset, at, Unset(kind, name), Remedy(kind, name));
            else findings.Error(FindingCodes.VariableUnset, at, Unset(kind, name), Remedy(kind, name));
            return "";
        });
        return failed ? null : result;
    }

    private static string Unset(string kind, string name) => kind switch
    {
        "contract" => $"'${{contract:{name}}}' has no address.",
        "account" => $"'${{account:{name}}}' has no address.",
        _ => $"The environment variable {name} is not set.",
    };

    private string Remedy(string kind, string name) => kind switch
    {
        "contract" => NearestName.Suggest(name, contracts.Keys, "Name a contract of the pack that has an address here."),
        "account" => NearestName.Suggest(name, accounts.Keys, "Name an account of this environment and give it an address."),
        _ => $"Set {name} where the process starts, or write the value.",
    };

    [GeneratedRegex(@"\$\{(?:(?<kind>env|contract|account):)?(?<name>[A-Za-z_][A-Za-z0-9_.-]*?)(?::-(?<default>[^}]*))?\}")]
    private static partial Regex Placeholder();
}
