using System.Text.Json.Nodes;
using Quarterdeck.Packs.Yaml;

namespace Quarterdeck.Packs.Manifest;

/// <summary>Reads faults.yaml.</summary>
internal sealed class FaultsReader(
    IReadOnlyDictionary<string, ContractDefinition> contracts, IReadOnlyDictionary<string, ServiceDefinition> services)
{
    public IReadOnlyList<FaultDefinition> Read(YamlMap file)
    {
        var faults = new List<FaultDefinition>();
        foreach (var (name, _, value) in file.Map("faults")?.Entries("fault") ?? [])
        {
            if (value.Map() is not { } map) continue;
            var contained = map.Texts("contained");
            foreach (var contract in contained) ReferenceCheck.Contract(contract, contracts, map.PositionOf("contained"), file.Findings);
            var steps = map.List("steps").Select(v => v.Map()).OfType<YamlMap>().Select(Step).OfType<FaultStep>().ToArray();
            faults.Add(new FaultDefinition(name, map.RequiredText("alert", "Add 'alert:' with the alert that must fire."),
                map.Text("runbook"), contained, steps)
            {
                Help = map.Text("help") ?? "",
                Repair = [.. map.List("repair").Select(v => v.Map()).OfType<YamlMap>().Select(Step).OfType<FaultStep>()],
            });
            map.Close();
        }

        file.Close();
        return faults;
    }

    private FaultStep? Step(YamlMap map)
    {
        FaultStep? step = null;
        if (map.Text("send") is { } send) step = Send(map, send);
        else if (map.Text("rpc") is { } method)
            step = new FaultRpc(method, map.Value("params")?.Json() as JsonArray ?? []);
        else if (map.Text("stop") is { } stopped) step = new FaultStop(Service(stopped, map, "stop"));
        else if (map.Text("start") is { } started) step = new FaultStart(Service(started, map, "start"));
        else if (map.Has("warp")) step = map.Duration("warp") is { } by ? new FaultWarp(by) : null;
        else if (map.Has("mine")) step = map.Integer("mine", 1, 100_000) is { } blocks ? new FaultMine(blocks) : null;
        else if (map.Has("wait")) step = map.Duration("wait") is { } span ? new FaultWait(span) : null;
        else
        {
            map.Findings.Error(FindingCodes.KeyMissing, map.At, "A step of a fault says nothing to do.",
                "Use one of send, rpc, stop, start, warp, mine or wait.");
            return null;
        }

        map.Close();
        return step;
    }

    private FaultSend? Send(YamlMap map, string text)
    {
        var at = map.PositionOf("send");
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        var (contract, function) = dot < 0 ? ("", text) : (text[..dot], text[(dot + 1)..]);
        var (args, sender) = (map.Texts("args"), map.RequiredText("as", "Add 'as:' with the account that sends."));
        var (value, repeat) = (map.Text("value"), map.Integer("repeat", 1, 10_000) ?? 1);
        if (!ReferenceCheck.Contract(contract, contracts, at, map.Findings)) return null;
        AbiReference.Function(contracts[contract].Abi, contract, function, at, map.Findings);
        return new FaultSend(contract, function, args, sender, value, repeat);
    }

    private string Service(string name, YamlMap map, string key)
    {
        ReferenceCheck.Known("service", name, services.Keys, map.PositionOf(key), map.Findings);
        return name;
    }
}
