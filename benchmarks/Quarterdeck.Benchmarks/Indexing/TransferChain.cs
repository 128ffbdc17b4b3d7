using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Quarterdeck.Devnet.Chain;

namespace Quarterdeck.Benchmarks.Indexing;

/// <summary>A devnet with as many ERC-20 Transfer events as asked for, 100 to a block from four transactions, all final.</summary>
internal sealed class TransferChain : IAsyncDisposable
{
    public const string Token = "0x00000000000000000000000000000000000c0de1";
    public const string Topic = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";
    public const int LogsOfBlock = 100;
    private const int TransactionsOfBlock = 4;
    private const int FinalDepth = 100;
    private const string Sender = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";

    // spray(seed, n): n times keccak(seed, i) makes one of 1,000 recipients and a value of up to 64 bits, and
    // LOG3(Transfer, caller, recipient) with the value. Calldata is the two words.
    private const string Code =
        "0x600035600052602035" + "5b8060205260406000208060c01c60010160405261" + "03e89006611000" + "01337f"
        + "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef" + "60206040a3600190038060095700";

    private readonly Anvil _anvil;
    private readonly HttpClient _http;
    private int _seed;

    private TransferChain(Anvil anvil, int blocks) => (_anvil, _http, Blocks) = (anvil, new HttpClient { BaseAddress = anvil.Endpoint }, blocks);

    /// <summary>Blocks with events; the first is block 1.</summary>
    public int Blocks { get; }

    public int Events => Blocks * LogsOfBlock;

    public Uri Endpoint => _anvil.Endpoint;

    public static async Task<TransferChain> Start(int blocks, CancellationToken cancel)
    {
        var chain = new TransferChain(await Anvil.Start(new AnvilOptions(), cancel), blocks);
        await chain._anvil.Rpc.Send("evm_setAutomine", [false], cancel);
        await chain._anvil.Rpc.Send("anvil_setCode", [Token, Code], cancel);
        for (var block = 0; block < blocks; block++) await chain.Mine(cancel);
        await chain._anvil.Rpc.Send("anvil_mine", [$"0x{FinalDepth:x}", "0xc"], cancel);
        return chain;
    }

    /// <summary>Adds a block of events.</summary>
    public async Task Mine(CancellationToken cancel)
    {
        var batch = new JsonArray();
        for (var i = 0; i < TransactionsOfBlock; i++)
        {
            batch.Add(Request("eth_sendTransaction", new JsonObject
            {
                ["from"] = Sender,
                ["to"] = Token,
                ["gas"] = "0x7a1200",
                ["data"] = string.Create(CultureInfo.InvariantCulture, $"0x{_seed++:x64}{LogsOfBlock / TransactionsOfBlock:x64}"),
            }));
        }

        batch.Add(Request("evm_mine"));
        using var content = new StringContent(batch.ToJsonString(), Encoding.UTF8, "application/json");
        using var answer = await _http.PostAsync((Uri?)null, content, cancel);
        var replies = await answer.Content.ReadFromJsonAsync<JsonArray>(cancel);
        if (replies!.FirstOrDefault(r => r!["error"] is not null) is { } refused) throw new InvalidOperationException($"The devnet refuses: {refused}");
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _anvil.DisposeAsync();
    }

    private static JsonObject Request(string method, params JsonNode[] parameters) =>
        new() { ["jsonrpc"] = "2.0", ["id"] = 1, ["method"] = method, ["params"] = new JsonArray(parameters) };
}
