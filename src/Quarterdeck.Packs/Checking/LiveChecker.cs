using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Packs.Manifest;
using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Packs.Runbooks.Shell;
using Quarterdeck.Packs.Yaml;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Findings;

namespace Quarterdeck.Packs.Checking;

/// <summary>
/// Checks runbooks against their chains: is there code, does it have the function, does the read answer, would the transaction
/// revert if sent now from its sender and why, are the decimals of a formula the same. Reads only.
/// </summary>
public sealed class LiveChecker(LiveChains chains, CheckScope scope)
{
    private static readonly AbiFunction FacetAddress = AbiFunction.Parse("facetAddress(bytes4)(address)");

    /// <summary>Over one chain that is connected already.</summary>
    public LiveChecker(IJsonRpc rpc, CheckScope scope) : this(LiveChains.Of(rpc), scope)
    {
    }

    private readonly RevertDecoder _reverts = new(scope.Contracts.Select(c => c.Abi).OfType<ContractAbi>().Distinct());

    /// <summary>Static and live findings of one file, by line. An endpoint that does not answer is a finding, not an exception.</summary>
    public async Task<IReadOnlyList<Finding>> Check(RunbookDocument document, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(document);
        var own = scope.With(document);
        var lines = document.Text.Split('\n');
        var (known, calls) = RunbookChecker.Analyse(document, scope);
        var findings = new FindingList(document.Source);
        findings.AddRange(known);
        foreach (var problem in chains.Problems)
            findings.Warning(FindingCodes.ChainUnreachable, Position.WholeFile, $"The endpoint {problem}", "Check the endpoint and try again; what needs the chain was not checked.");
        if (chains.All.Count == 0) return [.. findings.All.Distinct().OrderBy(f => f.Line)];
        try
        {
            foreach (var runbook in document.Runbooks)
            {
                await Endpoints(runbook, own, findings, cancel);
                await new UnitCheck(own, new TokenDecimals(chains.All[0].Reader), findings).Check(runbook, cancel);
                ResolvedCall[] its = [.. calls.Where(c => runbook.Steps.Any(s => s.Index == c.Step.Index && (s.Line == c.Step.Line || c.IsConditional && Holds(s, c.Step))))];
                ResolvedCall[] pauses = [.. calls.Except(its).Where(c => c is { Step: SendStep { ActionClass: ActionClass.Pause }, Arguments: not null, Contract.Address: not null })];
                ResolvedCall[] others = [.. calls.Except(its).Where(c => c is { Step: SendStep, Arguments: not null, Contract.Address: not null })];
                await Calls(runbook, its, pauses, others, own, lines, findings, cancel);
            }
        }
        catch (TransientException e)
        {
            findings.Warning(FindingCodes.ChainUnreachable, Position.WholeFile, $"The chain could not be asked: {e.Message}", "Check the endpoint and try again.");
        }

        return [.. findings.All.Distinct().OrderBy(f => f.Line)];
    }

    private static bool Holds(RunbookStep step, RunbookStep inner) =>
        step.Inside.Concat((step as DecisionStep)?.Branches.SelectMany(b => b.Steps) ?? []).Any(s => s.Line == inner.Line);

