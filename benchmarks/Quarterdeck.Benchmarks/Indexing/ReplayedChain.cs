using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Quarterdeck.Devnet.Processes;

namespace Quarterdeck.Benchmarks.Indexing;

/// <summary>
/// Stands in for a chain too long for a development node: the real logs of a few blocks, given out again and again under
/// the numbers and hashes of as many blocks as wanted. For memory, not for speed beside others.
/// </summary>
internal sealed class ReplayedChain : IAsyncDisposable
{
    private const int Templates = 20;
    private const int Above = 100;
    private readonly HttpListener _listener = new();
    private readonly string[][] _blocks;
    private readonly Task _serving;

    private ReplayedChain(Uri endpoint, string[][] templates, int blocks)
    {
        (Endpoint, _blocks, Blocks) = (endpoint, templates, blocks);
        _listener.Prefixes.Add(endpoint.ToString());
        _listener.Start();
        _serving = Serve();
    }

    public Uri Endpoint { get; }

    public int Blocks { get; }

    /// <summary>Takes the first blocks of a real chain as what is repeated.</summary>
    public static async Task<ReplayedChain> Of(TransferChain real, int blocks, CancellationToken cancel)
    {
        using var http = new HttpClient { BaseAddress = real.Endpoint };
        var templates = new string[Templates][];
        for (var i = 0; i < Templates; i++)
        {
            var ask = $$"""{"jsonrpc":"2.0","id":1,"method":"eth_getLogs","params":[{"address":"{{TransferChain.Token}}","fromBlock":"0x{{i + 1:x}}","toBlock":"0x{{i + 1:x}}"}]}""";
            using var content = new StringContent(ask, Encoding.UTF8, "application/json");
            using var answer = await http.PostAsync((Uri?)null, content, cancel);
            var logs = JsonNode.Parse(await answer.Content.ReadAsStringAsync(cancel))!["result"]!.AsArray();
            foreach (var log in logs) (log!["blockNumber"], log["blockHash"]) = ("<number>", "<hash>");
            templates[i] = [.. logs.Select(l => l!.ToJsonString(Plain))];
        }

        return new ReplayedChain(new Uri($"http://127.0.0.1:{FreePort.Next()}/"), templates, blocks);
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ((IDisposable)_listener).Dispose();
    }

    private static readonly JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private async Task Serve()
    {
        while (_listener.IsListening)
        {
            var request = await _listener.GetContextAsync();
            _ = Task.Run(() => Answer(request));
        }
    }

    private async Task Answer(HttpListenerContext context)
    {
        using var ask = await JsonDocument.ParseAsync(context.Request.InputStream);
        var text = new StringBuilder();
        if (ask.RootElement.ValueKind == JsonValueKind.Array)
        {
            text.Append('[').AppendJoin(',', ask.RootElement.EnumerateArray().Select(a => One(a))).Append(']');
        }
        else text.Append(One(ask.RootElement));

        var bytes = Encoding.UTF8.GetBytes(text.ToString());
        context.Response.ContentType = "application/json";
        context.Response.ContentLength64 = bytes.Length;
        await context.Response.OutputStream.WriteAsync(bytes);
        context.Response.Close();
    }

    private string One(JsonElement ask)
    {
        var parameters = ask.TryGetProperty("params", out var given) ? given : default;
        var result = ask.GetProperty("method").GetString() switch
        {
            "eth_chainId" => "\"0x7a69\"",
            "eth_blockNumber" => $"\"0x{Blocks + Above:x}\"",
            "eth_getBlockByNumber" => Header(parameters[0].GetString()!),
            "eth_getLogs" => Logs(Number(parameters[0].GetProperty("fromBlock").GetString()!), Number(parameters[0].GetProperty("toBlock").GetString()!)),
            _ => "null",
        };
        return $$"""{"jsonrpc":"2.0","id":{{ask.GetProperty("id").GetRawText()}},"result":{{result}}}""";
    }

    private string Header(string tag)
    {
        var number = tag switch { "latest" => Blocks + Above, "finalized" => Blocks, _ => Number(tag) };
        return number > Blocks + Above ? "null"
            : $$"""{"number":"0x{{number:x}}","hash":"{{Hash(number)}}","parentHash":"{{Hash(number - 1)}}","timestamp":"0x{{1_700_000_000 + number:x}}","transactions":[]}""";
    }

    private string Logs(int from, int to)
    {
        var text = new StringBuilder("[");
        for (var number = from; number <= Math.Min(to, Blocks); number++)
        {
            var (own, hash) = ($"0x{number:x}", Hash(number));
            foreach (var log in _blocks[(number - 1) % Templates])
                text.Append(text.Length > 1 ? "," : "").Append(log.Replace("<number>", own, StringComparison.Ordinal).Replace("<hash>", hash, StringComparison.Ordinal));
        }

        return text.Append(']').ToString();
    }

    private static int Number(string hex) => int.Parse(hex.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static string Hash(int number) => $"0x{number:x64}";
}
