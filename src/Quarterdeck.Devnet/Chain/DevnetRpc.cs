using System.Globalization;
using System.Net.Http.Json;
using System.Numerics;
using System.Text.Json;

namespace Quarterdeck.Devnet.Chain;

/// <summary>JSON-RPC to a development chain, every method allowed. Source: https://www.jsonrpc.org/specification</summary>
public sealed class DevnetRpc(Uri endpoint) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = endpoint, Timeout = TimeSpan.FromSeconds(60) };
    private int _id;

    public Uri Endpoint { get; } = endpoint;

    /// <summary>Calls a method and returns its result.</summary>
    /// <exception cref="DevnetException">The chain refuses; the message holds its reason.</exception>
    /// <exception cref="HttpRequestException">The chain does not answer.</exception>
    public async Task<JsonElement> Send(string method, object?[] parameters, CancellationToken cancel)
    {
        var request = new { jsonrpc = "2.0", id = Interlocked.Increment(ref _id), method, @params = parameters };
        using var response = await _http.PostAsJsonAsync((Uri?)null, request, cancel);
        using var reply = await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync(cancel), cancellationToken: cancel);
        if (reply.RootElement.TryGetProperty("error", out var error))
        {
            var data = error.TryGetProperty("data", out var bytes) ? $" {bytes}" : "";
            throw new DevnetException($"{method} is refused: {error.GetProperty("message").GetString()}{data}");
        }

        return reply.RootElement.GetProperty("result").Clone();
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Reads a 0x-prefixed hexadecimal quantity.</summary>
    public static ulong Quantity(JsonElement element) =>
        ulong.Parse(element.GetString().AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    /// <summary>Reads a 0x-prefixed hexadecimal quantity of any size.</summary>
    public static BigInteger LargeQuantity(JsonElement element) =>
        BigInteger.Parse("0" + element.GetString()![2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
