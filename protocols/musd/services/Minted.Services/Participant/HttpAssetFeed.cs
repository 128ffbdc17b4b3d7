using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Minted.Services.Participant;

/// <summary>Asks the participant process.</summary>
internal sealed class HttpAssetFeed(HttpClient http, Uri participant) : IAssetFeed
{
    public async Task<AssetSnapshot?> Snapshot(long number, CancellationToken cancel)
    {
        try
        {
            var url = new Uri(participant, string.Create(CultureInfo.InvariantCulture, $"/v1/assets/snapshot/{number}"));
            return AssetSnapshot.FromJson(JsonNode.Parse(await http.GetStringAsync(url, cancel)));
        }
        catch (Exception problem) when (problem is HttpRequestException or JsonException || (problem is TaskCanceledException && !cancel.IsCancellationRequested))
        {
            return null;
        }
    }
}
