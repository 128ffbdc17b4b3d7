using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Devnet.Chain;
using Quarterdeck.Devnet.Keys;
using Quarterdeck.Primitives.Findings;

namespace Quarterdeck.Devnet.Deployment;

/// <summary>Brings a pack's contracts to a development chain as contracts/deploy.yaml says, in its order.</summary>
public sealed class PackDeployer(DevnetRpc rpc)
{
    private const string Proxy = "ERC1967Proxy";

    private readonly DevnetSender _sender = new(rpc);
    private readonly Dictionary<string, ContractAbi> _artifacts = [];

    /// <summary>True where the pack has something to deploy.</summary>
    public static bool CanDeploy(string packRoot) => File.Exists(Path.Combine(packRoot, "contracts", "deploy.yaml"));

    /// <summary>SHA-256 over deploy.yaml and the compiled contracts: changes when a deployment would come out differently.</summary>
    public static async Task<string> SourceOf(string packRoot, CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var abis = Path.Combine(packRoot, "abis");
        var files = Directory.Exists(abis) ? Directory.EnumerateFiles(abis, "*.json").Order(StringComparer.Ordinal) : Enumerable.Empty<string>();
        foreach (var file in files.Prepend(Path.Combine(packRoot, "contracts", "deploy.yaml")))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(Path.GetFileName(file)));
            hash.AppendData(await File.ReadAllBytesAsync(file, cancel));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The accounts that deploy.yaml names, with their keys.</summary>
    public static IReadOnlyDictionary<string, DevKey> Accounts(string packRoot) =>
        DeployFile.Load(packRoot).Accounts.ToDictionary(entry => entry.Key, entry => DevKey.Account(entry.Value));

    /// <summary>True where every contract of an earlier deployment still has code on this chain.</summary>
    public async Task<bool> IsThere(DeployedPack deployed, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(deployed);
        foreach (var address in deployed.Contracts.Values)
            if ((await rpc.Send("eth_getCode", [address.ToString(), "latest"], cancel)).GetString() is null or "0x") return false;
        return true;
    }

    /// <summary>Runs every step. Quick only while the chain mines each transaction at once.</summary>
    /// <exception cref="AuthorException">A step cannot be run; the finding names its line and what the chain says.</exception>
    public async Task<DeployedPack> Deploy(string packRoot, CancellationToken cancel)
    {
        var file = DeployFile.Load(packRoot);
        var accounts = file.Accounts.ToDictionary(entry => entry.Key, entry => DevKey.Account(entry.Value).Address);
        var contracts = new Dictionary<string, Address>();
        var abis = new Dictionary<string, ContractAbi>();
        var values = new DeployValues(contracts, accounts);
        var block = DevnetRpc.Quantity(await rpc.Send("eth_blockNumber", [], cancel)) + 1;
        foreach (var step in file.Steps)
        {
            try
            {
                if (step is DeployContract contract)
                {
                    abis[contract.Name] = Artifact(packRoot, contract.Artifact);
                    contracts[contract.Name] = await Create(packRoot, contract, values, accounts[step.Account], cancel);
                }
                else if (step is DeployCall call)
                {
                    if (!abis.TryGetValue(call.Contract, out var abi))
                        throw new FormatException($"'{call.Contract}' is not deployed above this line. Deployed are {string.Join(", ", abis.Keys)}.");
                    var function = abi.FindFunction(call.Function) ?? throw new FormatException(
                        $"{call.Contract} has no function {call.Function}. Nearest: {string.Join(", ", abi.Nearest(call.Function))}.");
                    var value = call.Value is { } wei ? BigInteger.Parse(values.Resolve(wei), System.Globalization.CultureInfo.InvariantCulture) : 0;
                    await _sender.Send(accounts[step.Account], contracts[call.Contract], Encode(function, call.Arguments, values), value, cancel);
                }
            }
            catch (Exception problem) when (problem is DevnetException or FormatException or IOException)
            {
                throw DeployFile.Bad(step.Line, $"{Describe(step)} cannot be run: {Explain(problem, abis)}", "Mend the step, or what it depends on above.");
            }
        }

        return new DeployedPack(contracts, accounts, block, await SourceOf(packRoot, cancel));
    }

    /// <summary>Calldata of a function with arguments as authors write them.</summary>
    public static byte[] Encode(AbiFunction function, IReadOnlyList<string> arguments, DeployValues values)
    {
        ArgumentNullException.ThrowIfNull(function);
        return function.EncodeCall(function.ParseArguments([.. arguments.Select(values.Resolve)]));
    }

    private async Task<Address> Create(string packRoot, DeployContract step, DeployValues values, Address from, CancellationToken cancel)
    {
        var abi = Artifact(packRoot, step.Artifact);
        var address = await Create(abi.EncodeDeployment(Parse(abi, step.Arguments, values)), from, cancel);
        if (step.Proxy is not { } proxy) return address;
        var initialize = abi.FindFunction(proxy.Initialize) ?? throw new FormatException(
            $"{step.Artifact} has no function {proxy.Initialize}. Nearest: {string.Join(", ", abi.Nearest(proxy.Initialize))}.");
        var calldata = Encode(initialize, proxy.Arguments, values);
        return await Create(Artifact(packRoot, Proxy).EncodeDeployment(address, calldata), from, cancel);
    }

    private async Task<Address> Create(byte[] code, Address from, CancellationToken cancel) =>
        (await _sender.Send(from, null, code, 0, cancel)).Created
            ?? throw new DevnetException("The chain mined the creation and named no contract.");

    private static object?[] Parse(ContractAbi abi, IReadOnlyList<string> arguments, DeployValues values)
    {
        if (arguments.Count != abi.Constructor.Count)
        {
            throw new FormatException(
                $"the constructor takes {abi.Constructor.Count} arguments ({string.Join(", ", abi.Constructor)}) and {arguments.Count} are given.");
        }

        return [.. abi.Constructor.Zip(arguments, (parameter, text) => AbiText.Parse(parameter.Type, values.Resolve(text), parameter.Name))];
    }

    private ContractAbi Artifact(string packRoot, string name)
    {
        if (_artifacts.TryGetValue(name, out var known)) return known;
        var path = Path.Combine(packRoot, "abis", $"{name}.json");
        if (!File.Exists(path)) throw new FormatException($"there is no compiled contract abis/{name}.json.");
        var abi = ContractAbi.FromJson(File.ReadAllText(path));
        return _artifacts[name] = abi.Bytecode is not null
            ? abi
            : throw new FormatException($"abis/{name}.json holds no bytecode: compile it with 'node compile.mjs'.");
    }

    private static string Describe(DeployStep step) => step switch
    {
        DeployContract contract => $"deploy {contract.Name}",
        DeployCall call => $"send {call.Contract}.{call.Function}",
        _ => step.ToString(),
    };

    /// <summary>The chain answers with revert bytes; the contracts' own ABIs name the error.</summary>
    private string Explain(Exception problem, Dictionary<string, ContractAbi> abis)
    {
        var hex = problem.Message.LastIndexOf(" 0x", StringComparison.Ordinal);
        return problem is DevnetException && hex > 0 && Hex.TryParseData(problem.Message.AsSpan(hex + 1), out var data)
            ? $"{problem.Message[..hex]} ({new RevertDecoder(abis.Values.Concat(_artifacts.Values)).Decode(data)})"
            : problem.Message;
    }
}
