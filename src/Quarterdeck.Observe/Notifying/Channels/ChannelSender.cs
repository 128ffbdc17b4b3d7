using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Quarterdeck.Observe.Outbound;
using Quarterdeck.Packs.Notifications;

namespace Quarterdeck.Observe.Notifying.Channels;

/// <summary>What came of one attempt.</summary>
public abstract record Delivery
{
    private Delivery()
    {
    }

    /// <summary>Accepted.</summary>
    public sealed record Sent : Delivery;

    /// <summary>It may succeed later.</summary>
    public sealed record Later(string Why, TimeSpan? After) : Delivery;

    /// <summary>It will not succeed as it is.</summary>
    public sealed record Refused(string Why) : Delivery;
}

/// <summary>Sends one notification over one channel, once.</summary>
public sealed class ChannelSender(NotifyingOptions options, HttpClient http)
{
    private const int LongestAnswer = 64 * 1024;

    /// <summary>Sends. No answer and no exception names a secret.</summary>
    public async Task<Delivery> Send(ChannelDefinition channel, GroupNotification notification, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(options.Timeout);
        try
        {
            using var request = await Request(channel, notification, limit.Token);
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            return await Judge(channel, answer, limit.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new Delivery.Later($"no answer within {options.Timeout.TotalSeconds:0.###} s", null);
        }
        catch (Exception e) when (e is InvalidOperationException or UriFormatException or OutboundRefusedException)
        {
            return new Delivery.Refused(e.Message);
        }
        catch (HttpRequestException e)
        {
            return e.InnerException is OutboundRefusedException refused
                ? new Delivery.Refused(refused.Message)
                : new Delivery.Later($"{e.HttpRequestError}", null);
        }
        catch (IOException e)
        {
            return new Delivery.Later(e.GetType().Name, null);
        }
    }

    private async Task<HttpRequestMessage> Request(ChannelDefinition channel, GroupNotification notification, CancellationToken cancel)
    {
        switch (channel)
        {
            case WebhookChannel webhook:
                var post = Post(await webhook.Url.Read(options.Variable, cancel), Payloads.Webhook(notification, webhook, options.PublicUrl));
                if (webhook.Credentials is { } token)
                    post.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await token.Read(options.Variable, cancel));
                return post;
            case SlackChannel slack:
                return Post(await slack.Url.Read(options.Variable, cancel), Payloads.Slack(notification, slack, options.PublicUrl));
            case PagerDutyChannel pagerDuty:
                var key = await pagerDuty.RoutingKey.Read(options.Variable, cancel);
                return Post(pagerDuty.Url.ToString(), Payloads.PagerDuty(notification, pagerDuty, key, options.PublicUrl));
            case OpsGenieChannel opsGenie:
                var (path, body) = Payloads.OpsGenie(notification, opsGenie);
                var request = Post(new Uri(opsGenie.Url, path).ToString(), body);
                request.Headers.Authorization = new AuthenticationHeaderValue("GenieKey", await opsGenie.ApiKey.Read(options.Variable, cancel));
                return request;
            default:
                throw new InvalidOperationException($"No channel of the kind {channel.GetType().Name}.");
        }
    }

    private static HttpRequestMessage Post(string url, JsonObject body) => new(HttpMethod.Post, new Uri(url))
    {
        Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"),
    };

    private static async Task<Delivery> Judge(ChannelDefinition channel, HttpResponseMessage answer, CancellationToken cancel)
    {
        var status = (int)answer.StatusCode;
        if (status is 429 or >= 500 or 408) return new Delivery.Later($"answered {status}", answer.Headers.RetryAfter?.Delta);
        if (!answer.IsSuccessStatusCode)
        {
            // An alert that is closed already is what was wanted.
            return channel is OpsGenieChannel && answer.StatusCode == HttpStatusCode.NotFound && answer.RequestMessage!.RequestUri!.AbsolutePath.EndsWith("/close", StringComparison.Ordinal)
                ? new Delivery.Sent()
                : new Delivery.Refused($"answered {status}");
        }

        if (channel is not SlackChannel) return new Delivery.Sent();
        // Slack's Web API says 200 and means no.
        var buffer = new byte[LongestAnswer];
        await using var stream = await answer.Content.ReadAsStreamAsync(cancel);
        var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancel);
        var text = Encoding.UTF8.GetString(buffer, 0, length).Trim();
        if (!text.StartsWith('{')) return new Delivery.Sent();
        try
        {
            return JsonNode.Parse(text)?["ok"]?.GetValue<bool>() == false ? new Delivery.Refused("Slack answered that it is not ok") : new Delivery.Sent();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return new Delivery.Later("Slack's answer cannot be read", null);
        }
    }
}
