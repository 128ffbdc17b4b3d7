using System.Globalization;
using System.Text.Json.Nodes;
using Minted.Services.Chain;
using Minted.Services.Http;
using Minted.Services.Participant;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Primitives;

namespace Minted.Services.Validators;

/// <summary>A validator: polls every 3 s, writes its heartbeat after each good poll, offers what it signed at /attestations.</summary>
internal static class ValidatorProcess
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(3);

    public static async Task Run(CommandLine options, CancellationToken cancel)
    {
        var index = options.Number("index", 1, 10);
        var port = options.Number("port", 1, 65535);
        var heartbeat = Path.Combine(options.Text("state"), "heartbeats", string.Create(CultureInfo.InvariantCulture, $"validator-{index}"));
        var log = new Log($"validator-{index}", TimeProvider.System);
        await using var rpc = new JsonRpcTransport(options.Url("rpc"), RpcMethods.Any);
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        var chain = new MintedChain(rpc, Deployment.Load(options.Text("deployment")));
        var feed = new HttpAssetFeed(client, options.Url("participant"));
        var validator = new Validator(chain, feed, chain.Account($"validator{index}"), TimeProvider.System);

        Directory.CreateDirectory(Path.GetDirectoryName(heartbeat)!);
        using var http = new LocalHttp(port, path => Answer(path, validator));
        log.Say($"listening on 127.0.0.1:{port}");
        await Together.Run(cancel, http.Serve, stop => Poll(validator, heartbeat, log, stop));
    }

    private static HttpAnswer? Answer(string path, Validator validator) => path switch
    {
        "/health" => HttpAnswer.Json(new JsonObject
        {
            ["status"] = "ok",
            ["timestamp"] = TimeProvider.System.GetUtcNow().ToString("O", CultureInfo.InvariantCulture),
        }),
        "/attestations" => HttpAnswer.Json(new JsonArray([.. validator.Offers.Select(offer => (JsonNode)offer.ToJson())])),
        _ => null,
    };

    private static async Task Poll(Validator validator, string heartbeat, Log log, CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(PollInterval);
        do
        {
            try
            {
                var result = await validator.Poll(cancel);
                if (result.Text is { } text) log.Say(text);
                if (result.Healthy)
                    await File.WriteAllTextAsync(heartbeat, TimeProvider.System.GetUtcNow().ToString("O", CultureInfo.InvariantCulture), cancel);
            }
            catch (Exception problem) when (problem is TransientException or RpcException or RefusedException or IOException)
            {
                log.Say($"poll failed: {problem.Message}");
            }
        }
        while (await timer.WaitForNextTickAsync(cancel));
    }
}
