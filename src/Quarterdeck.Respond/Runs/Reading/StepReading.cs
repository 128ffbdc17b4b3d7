using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Primitives;
using Quarterdeck.Respond.Runs.Filters;
using Quarterdeck.Respond.Runs.Services;
using Quarterdeck.Respond.Runs.Steps;

namespace Quarterdeck.Respond.Runs.Reading;

/// <summary>Answers the steps that only read, once: the reads inside it first, then itself, then its filters.</summary>
internal sealed class StepReading(
    PackBindings bindings, SeriesCheck check, HttpReads http, QueryReads queries, ServiceDrivers services, RunOptions options)
{
    private const int ShownBeforeFilters = 4096;
    private const int ValueKept = 65_536;

    /// <summary>The answer; its <c>value</c> is what a capture takes.</summary>
    /// <exception cref="StepFailedException">It fails, or what it demands does not hold.</exception>
    public async Task<JsonObject> Read(
        string pack, StepDefinition what, IReadOnlyDictionary<string, string> variables, CancellationToken cancel)
    {
        if (what.Before.Count > 0)
        {
            var inside = new Dictionary<string, string>(variables, StringComparer.Ordinal);
            foreach (var read in what.Before)
                inside[read.Capture!] = (string?)(await Read(pack, read, inside, cancel))["value"] ?? "";
            variables = inside;
        }

        var output = what switch
        {
            StepDefinition.Call call => await Read(call, variables, cancel),
            StepDefinition.ChainRead read => await Read(read, variables, cancel),
            StepDefinition.Local local => Work(local, variables),
            StepDefinition.Http request => await http.Get(bindings.Pack(pack), request, variables, cancel),
            StepDefinition.Select query => await queries.Run(bindings.Pack(pack), query, cancel),
            StepDefinition.Service asked => await services.Read(bindings.Pack(pack), asked, cancel),
            StepDefinition.Check condition => await check.Demand(pack, RunText.Fill(condition.Expression, variables), Patience(condition), cancel),
            var other => throw new InvalidOperationException($"A {other.Kind} step does not read."),
        };
        return what.Filters.Count == 0 ? output : Filter(what, output, variables);
    }

    // A check that says how often it is tried looks once at each try; else it is patient by itself.
    private TimeSpan Patience(StepDefinition.Check condition) =>
        condition.TimeoutSeconds is { } seconds ? TimeSpan.FromSeconds(seconds)
        : condition.Retry is null ? options.CheckPatience : TimeSpan.Zero;

    private static JsonObject Filter(StepDefinition what, JsonObject output, IReadOnlyDictionary<string, string> variables)
    {
        var before = (string?)output["value"] ?? "";
        var filters = new List<TextFilter>();
        foreach (var argv in what.Filters)
        {
            string[] filled = [.. argv.Select(word => RunText.Fill(word, variables))];
            filters.Add(TextFilters.Parse(filled)
                ?? throw new StepFailedException($"'{string.Join(' ', filled)}' is not understood with the values of this run.", output));
        }

        output["unfiltered"] = before.Length > ShownBeforeFilters ? before[..ShownBeforeFilters] : before;
        output.Remove("values");
        try
        {
            var filtered = TextFilters.Apply(before.EndsWith('\n') ? before : before + "\n", filters);
            var value = filtered.Text.TrimEnd('\n');
            if (value.Length > ValueKept) throw new StepFailedException($"The answer has {value.Length} characters; {ValueKept} are kept.", output);
            output["value"] = value;
            return filtered.Succeeded
                ? output
                : throw new StepFailedException($"'{string.Join(' ', what.Filters[^1])}' finds nothing.", output);
        }
        catch (FilterException problem)
        {
            throw new StepFailedException(problem.Message, output);
        }
    }

    private static JsonObject Work(StepDefinition.Local local, IReadOnlyDictionary<string, string> variables)
    {
        var input = RunText.Fill(local.Input, variables);
        try
        {
            var value = local.Operation switch
            {
                "text" => input,
                "keccak" => Hashed(input),
                var conversion => CastConversions.Evaluate(local.Unit is { } unit ? [conversion, input, RunText.Fill(unit, variables)] : [conversion, input])
                    ?? throw new StepFailedException($"'{conversion}' is no conversion that runs know.", null),
            };
            return new JsonObject { ["value"] = value };
        }
        catch (FilterException problem)
        {
            throw new StepFailedException(problem.Message, null);
        }
    }

    // As cast does: hex is hashed as bytes, anything else as text.
    private static string Hashed(string input) => Keccak256.Hash(
        Hex.TryParseData(input, out var bytes) && input.StartsWith("0x", StringComparison.Ordinal) ? bytes : Encoding.UTF8.GetBytes(input)).ToString();

    private async Task<JsonObject> Read(
        StepDefinition.Call call, IReadOnlyDictionary<string, string> variables, CancellationToken cancel)
    {
        var chain = bindings.Chain(ChainId.Parse(call.Chain));
        var function = AbiFunction.Parse(call.Function);
        string[] arguments = [.. call.Arguments.Select(argument => RunText.Fill(argument, variables))];
        var request = new Dictionary<string, object?>
        {
            ["to"] = RunText.Fill(call.Target, variables),
            ["data"] = Hex.Data(function.EncodeCall(function.ParseArguments(arguments))),
        };
        if (call.From is { } from) request["from"] = from;
        var replies = await chain.Reads.SendBatch(
            [new RpcRequest("eth_blockNumber"), new RpcRequest("eth_call", request, "latest")], cancel);
        var data = Hex.ParseData(replies[1].Result.GetString());
        string[] values = function.Outputs.Count == 0
            ? [Hex.Data(data)]
            : [.. function.DecodeResults(data).Select((value, i) => AbiText.PrintBare(function.Outputs[i].Type, value))];
        return Answer(values, Hex.ParseUInt64(replies[0].Result.GetString()));
    }

    private async Task<JsonObject> Read(
        StepDefinition.ChainRead read, IReadOnlyDictionary<string, string> variables, CancellationToken cancel)
    {
        var chain = bindings.Chain(ChainId.Parse(read.Chain));
        string[] arguments = [.. read.Arguments.Select(argument => RunText.Fill(argument, variables))];
        var request = read.Query switch
        {
            "block-number" => new RpcRequest("eth_blockNumber"),
            "chain-id" => new RpcRequest("eth_chainId"),
            "gas-price" => new RpcRequest("eth_gasPrice"),
            "balance" => new RpcRequest("eth_getBalance", arguments[0], "latest"),
            "nonce" => new RpcRequest("eth_getTransactionCount", arguments[0], "latest"),
            "code" => new RpcRequest("eth_getCode", arguments[0], "latest"),
            "storage" => new RpcRequest("eth_getStorageAt", arguments[0], arguments[1], "latest"),
            var other => throw new InvalidOperationException($"'{other}' is not a read that runs know."),
        };
        var replies = await chain.Reads.SendBatch([new RpcRequest("eth_blockNumber"), request], cancel);
        var text = replies[1].Result.GetString()!;
        var isNumber = read.Query is not ("code" or "storage");
        return Answer(
            [isNumber ? Hex.ParseQuantity(text).ToString(CultureInfo.InvariantCulture) : text],
            Hex.ParseUInt64(replies[0].Result.GetString()));
    }

    private static JsonObject Answer(string[] values, ulong block) => new()
    {
        ["value"] = string.Join("\n", values),
        ["values"] = new JsonArray([.. values.Select(value => (JsonNode?)value)]),
        ["block"] = block.ToString(CultureInfo.InvariantCulture),
    };
}
