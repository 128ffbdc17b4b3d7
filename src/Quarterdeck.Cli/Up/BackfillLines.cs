using System.Globalization;
using System.Text.Json;

namespace Quarterdeck.Cli.Up;

/// <summary>While a server reads a chain's history, tells how far it is, at what rate, and how long it will take: from its /health.</summary>
internal static class BackfillLines
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);

    /// <summary>Prints a line for each chain that is filled, until cancelled.</summary>
    public static async Task Run(Uri server, Action<string> print, CancellationToken cancel)
    {
        using var http = new HttpClient { BaseAddress = server, Timeout = TimeSpan.FromSeconds(5) };
        using var timer = new PeriodicTimer(Every, TimeProvider.System);
        var filled = new HashSet<string>(StringComparer.Ordinal);
        while (await timer.WaitForNextTickAsync(cancel))
        {
            try
            {
                using var health = JsonDocument.Parse(await http.GetStringAsync(new Uri("/health", UriKind.Relative), cancel));
                foreach (var chain in health.RootElement.GetProperty("chains").EnumerateArray())
                    if (Line(chain, filled) is { } line) print(line);
            }
            catch (Exception e) when (e is HttpRequestException or JsonException || e is TaskCanceledException && !cancel.IsCancellationRequested)
            {
                // A server that is started again, or answers 503, has nothing to tell now.
            }
        }
    }

    /// <summary>One chain of /health in words; null where it has nothing new to tell.</summary>
    internal static string? Line(JsonElement chain, ISet<string> filled)
    {
        var name = chain.GetProperty("name").GetString()!;
        if (chain.GetProperty("backfill") is not { ValueKind: JsonValueKind.Object } fill)
            return filled.Remove(name) ? $"  {name}: history is read, at block {Number(chain.GetProperty("head"))}" : null;
        filled.Add(name);
        var left = fill.GetProperty("remainingSeconds") is { ValueKind: JsonValueKind.Number } seconds
            ? $"{TimeSpan.FromSeconds(seconds.GetDouble()):c} left" : "time left unknown";
        return string.Create(CultureInfo.InvariantCulture,
            $"  {name}: block {Number(fill.GetProperty("at"))} of {Number(fill.GetProperty("to"))} ({fill.GetProperty("done").GetDouble():P0}), {fill.GetProperty("eventsPerSecond").GetDouble():N0} events/s, {left}");
    }

    private static string Number(JsonElement number) =>
        number.ValueKind == JsonValueKind.Number ? number.GetInt64().ToString("N0", CultureInfo.InvariantCulture) : "0";
}
