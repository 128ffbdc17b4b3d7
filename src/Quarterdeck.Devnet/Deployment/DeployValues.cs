using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;
using Quarterdeck.Chains.Evm;

namespace Quarterdeck.Devnet.Deployment;

/// <summary>
/// Arguments as pack authors write them: <c>@Name</c> is the address of a deployed contract, <c>#name</c> that of an
/// account, <c>role:NAME</c> the Keccak-256 of a role's name (DEFAULT_ADMIN_ROLE is zero), <c>2500e8</c> an integer with
/// a power of ten, <c>[a,b]</c> a list; anything else is taken as written.
/// </summary>
public sealed partial class DeployValues(
    IReadOnlyDictionary<string, Address> contracts, IReadOnlyDictionary<string, Address> accounts)
{
    /// <summary>The text as cast would take it.</summary>
    /// <exception cref="FormatException">A contract or account is unknown; the message lists those that are.</exception>
    public string Resolve(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.StartsWith('[') && text.EndsWith(']'))
            return $"[{string.Join(',', Elements(text[1..^1]).Select(Resolve))}]";
        if (text.StartsWith('@')) return Known(contracts, text[1..], "contract");
        if (text.StartsWith('#')) return Known(accounts, text[1..], "account");
        if (text.StartsWith("role:", StringComparison.Ordinal))
            return (text == "role:DEFAULT_ADMIN_ROLE" ? default : Keccak256.Hash(text[5..])).ToString();
        return Scientific().Match(text) is { Success: true } number ? Integer(number, text) : text;
    }

    /// <summary>Replaces <c>@Name</c> and <c>#name</c> within a text, for RPC parameters.</summary>
    public string ResolveWithin(string text) =>
        Reference().Replace(text, match => Resolve(match.Value));

    private static string Known(IReadOnlyDictionary<string, Address> known, string name, string kind) =>
        known.TryGetValue(name, out var address)
            ? address.ToString()
            : throw new FormatException($"There is no {kind} '{name}'. Known are {string.Join(", ", known.Keys)}.");

    private static string Integer(Match number, string text)
    {
        var fraction = number.Groups["fraction"].Value;
        var exponent = int.Parse(number.Groups["exponent"].Value, CultureInfo.InvariantCulture) - fraction.Length;
        if (exponent < 0) throw new FormatException($"'{text}' is not an integer: it has more decimals than its exponent.");
        var digits = BigInteger.Parse(number.Groups["whole"].Value + fraction, CultureInfo.InvariantCulture);
        return (digits * BigInteger.Pow(10, exponent)).ToString(CultureInfo.InvariantCulture);
    }

    private static IEnumerable<string> Elements(string list)
    {
        var (depth, start) = (0, 0);
        for (var i = 0; i < list.Length; i++)
        {
            if (list[i] == '[') depth++;
            else if (list[i] == ']') depth--;
            else if (list[i] == ',' && depth == 0)
            {
                yield return list[start..i].Trim();
                start = i + 1;
            }
        }

        if (list.Trim().Length > 0) yield return list[start..].Trim();
    }

    [GeneratedRegex(@"^(?<whole>-?\d+)(\.(?<fraction>\d+))?e(?<exponent>\d{1,2})$")]
    private static partial Regex Scientific();

    [GeneratedRegex(@"(?<![\w])[@#][A-Za-z_][A-Za-z0-9_]*")]
    private static partial Regex Reference();
}
