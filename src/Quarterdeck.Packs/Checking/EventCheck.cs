using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Packs.Yaml;

namespace Quarterdeck.Packs.Checking;

/// <summary>Checks that <c>cast logs</c> looks for events that the ABIs have.</summary>
internal static class EventCheck
{
    public static void Check(RunbookStep step, CheckScope scope, FindingList findings)
    {
        if (step is not ChainReadStep { Query: "logs" } logs) return;
        var wanted = logs.Options.GetValueOrDefault("event") ?? (logs.Args.Count > 0 ? scope.Value(logs.Args[0]) : null);
        if (string.IsNullOrEmpty(wanted) || wanted.Contains('$', StringComparison.Ordinal)) return;
        var contract = logs.Options.TryGetValue("address", out var address) ? scope.Contract(CommandBlock.Word(address, step.Line)) : null;
        ContractAbi[] abis = contract?.Abi is { } own && !contract.Forwards ? [own] : [.. scope.Contracts.Select(c => c.Abi).OfType<ContractAbi>().Distinct()];
        if (abis.Length == 0 || abis.All(a => a.Events.Count == 0)) return;
        var at = new Position(step.Line);
        var events = abis.SelectMany(a => a.Events).ToArray();
        var where = contract is null ? "No ABI" : contract.Name;
        if (wanted.StartsWith("0x", StringComparison.Ordinal))
        {
            if (wanted.Length == 66 && Array.TrueForAll(events, e => !e.Topic0.ToString().Equals(wanted, StringComparison.OrdinalIgnoreCase)))
                findings.Warning(FindingCodes.EventUnknown, at, $"{where} has {(contract is null ? "an" : "no")} event with the topic {wanted[..10]}….", "Write the event's signature, so that it can be read.");
            return;
        }

        if (!wanted.Contains('(', StringComparison.Ordinal))
        {
            if (!Array.Exists(events, e => e.Name == wanted)) Unknown(wanted, where, contract is not null, events, at, findings);
            return;
        }

        try
        {
            var parsed = AbiEvent.Parse(wanted);
            if (!Array.Exists(events, e => e.Topic0 == parsed.Topic0)) Unknown(parsed.Signature, where, contract is not null, events, at, findings);
        }
        catch (FormatException e)
        {
            findings.Error(FindingCodes.SignatureMalformed, at, $"'{wanted}' is no event signature: {e.Message}", "Write it such as \"Transfer(address,address,uint256)\".");
        }
    }

    private static void Unknown(string wanted, string where, bool isKnown, AbiEvent[] events, Position at, FindingList findings)
    {
        var name = wanted.Split('(')[0];
        var same = events.Where(e => e.Name == name).Select(e => e.Signature).Distinct().ToArray();
        var remedy = same.Length > 0 ? $"It is {string.Join(" or ", same.Select(s => $"'{s}'"))}." : NearestName.Suggest(name, events.Select(e => e.Name).Distinct(), "Name an event of its ABI: a filter on any other finds nothing, ever.");
        if (isKnown) findings.Error(FindingCodes.EventUnknown, at, $"{where} has no event '{wanted}'.", remedy);
        else findings.Warning(FindingCodes.EventUnknown, at, $"{where} has the event '{wanted}'.", remedy);
    }
}
