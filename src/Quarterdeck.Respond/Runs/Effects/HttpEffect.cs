using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Quarterdeck.Observe.Outbound;
using Quarterdeck.Packs;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Runs.Reading;

namespace Quarterdeck.Respond.Runs.Effects;

/// <summary>
/// Makes HTTP requests that have an effect, with the header <c>Idempotency-Key</c>. Only what was never sent, or what the other side
/// answers with 4xx, is known not to have come about.
/// </summary>
internal sealed class HttpEffect(HttpClient http, RunOptions options, TimeProvider clock)
{
    private const int BodyKept = 4096;

    public async Task<EffectOutcome> Perform(BoundPack pack, ActionEffect.HttpRequest effect, CancellationToken cancel)
    {
        var texts = effect.Headers.Values.Append(effect.Url).Append(effect.Body ?? "").Append(effect.BasicAuth ?? "");
        RequestSecrets secrets;
        try
        {
            secrets = await RequestSecrets.Of(pack, texts, cancel);
        }
        catch (StepFailedException problem)
        {
            return new EffectOutcome.Failed($"Nothing was sent. {problem.Message}");
        }

        if (!Uri.TryCreate(secrets.Fill(effect.Url), UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            return new EffectOutcome.Failed($"Nothing was sent: '{effect.Url}' is no http address.");
        using var request = Request(effect, address, secrets);
        using var late = new CancellationTokenSource(options.CommandTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancel);
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            var body = await Body(response, either.Token);
            var output = new JsonObject
            {
                ["status"] = (int)response.StatusCode,
                ["value"] = secrets.Redact(body),
                ["idempotencyKey"] = effect.IdempotencyKey,
            };
            return (int)response.StatusCode switch
            {
                < 400 => new EffectOutcome.Done(output),
                < 500 => new EffectOutcome.Failed($"{address.Host} refuses with {(int)response.StatusCode}.", output),
                var code => new EffectOutcome.Unknown($"{address.Host} answers {code}: whether it came about is not known. Idempotency-Key {effect.IdempotencyKey}."),
            };
        }
        catch (HttpRequestException problem) when (problem.InnerException is OutboundRefusedException refused)
        {
            return new EffectOutcome.Failed($"Nothing was sent. {refused.Message}");
        }
        catch (HttpRequestException problem) when (problem.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
                                                       or HttpRequestError.SecureConnectionError || problem.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused })
        {
            return new EffectOutcome.Failed($"Nothing was sent: {address.Host} is not reached ({problem.HttpRequestError}).");
        }
        catch (HttpRequestException problem)
        {
            return new EffectOutcome.Unknown($"The answer of {address.Host} was lost ({problem.HttpRequestError}). Idempotency-Key {effect.IdempotencyKey}.");
        }
        catch (IOException)
        {
            return new EffectOutcome.Unknown($"The answer of {address.Host} was lost. Idempotency-Key {effect.IdempotencyKey}.");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new EffectOutcome.Unknown($"{address.Host} did not answer in time. Idempotency-Key {effect.IdempotencyKey}.");
        }
    }

    private static HttpRequestMessage Request(ActionEffect.HttpRequest effect, Uri address, RequestSecrets secrets)
    {
        var request = new HttpRequestMessage(new HttpMethod(effect.Method), address);
        if (effect.Body is { } body) request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(secrets.Fill(body)));
        foreach (var (name, value) in effect.Headers)
        {
            var filled = secrets.Fill(value);
            if (!request.Headers.TryAddWithoutValidation(name, filled)) request.Content?.Headers.TryAddWithoutValidation(name, filled);
        }

        request.Headers.Remove("Idempotency-Key");
        request.Headers.TryAddWithoutValidation("Idempotency-Key", effect.IdempotencyKey);
        if (effect.BasicAuth is { } pair)
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(secrets.Fill(pair))));
        return request;
    }

    private static async Task<string> Body(HttpResponseMessage response, CancellationToken cancel)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancel);
        var buffer = new byte[BodyKept];
        var read = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancel);
        return Encoding.UTF8.GetString(buffer, 0, read).Replace('\0', ' ');
    }
}