    private async Task Endpoints(Runbook runbook, CheckScope own, FindingList findings, CancellationToken cancel)
    {
        var reported = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (step, url) in runbook.Steps.SelectMany(s => s.Inside.Prepend(s)).SelectMany(s => s is HttpStep ? [] : EndpointsOf(s).Select(w => (s, own.Value(w)))))
        {
            if (url is null || !reported.Add(url) || await chains.At(url, cancel) is not (null, { } problem)) continue;
            findings.Warning(FindingCodes.ChainUnreachable, new Position(step.Line), $"The endpoint {problem}", "Name an endpoint that answers, or see why it is down.");
        }
    }

    /// <summary><c>--chain</c> against the endpoint: a transaction signed for another chain is refused.</summary>
    private static void OfOtherChain(ResolvedCall call, LiveChain chain, CheckScope own, FindingList findings)
    {
        var words = call.Step.Words;
        for (var i = 0; i < words.Count; i++)
        {
            var value = words[i].Text is "--chain" or "--chain-id" or "-c" && i + 1 < words.Count ? own.Value(words[i + 1])
                : words[i].Text.StartsWith("--chain=", StringComparison.Ordinal) ? own.Value(Runbooks.Commands.CommandLine.WithoutPrefix(words[i], "--chain=".Length)) : null;
            if (value is null || chain.Id is not { } id || ChainNumbers.Of(value) is not { } wanted || wanted == id) continue;
            var at = new Position(call.Step.Line);
            var message = $"The command is for chain {wanted}{(value == wanted.ToString(System.Globalization.CultureInfo.InvariantCulture) ? "" : $" ({value})")}, and {chain.Rpc.Name} is of chain {id}.";
            if (call.Step is SendStep) findings.Error(FindingCodes.WrongChain, at, message, "Name the chain of the endpoint, or take --chain out.");
            else findings.Warning(FindingCodes.WrongChain, at, message, "Name the chain of the endpoint, or take --chain out.");
            return;
        }
    }

    private static IEnumerable<ShellWord> EndpointsOf(RunbookStep step)
    {
        for (var i = 0; i < step.Words.Count; i++)
        {
            var text = step.Words[i].Text;
            if (text is "--rpc-url" or "-r" && i + 1 < step.Words.Count && step.Words[0].Text is "cast" or "forge") yield return step.Words[i + 1];
            else if (text.StartsWith("--rpc-url=", StringComparison.Ordinal)) yield return Runbooks.Commands.CommandLine.WithoutPrefix(step.Words[i], "--rpc-url=".Length);
        }
    }

    private async Task<LiveChain?> ChainOf(ResolvedCall call, CheckScope own, FindingList findings, CancellationToken cancel)
    {
        var word = (call.Step as CallStep)?.RpcUrl ?? (call.Step as SendStep)?.RpcUrl;
        if (word is not null && own.Value(word) is { } url)
        {
            var (named, problem) = await chains.At(url, cancel);
            if (problem is not null) return null; // told where the endpoint is named
            if (named is not null)
            {
                var home = await Home(call, cancel);
                if (home is null || home.Id == named.Id || home.Id is null || named.Id is null) return named;
                if ((await DeployedCode.Of(named.Reader, call.Contract.Address!.Value, named.Code, cancel)).Length > 0) return named;
                findings.Error(FindingCodes.WrongChain, new Position(call.Step.Line), $"{named.Rpc.Name} is of chain {named.Id}, and {call.Contract.Name} is on chain {home.Id}.", "Name the endpoint of the contract's chain.");
                return null;
            }
        }

        return await Home(call, cancel);
    }

    /// <summary>The chain that the contract is on: by the pack, else the first that has code at its address.</summary>
    private async Task<LiveChain?> Home(ResolvedCall call, CancellationToken cancel)
    {
        if (call.Contract.Definition?.Chain is { Length: > 0 } name && chains.All.Any(c => c.Name.Length > 0)) return chains.All.FirstOrDefault(c => c.Name == name);
        foreach (var chain in chains.All.Count > 1 ? chains.All : [])
        {
            if ((await DeployedCode.Of(chain.Reader, call.Contract.Address!.Value, chain.Code, cancel)).Length > 0) return chain;
        }

        return chains.All[0];
    }

    private async Task Calls(Runbook runbook, IReadOnlyList<ResolvedCall> calls, IReadOnlyList<ResolvedCall> pauses, IReadOnlyList<ResolvedCall> others, CheckScope own, string[] lines, FindingList findings, CancellationToken cancel)
    {
        var sends = new Dictionary<LiveChain, List<ResolvedCall>>();
        foreach (var call in calls)
        {
            if (call.Contract.Address is not { } address || await ChainOf(call, own, findings, cancel) is not { } chain || !await HasFunction(call, address, chain, own, findings, cancel)) continue;
            OfOtherChain(call, chain, own, findings);
            // What is sent with it may be read from the chain only when it is sent.
            if (call.Arguments is null || call.Step is SendStep { Value: { } sent } && own.Value(sent) is null) continue;
            if (call is { Step: SendStep, IsConditional: true })
            {
                await new SendCheck(chain, own, _reverts, lines, findings).Check(runbook, [call], [], [], cancel);
            }
            else if (call.Step is SendStep)
            {
                if (!sends.TryGetValue(chain, out var list)) sends[chain] = list = [];
                list.Add(call);
            }
            else await Read(call, address, chain, own, findings, cancel);
        }

        foreach (var (chain, list) in sends) await new SendCheck(chain, own, _reverts, lines, findings).Check(runbook, list, pauses, others, cancel);
    }

    private async Task<bool> HasFunction(ResolvedCall call, Address address, LiveChain chain, CheckScope own, FindingList findings, CancellationToken cancel)
    {
        var code = await DeployedCode.Of(chain.Reader, address, chain.Code, cancel);
        var at = new Position(call.Step.Line);
        if (code.Length == 0)
        {
            var elsewhere = scope.Accounts.Any(a => a.Value == address) ? " It is an account, not a contract." : "";
            // An endpoint that is not known here may be of another chain.
            var named = (call.Step as CallStep)?.RpcUrl ?? (call.Step as SendStep)?.RpcUrl;
            var severity = named is null || own.Value(named) is { } url && Uri.IsWellFormedUriString(url, UriKind.Absolute) ? FindingSeverity.Error : FindingSeverity.Warning;
            findings.Add(FindingCodes.NoCode, severity, at, $"There is no contract at {address} ({call.Contract.Name}).{elsewhere}", "Check the address, and that the endpoint is of the right chain.");
            return false;
        }

        if (DeployedCode.Has(code, call.Function.Selector)) return true;
        if (DeployedCode.Delegates(code))
        {
            // EIP-2535: a diamond says which facet answers.
            if (await Facet(call, address, chain, cancel) is not { IsZero: true }) return true;
            findings.Error(FindingCodes.NotInCode, at, $"No facet of the diamond {call.Contract.Name} at {address} has '{call.Function.Signature}'.", "Check the function's name and parameters, or add the facet.");
            return false;
        }

        findings.Error(FindingCodes.NotInCode, at, $"The code of {call.Contract.Name} at {address} has no function '{call.Function.Signature}'.",
            call.Contract.Abi is { } abi
                ? NearestName.Suggest(call.Function.Name, abi.Functions.Where(f => DeployedCode.Has(code, f.Selector)).Select(f => f.Name).Except([call.Function.Name]), "The deployed contract is another version than the ABI.")
                : "Check the function's name and parameters against the deployed contract.");
        return false;
    }

    private static async Task<Address?> Facet(ResolvedCall call, Address address, LiveChain chain, CancellationToken cancel)
    {
        try
        {
            return FacetAddress.DecodeResult(await chain.Reader.Call(new CallRequest(address, FacetAddress.EncodeCall(Hex.ParseData(call.Function.SelectorText))), cancel: cancel)) as Address?;
        }
        catch (Exception e) when (e is RpcException or AbiException)
        {
            return null; // no diamond
        }
    }

    private async Task Read(ResolvedCall call, Address address, LiveChain chain, CheckScope own, FindingList findings, CancellationToken cancel)
    {
        try
        {
            var from = (call.Step as CallStep)?.From is { } word && own.Value(word) is { } text && Address.TryParseAnyCase(text, out var sender) ? sender : (Address?)null;
            var data = await chain.Reader.Call(new CallRequest(address, call.Function.EncodeCall(call.Function.ParseArguments(call.Arguments!))) { From = from }, cancel: cancel);
            if (call.Function.Outputs.Count > 0) call.Function.DecodeResults(data);
        }
        catch (AbiException e)
        {
            findings.Warning(FindingCodes.ResultsDiffer, new Position(call.Step.Line), $"The answer of '{call.Function.Name}' of {call.Contract.Name} is not ({string.Join(',', call.Function.Outputs.Select(o => o.Type.Name))}): {e.Message}", "Write the result types that the contract returns.");
        }
        catch (RpcException e) when (e.IsRevert)
        {
            findings.Warning(FindingCodes.ReadReverts, new Position(call.Step.Line), $"'{call.Function.Name}' of {call.Contract.Name} reverts now: {(e.RevertData.Length > 0 ? _reverts.Decode(e.RevertData).Text : e.Message)}.", "See whether that is its state at present or the arguments are wrong.");
        }
    }
}
