using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Primitives;

namespace Quarterdeck.Respond.Runs;

/// <summary>Executes the steps that only read: nothing is journaled before them, and a lost one is read again.</summary>
internal sealed class ReadExecution(
    PackBindings bindings, SeriesCheck check, RunOptions options, HttpClient http, TimeProvider clock)
{
    private const int BodyKept = 4096;

    /// <summary>Reads and writes the outcome.</summary>
    public async Task Execute(RunRecord record, StepRow step, StepWriter writer, CancellationToken cancel)
    {
        var pack = record.Run.Pack;
        var variables = record.Variables();
        try
        {
            var output = step.What switch
            {
                StepDefinition.Call call => await Patiently(token => Read(call, variables, token), cancel),
                StepDefinition.ChainRead read => await Patiently(token => Read(read, variables, token), cancel),
                StepDefinition.Local local => Local(local, variables),
                StepDefinition.Http request => await Patiently(token => Get(request, variables, token), cancel),
                StepDefinition.Check condition => await check.Demand(pack, RunText.Fill(condition.Expression, variables), cancel),
                var other => throw new InvalidOperationException($"A {other.Kind} step does not read."),
            };
            await writer.Done(step, output, null, cancel);
        }
        catch (StepFailedException problem)
        {
            await writer.Failed(step, problem.Message, problem.Evidence, cancel);
        }
        catch (RpcException problem)
        {
            await writer.Failed(step, $"The read fails: {bindings.Reverts(pack).Explain(problem)}", null, cancel);
        }
        catch (AbiException problem)
        {
            await writer.Failed(step, problem.Message, null, cancel);
        }
        catch (TransientException problem)
        {
            await writer.Failed(step, $"No answer after {options.ReadAttempts} attempts: {problem.Message}", null, cancel);
        }
    }

    private async Task<JsonObject> Read(
        StepDefinition.Call call, IReadOnlyDictionary<string, string> variables, CancellationToken cancel)
    {
        var chain = bindings.Chain(ChainId.Parse(call.Chain));
        var function = AbiFunction.Parse(call.Function);
        string[] arguments = [.. call.Arguments.Select(argument => RunText.Fill(argument, variables))];
        var request = new Dictionary<string, object?>
        {
            ["to"] = RunText.Fill(call.Target, variables), ["data"] = Hex.Data(function.EncodeCall(function.ParseArguments(arguments))),
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

    private static JsonObject Local(StepDefinition.Local local, IReadOnlyDictionary<string, string> variables)
    {
        var input = RunText.Fill(local.Input, variables);
        // As cast does: hex is hashed as bytes, anything else as text.
        return new JsonObject
        {
            ["value"] = local.Operation == "keccak"
                ? Keccak256.Hash(Hex.TryParseData(input, out var bytes) && input.StartsWith("0x", StringComparison.Ordinal) ? bytes : Encoding.UTF8.GetBytes(input)).ToString()
                : input,
        };
    }

    private async Task<JsonObject> Get(
        StepDefinition.Http step, IReadOnlyDictionary<string, string> variables, CancellationToken cancel)
    {
        var url = RunText.Fill(step.Url, variables);
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            throw new StepFailedException($"'{url}' is no http address.", null);
        using var request = new HttpRequestMessage(new HttpMethod(step.Method), address);
        foreach (var (name, value) in step.Headers) request.Headers.TryAddWithoutValidation(name, RunText.Fill(value, variables));
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
            await using var stream = await response.Content.ReadAsStreamAsync(cancel);
            var buffer = new byte[BodyKept];
            var read = await stream.ReadAtLeastAsync(buffer, BodyKept, throwOnEndOfStream: false, cancel);
            var body = Encoding.UTF8.GetString(buffer, 0, read).Replace('\0', ' ');
            var output = new JsonObject { ["status"] = (int)response.StatusCode, ["value"] = body };
            return response.IsSuccessStatusCode || !step.FailOnStatus
                ? output
                : throw new StepFailedException($"{address.Host} answers {(int)response.StatusCode}.", output);
        }
        catch (HttpRequestException problem)
        {
            throw new TransientException($"{address.Host} does not answer: {problem.Message}", problem);
        }
    }

    private static JsonObject Answer(string[] values, ulong block) => new()
    {
        ["value"] = string.Join("\n", values),
        ["values"] = new JsonArray([.. values.Select(value => (JsonNode?)value)]),
        ["block"] = block.ToString(CultureInfo.InvariantCulture),
    };

    private async Task<JsonObject> Patiently(Func<CancellationToken, Task<JsonObject>> read, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            using var late = new CancellationTokenSource(options.ReadTimeout, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancel);
            try
            {
                return await read(either.Token);
            }
            catch (TransientException) when (attempt < options.ReadAttempts)
            {
            }
            catch (OperationCanceledException) when (late.IsCancellationRequested && !cancel.IsCancellationRequested)
            {
                if (attempt >= options.ReadAttempts)
                    throw new TransientException($"No answer within {options.ReadTimeout.TotalSeconds:0.#} s.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50 << attempt), clock, cancel);
        }
    }
}

/// <summary>What a step demanded does not hold.</summary>
internal sealed class StepFailedException(string message, JsonObject? evidence) : Exception(message)
{
    public JsonObject? Evidence => evidence;
}
