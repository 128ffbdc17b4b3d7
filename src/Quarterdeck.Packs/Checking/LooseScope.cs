using System.Text.Json;
using System.Text.RegularExpressions;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Packs.Manifest;
using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Packs.Yaml;
using Quarterdeck.Primitives.Findings;

namespace Quarterdeck.Packs.Checking;

/// <summary>What is known where there is no pack: a folder of ABIs and a file of variables.</summary>
public static partial class LooseScope
{
    /// <summary>Reads ABIs from a folder: JSON ABIs and Foundry or Hardhat artifacts, by file name. Others are passed over.</summary>
    public static IReadOnlyList<(string Name, ContractAbi Abi)> Abis(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var abis = new List<(string, ContractAbi)>();
        foreach (var file in Directory.EnumerateFiles(folder, "*.json", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 6, AttributesToSkip = FileAttributes.ReparsePoint }).Order(StringComparer.Ordinal).Take(2_000))
        {
            var unread = new FindingList(file);
            if (!file.EndsWith(".dbg.json", StringComparison.Ordinal) && AbiFile.Load(file, file, Position.WholeFile, unread) is { Functions.Count: > 0 } abi)
                abis.Add((Path.GetFileNameWithoutExtension(file), abi));
        }

        return abis;
    }

    /// <summary>
    /// Reads variables: <c>NAME=value</c> lines with or without <c>export</c>, <c>NAME: value</c> lines, or JSON with texts at any depth,
    /// such as the record of a deployment.
    /// </summary>
    /// <exception cref="AuthorException">The file cannot be read.</exception>
    public static IReadOnlyDictionary<string, string> Variables(string file)
    {
        ArgumentException.ThrowIfNullOrEmpty(file);
        try
        {
            var text = File.ReadAllText(file);
            return text.TrimStart().StartsWith('{') ? FromJson(text) : FromLines(text);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new AuthorException(new Finding(FindingCodes.FileUnreadable, FindingSeverity.Error, file, 0, $"The variables cannot be read: {e.Message}", "Write NAME=value lines, or a JSON object."));
        }
    }

    private static Dictionary<string, string> FromLines(string text)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n').Select(l => l.Trim()))
        {
            if (VariableLine().Match(line) is not { Success: true } match) continue;
            var value = match.Groups[2].Value.Trim();
            var closing = value.Length > 1 && value[0] is '"' or '\'' ? value.IndexOf(value[0], 1) : -1;
            var plain = closing > 0 ? value[1..closing] : value.Split(" #")[0].TrimEnd(';', ' ', '\t');
            // A value may name variables above it; in single quotes a dollar is only a dollar.
            variables[match.Groups[1].Value] = value.StartsWith('\'') ? plain : Reference().Replace(plain, m => variables.GetValueOrDefault(m.Groups[1].Value) ?? m.Value);
        }

        return variables;
    }

    private static Dictionary<string, string> FromJson(string text)
    {
        using var json = JsonDocument.Parse(text);
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        Collect(json.RootElement, 0, variables);
        return variables;
    }

    /// <summary>
    /// Texts by their names, at any depth; an object with an <c>address</c> stands for it under its own name, as in records of
    /// deployments. <c>LagoonVault</c> is <c>LAGOON_VAULT</c> too, as commands would name it.
    /// </summary>
    private static void Collect(JsonElement element, int depth, Dictionary<string, string> variables)
    {
        if (element.ValueKind != JsonValueKind.Object || depth > 6) return;
        foreach (var property in element.EnumerateObject())
        {
            var value = property.Value;
            if (value.ValueKind == JsonValueKind.Object && value.TryGetProperty("address", out var address) && address.ValueKind == JsonValueKind.String) value = address;
            if (value.ValueKind is JsonValueKind.String or JsonValueKind.Number)
            {
                variables.TryAdd(property.Name, value.ToString());
                if (property.Name.Length <= 80) variables.TryAdd(Hump().Replace(property.Name, "_").Replace('-', '_').ToUpperInvariant(), value.ToString());
            }
            else Collect(value, depth + 1, variables);
        }
    }

    [GeneratedRegex("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")]
    private static partial Regex Hump();

    /// <summary>
    /// Brings variables and ABIs together: by name, and where a chain can be asked by the functions that the code at the address
    /// has, which wins. An address whose ABI cannot be told is kept without one.
    /// </summary>
    public static Task<CheckScope> Bind(
        IReadOnlyList<(string Name, ContractAbi Abi)> abis, IReadOnlyDictionary<string, string>? variables, IJsonRpc? rpc, IReadOnlySet<string>? alerts, CancellationToken cancel) =>
        Bind(abis, variables, rpc is null ? null : LiveChains.Of(rpc), alerts, null, cancel);

    /// <summary>As above, over several chains, with the addresses that the runbook itself writes or gives to variables.</summary>
    public static async Task<CheckScope> Bind(
        IReadOnlyList<(string Name, ContractAbi Abi)> abis, IReadOnlyDictionary<string, string>? variables, LiveChains? chains, IReadOnlySet<string>? alerts, RunbookDocument? document, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(abis);
        var contracts = new List<CheckContract>();
        var accounts = new Dictionary<string, Address?>(StringComparer.Ordinal);
        var asked = chains?.All ?? [];
        foreach (var (name, value) in (variables ?? new Dictionary<string, string>()).Concat(Own(document, variables)))
        {
            if (value.Length != 42 || !Address.TryParseAnyCase(value, out var address)) continue;
            var (deployed, on) = (Array.Empty<byte>(), default(LiveChain));
            foreach (var chain in asked)
            {
                if ((deployed = await DeployedCode.Of(chain.Reader, address, chain.Code, cancel)).Length == 0) continue;
                on = chain;
                break;
            }

            var named = name.StartsWith("0x", StringComparison.Ordinal) ? null : ByName(abis, name);
            var found = ByCode(abis, name, deployed) ?? (deployed.Length > 0 && !DeployedCode.Delegates(deployed) && named is { } byName && Share(byName.Abi, deployed) < 0.5 ? null : named);
            if (asked.Count > 0 && deployed.Length == 0 || deployed.Length == 0 && found is null)
            {
                if (!name.StartsWith("0x", StringComparison.Ordinal)) foreach (var account in AccountNames(name)) accounts[account] = address;
                if (found is null || IsAccountName(name)) continue;
            }

            contracts.Add(new CheckContract(found?.Name ?? name, found?.Abi, address, new ContractDefinition(found?.Name ?? name, "", null, found?.Abi) { Variables = [name] })
            {
                Code = deployed,
                Forwards = deployed.Length > 0 && DeployedCode.Delegates(deployed),
                IsDiamond = on is not null && DeployedCode.Delegates(deployed) && await IsDiamond(on, address, cancel),
            });
        }

        foreach (var (name, abi) in abis.Where(a => contracts.All(c => c.Name != a.Name)))
            contracts.Add(new CheckContract(name, abi, null, new ContractDefinition(name, "", null, abi)));
        return new CheckScope { Contracts = contracts, Variables = variables, Accounts = accounts, Alerts = alerts };
    }

    /// <summary>Addresses that the runbook gives to variables, or writes where a contract is meant.</summary>
    private static IEnumerable<KeyValuePair<string, string>> Own(RunbookDocument? document, IReadOnlyDictionary<string, string>? variables)
    {
        if (document is null) return [];
        var assigned = Assignments.Of(document, new CheckScope { Contracts = [], Variables = variables });
        var literals = document.Runbooks.SelectMany(r => r.Steps).SelectMany(s => s.Inside.Prepend(s)).SelectMany(CallCheck.CallsOf).Select(c => c.Target)
            .Where(t => t.IsLiteral && t.Text.Length == 42).Select(t => t.Text).Distinct(StringComparer.OrdinalIgnoreCase)
            .Where(t => variables?.Values.Concat(assigned.Values).Contains(t, StringComparer.OrdinalIgnoreCase) != true);
        return assigned.Where(a => variables?.GetValueOrDefault(a.Key) != a.Value).Concat(literals.Select(l => KeyValuePair.Create(l, l)));
    }

    private static async Task<bool> IsDiamond(LiveChain chain, Address address, CancellationToken cancel)
    {
        try
        {
            // EIP-2535: facetAddress(bytes4) answers for any selector.
            return (await chain.Reader.Call(new CallRequest(address, AbiFunction.Parse("facetAddress(bytes4)").EncodeCall(new byte[4])), cancel: cancel)).Length == 32;
        }
        catch (RpcException)
        {
            return false;
        }
    }

    private static bool IsAccountName(string name) => AccountWord().IsMatch(name);

    [GeneratedRegex(@"(?:^|_)(?:DEPLOYER|OWNER|ADMIN|GUARDIAN|OPERATOR|OPS|SENDER|USER|ACCOUNT|SIGNER|KEEPER|RELAYER|MULTISIG|SAFE|WALLET|EOA|FROM|PAUSER|MINTER|ALICE|BOB)(?:_ADDRESS|_ADDR)?\d*$", RegexOptions.IgnoreCase)]
    private static partial Regex AccountWord();

    private static IEnumerable<string> AccountNames(string variable)
    {
        yield return variable;
        var plain = AddressSuffix().Replace(variable, "");
        yield return plain;
        yield return plain.ToLowerInvariant();
        yield return plain.ToLowerInvariant().Replace('_', '-');
    }

    private static (string Name, ContractAbi Abi)? ByName(IReadOnlyList<(string Name, ContractAbi Abi)> abis, string variable)
    {
        var wanted = Plain(AddressSuffix().Replace(variable, ""));
        if (wanted.Length < 3) return null;
        var scored = abis.Select(a => (a, Score: Score(wanted, Plain(a.Name)))).Where(a => a.Score > 0).OrderByDescending(a => a.Score).ToArray();
        return scored.Length == 0 || scored.Length > 1 && scored[0].Score == scored[1].Score ? null : scored[0].a;
    }

    private static int Score(string wanted, string name)
    {
        var unversioned = Version().Replace(name, "");
        if (name == wanted) return 4;
        if (unversioned == wanted) return 3;
        return name.StartsWith(wanted, StringComparison.Ordinal) || wanted.EndsWith(unversioned, StringComparison.Ordinal) && unversioned.Length >= 4 ? 2 : 0;
    }

    /// <summary>The ABI of which the code has nearly every function; of several the one with the most, then the one that is named so.</summary>
    private static (string Name, ContractAbi Abi)? ByCode(IReadOnlyList<(string Name, ContractAbi Abi)> abis, string variable, byte[] code)
    {
        if (code.Length == 0) return null;
        var wanted = Plain(AddressSuffix().Replace(variable, ""));
        var fitting = abis.Where(a => Share(a.Abi, code) >= 0.9).OrderByDescending(a => Score(wanted, Plain(a.Name))).ThenByDescending(a => a.Abi.Functions.Count).ToArray();
        if (fitting.Length == 0) return null;
        return Score(wanted, Plain(fitting[0].Name)) > 0 ? fitting[0] : fitting.MaxBy(a => a.Abi.Functions.Count);
    }

    private static double Share(ContractAbi abi, byte[] code) => abi.Functions.Count(f => DeployedCode.Has(code, f.Selector)) / (double)Math.Max(1, abi.Functions.Count);

    private static string Plain(string name) => name.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();

    [GeneratedRegex(@"^(?:(?:export|set|setx|declare -x|readonly)\s+)?([A-Za-z_]\w*)\s*=\s*(.*)$|^(?<1>[A-Z][A-Z0-9_]+):\s+(?<2>\S.*)$")]
    private static partial Regex VariableLine();

    [GeneratedRegex(@"\$\{?([A-Za-z_]\w*)\}?")]
    private static partial Regex Reference();

    [GeneratedRegex(@"_?(?:ADDRESS|ADDR|CONTRACT|PROXY)$", RegexOptions.IgnoreCase)]
    private static partial Regex AddressSuffix();

    [GeneratedRegex(@"v\d+$")]
    private static partial Regex Version();
}
