using System.Globalization;
using System.Text.Json.Nodes;
using Minted.Services.Http;

namespace Minted.Services.Participant;

/// <summary>Stands in for the Canton participant: health, ledger end and the assets that validators attest. It keeps nothing.</summary>
internal static class ParticipantProcess
{
    public static async Task Run(CommandLine options, CancellationToken cancel)
    {
        var port = options.Number("port", 1, 65535);
        var log = new Log("canton-participant", TimeProvider.System);
        using var http = new LocalHttp(port, Answer);
        log.Say($"listening on 127.0.0.1:{port}");
        await http.Serve(cancel);
    }

    internal static HttpAnswer? Answer(string path)
    {
        const string Snapshots = "/v1/assets/snapshot/";
        if (path is "/readyz" or "/livez") return new HttpAnswer(200, "text/plain", "ok\n");
        if (path == "/v2/state/ledger-end")
            return HttpAnswer.Json(new JsonObject { ["offset"] = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() });
        return path.StartsWith(Snapshots, StringComparison.Ordinal) &&
            long.TryParse(path[Snapshots.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and < 1_000_000
            ? HttpAnswer.Json(AssetSnapshot.Made(number).ToJson())
            : null;
    }
}
