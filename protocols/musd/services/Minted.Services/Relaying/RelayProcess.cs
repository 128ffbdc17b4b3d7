using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Minted.Services.Attestations;
using Minted.Services.Chain;
using Minted.Services.Http;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Primitives;

namespace Minted.Services.Relaying;

/// <summary>The relay: every 2 s asks each validator what it offers and takes a quorum to the bridge. GET /health and /metrics.</summary>
internal static class RelayProcess
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(2);

    public static async Task Run(CommandLine options, CancellationToken cancel)
    {
        var port = options.Number("port", 1, 65535);
        var validators = options.Urls("validators");
        var log = new Log("relay", TimeProvider.System);
        await using var rpc = new JsonRpcTransport(options.Url("rpc"), RpcMethods.Any);
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        var chain = new MintedChain(rpc, Deployment.Load(options.Text("deployment")));
        var metrics = new RelayMetrics(TimeProvider.System);
        var relay = new Relay(chain, chain.Account("relayer"), metrics);
        using var http = new LocalHttp(port, path => Answer(path, metrics));
        log.Say($"listening on 127.0.0.1:{port}");
        await Together.Run(cancel, http.Serve, stop => Loop(relay, validators, client, metrics, log, stop));
    }

    private static HttpAnswer? Answer(string path, RelayMetrics metrics) => path switch
    {
        "/health" => HttpAnswer.Json(new JsonObject
        {
            ["status"] = "ok",
            ["timestamp"] = TimeProvider.System.GetUtcNow().ToString("O", CultureInfo.InvariantCulture),
            ["packageIdConfigured"] = false,
            ["packageIdPresent"] = false,
        }),
        "/metrics" => new HttpAnswer(200, "text/plain; version=0.0.4", metrics.Text()),
        _ => null,
    };

    private static async Task Loop(
        Relay relay, IReadOnlyList<Uri> validators, HttpClient client, RelayMetrics metrics, Log log, CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(PollInterval);
        do
        {
            try
            {
                var offers = await Task.WhenAll(validators.Select(url => Ask(client, url, cancel)));
                if (await relay.Round([.. offers.SelectMany(o => o)], cancel) is { } text) log.Say(text);
                metrics.ConsecutiveFailures = 0;
            }
            catch (Exception problem) when (problem is TransientException or RpcException or RefusedException)
            {
                metrics.ConsecutiveFailures++;
                log.Say($"round failed: {problem.Message}");
            }
        }
        while (await timer.WaitForNextTickAsync(cancel));
    }

    /// <summary>What one validator offers; nothing where it does not answer.</summary>
    private static async Task<IEnumerable<OfferedAttestation>> Ask(HttpClient client, Uri validator, CancellationToken cancel)
    {
        try
        {
            var json = JsonNode.Parse(await client.GetStringAsync(new Uri(validator, "/attestations"), cancel));
            return json is JsonArray offers ? [.. offers.Select(OfferedAttestation.FromJson).OfType<OfferedAttestation>()] : [];
        }
        catch (Exception problem) when (problem is HttpRequestException or JsonException || (problem is TaskCanceledException && !cancel.IsCancellationRequested))
        {
            return [];
        }
    }
}
