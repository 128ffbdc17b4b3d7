using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Quarterdeck.Benchmarks.Indexing;

namespace Quarterdeck.Benchmarks.Commands;

/// <summary>
/// <c>bench decode</c>: event logs decoded on one core, beside viem. Ours begin with the node's answer as it came; viem's
/// begin after the engine has parsed it, so the ratio leaves out work of viem's side, not of ours.
/// </summary>
internal sealed class DecodeBenchmark : Command
{
    public DecodeBenchmark() : base("decode", "Event logs decoded on one core, beside viem.")
    {
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var blocks = new Option<int>("--blocks") { Description = "Blocks of 100 events.", DefaultValueFactory = _ => 500 };
        foreach (var option in new Option[] { json, blocks }) Options.Add(option);
        SetAction((parsed, cancel) => Run(parsed.GetValue(json), parsed.GetRequiredValue(blocks), cancel));
    }

    private static async Task<int> Run(bool json, int blocks, CancellationToken cancel)
    {
        await using var chain = await TransferChain.Start(blocks, cancel);
        var (fromHex, fromJson) = await DecodeRate.Measure(chain, cancel);
        double? viem = null;
        if (await Peers.Install("ponder", cancel) is { } why) await Console.Error.WriteLineAsync(why);
        else
        {
            var (_, _, output) = await MeasuredProcess.Run(
                "node", ["decode.mjs", chain.Endpoint.ToString(), TransferChain.Token, $"{blocks}"], Peers.Folder("ponder"), new Dictionary<string, string>(), null,
                TimeSpan.FromMinutes(5), cancel);
            viem = JsonNode.Parse(output)!["eventsPerSecond"]!.GetValue<double>();
        }

        if (json)
        {
            Console.WriteLine(new JsonObject
            {
                ["events"] = chain.Events,
                ["eventsPerSecond"] = Math.Round(fromJson),
                ["ratioToViem"] = viem is { } v ? Math.Round(fromJson / v, 1) : null,
                ["fromHexEventsPerSecond"] = Math.Round(fromHex),
                ["viemEventsPerSecond"] = viem is { } w ? Math.Round(w) : null,
            }.ToJsonString());
            return 0;
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"decode     {fromJson:n0} events a second from the node's JSON, parsing included, {fromHex:n0} from hex text; viem {viem:n0} from hex text, ratio {fromJson / viem:f1}"));
        return 0;
    }
}
