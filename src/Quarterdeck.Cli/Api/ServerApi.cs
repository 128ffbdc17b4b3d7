using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Signatures;
using Quarterdeck.Devnet.Keys;
using Quarterdeck.Primitives;

namespace Quarterdeck.Cli.Api;

/// <summary>
/// A client of the server's HTTP API for one operator. A server that is away is asked again until the patience runs
/// out: it may have been killed, and be on its way back.
/// </summary>
internal sealed class ServerApi : IDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowReadingFromString,
    };

    private readonly HttpClient _http;
    private bool _repeated;

    public ServerApi(Uri url, TimeSpan patience)
    {
        _http = new HttpClient { BaseAddress = url, Timeout = TimeSpan.FromSeconds(30) };
        Patience = patience;
    }

    public TimeSpan Patience { get; }

    public Uri Url => _http.BaseAddress!;

    /// <summary>Signs in by a wallet's signature over the server's EIP-4361 message.</summary>
    /// <exception cref="ApiException">The server does not know the wallet.</exception>
    public Task SignIn(DevKey wallet, CancellationToken cancel) => SignIn(wallet.Address, wallet.Sign, cancel);

    /// <summary>The same, by whatever signs a digest.</summary>
    public async Task SignIn(Address address, Func<Hash32, byte[]> sign, CancellationToken cancel)
    {
        for (var again = false; ; again = true)
        {
            var challenge = await Post<Challenge>("/api/auth/wallet/challenge", new { address = address.ToString() }, cancel);
            var signature = Hex.Data(sign(Eip191.Hash(challenge.Message)));
            try
            {
                UseToken((await Post<SignedIn>("/api/auth/wallet", new { message = challenge.Message, signature }, cancel)).Token);
                return;
            }
            catch (ApiException refused) when (!again && _repeated && refused.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
            {
                // The server died after it used up the challenge and before it answered: a new one is needed, once.
            }
        }
    }

    /// <summary>Acts by a session's or an API token from now on.</summary>
    public void UseToken(string token) => _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);

    /// <summary>Removes something.</summary>
    public async Task Delete(string path, CancellationToken cancel) => (await Send(HttpMethod.Delete, path, null, cancel)).Dispose();

    /// <summary>Reads; asked again while the server is away.</summary>
    /// <exception cref="ApiException">The server refuses.</exception>
    public async Task<T> Get<T>(string path, CancellationToken cancel)
    {
        using var response = await Send(HttpMethod.Get, path, null, cancel);
        return await Read<T>(response, cancel);
    }

    /// <summary>The raw bytes of an answer.</summary>
    public async Task<byte[]> GetBytes(string path, CancellationToken cancel)
    {
        using var response = await Send(HttpMethod.Get, path, null, cancel);
        return await response.Content.ReadAsByteArrayAsync(cancel);
    }

    /// <summary>Changes something. Sent again only where the server was not reached or died in between: the caller's requests are safe to repeat.</summary>
    public async Task<T> Post<T>(string path, object? body, CancellationToken cancel)
    {
        using var response = await Send(HttpMethod.Post, path, body, cancel);
        return await Read<T>(response, cancel);
    }

    /// <summary>Changes something whose answer does not matter.</summary>
    public async Task Post(string path, object? body, CancellationToken cancel) =>
        (await Send(HttpMethod.Post, path, body, cancel)).Dispose();

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> Send(HttpMethod method, string path, object? body, CancellationToken cancel)
    {
        _repeated = false;
        for (var started = TimeProvider.System.GetTimestamp(); ;)
        {
            try
            {
                using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
                if (body is not null) request.Content = JsonContent.Create(body, options: Json);
                var response = await _http.SendAsync(request, cancel);
                if (response.IsSuccessStatusCode) return response;
                using (response)
                {
                    if (!MayPass(response.StatusCode) || TimeProvider.System.GetElapsedTime(started) > Patience)
                        throw new ApiException(response.StatusCode, await Explain(response, method, path, cancel));
                }
            }
            catch (Exception problem) when (problem is HttpRequestException or IOException
                                            || problem is TaskCanceledException && !cancel.IsCancellationRequested)
            {
                if (TimeProvider.System.GetElapsedTime(started) > Patience)
                    throw new CommandException($"The server at {Url} does not answer: {problem.Message} Is './quarterdeck up' running?");
            }

            _repeated = true;
            await Task.Delay(100, cancel);
        }
    }

    private static bool MayPass(HttpStatusCode status) =>
        status is HttpStatusCode.ServiceUnavailable or HttpStatusCode.BadGateway or HttpStatusCode.TooManyRequests;

    private static async Task<T> Read<T>(HttpResponseMessage response, CancellationToken cancel) =>
        await response.Content.ReadFromJsonAsync<T>(Json, cancel)
        ?? throw new ApiException(response.StatusCode, $"{response.RequestMessage?.RequestUri} answered nothing.");

    private static async Task<string> Explain(HttpResponseMessage response, HttpMethod method, string path, CancellationToken cancel)
    {
        var text = await response.Content.ReadAsStringAsync(cancel);
        try
        {
            using var problem = JsonDocument.Parse(text);
            var parts = new[] { "title", "detail", "remedy" }
                .Select(name => problem.RootElement.TryGetProperty(name, out var value) ? value.GetString() : null)
                .Where(value => !string.IsNullOrWhiteSpace(value));
            return string.Join(" ", parts) is { Length: > 0 } explained ? explained : $"{method} {path} answered {(int)response.StatusCode}.";
        }
        catch (JsonException)
        {
            return $"{method} {path} answered {(int)response.StatusCode}. {text}";
        }
    }
}
