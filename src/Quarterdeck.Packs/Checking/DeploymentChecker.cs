using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Packs.Manifest;
using Quarterdeck.Packs.Yaml;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Findings;

namespace Quarterdeck.Packs.Checking;

/// <summary>
/// Holds a bound pack against its chains before a server serves it: every endpoint is of the chain that the environment names,
/// there is code at every address, and the code has each function that metrics, pauses and runbooks use. What is only the state
/// of a moment (a role missing, a call that would revert now) is <see cref="LiveChecker"/>'s. Reads only.
/// </summary>
public static class DeploymentChecker
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    // Of what a runbook's static check finds: a step names what is not there, or the binding to alerts and policy is lost, which for
    // Markdown at large is a warning. The rest does not keep a pack from being served.
    private static readonly HashSet<string> Refusing =
    [
        FindingCodes.TargetUnknown, FindingCodes.FunctionUnknown, FindingCodes.SignatureMalformed, FindingCodes.ArgumentsWrong,
        FindingCodes.FrontMatterInvalid,
    ];

    /// <summary>What is wrong, by file and line. An endpoint that does not answer is a warning: it may come back.</summary>
    public static async Task<IReadOnlyList<Finding>> Check(BoundPack pack, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(pack);
        var scope = CheckScope.Of(pack.Pack, pack.Environment);
        var findings = new List<Finding>();
        var calls = new List<(string File, ResolvedCall Call)>();
        foreach (var document in pack.Pack.RunbookDocuments)
        {
            var (found, resolved) = RunbookChecker.Analyse(document, scope);
            findings.AddRange(found.Where(f => Refusing.Contains(f.Code)).Select(f => f with { Severity = FindingSeverity.Error }));
            calls.AddRange(resolved.Select(call => (document.Source, call)));
        }

        var environment = new FindingList($"environments/{Path.GetFileName(pack.Environment.Path)}");
        foreach (var chain in pack.Environment.Chains.Values.Where(c => c.Id.Namespace == "eip155" && pack.Pack.Chains.ContainsKey(c.Name)))
            await Chain(pack, chain, calls, environment, findings, cancel);
        return [.. environment.All, .. findings];
    }

    private static async Task Chain(
        BoundPack pack, EnvironmentChain chain, List<(string File, ResolvedCall Call)> calls, FindingList environment, List<Finding> findings,
        CancellationToken cancel)
    {
        var at = Line(pack, $"chains.{chain.Name}");
        var asked = false;
        foreach (var endpoint in chain.Endpoints)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            patience.CancelAfter(Patience);
            await using var rpc = new JsonRpcTransport(endpoint, RpcMethods.ReadOnly);
            var reader = new EvmReader(rpc);
            try
            {
                await reader.RequireChain(chain.Id, patience.Token);
                if (asked) continue;
                await Contracts(pack, chain, reader, calls, environment, findings, patience.Token);
                asked = true;
            }
            catch (WrongChainException wrong)
            {
                environment.Error(FindingCodes.WrongChain, at, $"The endpoint {reader.Name} is of {wrong.Found}; '{chain.Name}' is {chain.Id}.",
                    "Give the endpoint of the right chain, or correct the id.");
            }
            catch (Exception problem) when (problem is TransientException or RpcException
                                                || problem is OperationCanceledException && !cancel.IsCancellationRequested)
            {
                environment.Warning(FindingCodes.ChainUnreachable, at, $"The endpoint {reader.Name} of '{chain.Name}' could not be asked: {problem.Message}",
                    "Check the endpoint; it is asked again while the server runs.");
            }
        }
    }

    private static async Task Contracts(
        BoundPack pack, EnvironmentChain chain, EvmReader reader, List<(string File, ResolvedCall Call)> calls, FindingList environment,
        List<Finding> findings, CancellationToken cancel)
    {
        var code = new Dictionary<Address, byte[]>();
        foreach (var contract in pack.Contracts.Where(c => c.Chain == chain.Name))
        {
            if ((await DeployedCode.Of(reader, contract.Address, code, cancel)).Length > 0) continue;
            environment.Error(FindingCodes.NoCode, Line(pack, $"contracts.{contract.Name}"),
                $"There is no contract at {contract.Address}, which is named as {contract.Name}.",
                $"Correct the address, or the endpoint if '{chain.Name}' is not the chain it is on.");
        }

        foreach (var (file, line, contract, function) in Uses(pack, calls))
        {
            var bytes = code.GetValueOrDefault(contract.Address, []);
            if (contract.Chain != chain.Name || bytes.Length == 0) continue;
            if (DeployedCode.Has(bytes, function.Selector) || DeployedCode.Delegates(bytes)) continue;
            var finding = new FindingList(file);
            finding.Error(FindingCodes.NotInCode, new Position(line),
                $"The code of {contract.Name} at {contract.Address} has no function '{function.Signature}'.",
                "The deployed contract is another version than the ABI: correct the address, or take the ABI of what is deployed.");
            findings.AddRange(finding.All.Except(findings));
        }
    }

    // Everything the pack asks of a contract, with the place that asks.
    private static IEnumerable<(string File, int Line, BoundContract Contract, AbiFunction Function)> Uses(
        BoundPack pack, List<(string File, ResolvedCall Call)> calls)
    {
        foreach (var metric in pack.Pack.Metrics)
        {
            foreach (var call in metric.Series.Select(series => series.Source).OfType<CallSource>())
            {
                if (pack.Contract(call.Contract) is { } contract && contract.Abi.FindFunction(AbiFunction.Parse(call.Function).Selector) is { } function)
                    yield return ("metrics.yaml", metric.Line, contract, function);
            }
        }

        foreach (var contract in pack.Contracts.Where(c => c.Definition.Pause is not null))
        {
            var pause = contract.Definition.Pause!;
            foreach (var text in new[] { pause.Call, pause.State, pause.Inverse, pause.Request }.OfType<string>())
                yield return ("protocol.yaml", contract.Definition.Line, contract, AbiFunction.Parse(text));
        }

        foreach (var (file, call) in calls)
        {
            if (call.Contract.Address is { } address && pack.Contract(address) is { } contract)
                yield return (file, call.Step.Line, contract, call.Function);
        }
    }

    private static Position Line(BoundPack pack, string key) => new(pack.Environment.Lines.GetValueOrDefault(key));
}
