using System.Text.Json;
using Quarterdeck.Server.Api.Http;
using Quarterdeck.Server.Identity;

namespace Quarterdeck.Server.Api.Streaming;

/// <summary><c>GET /api/stream</c>: server-sent events that name what changed.</summary>
internal static class StreamEndpoint
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(150);

    public static void MapStream(this IEndpointRouteBuilder app) =>
        app.MapGet("/api/stream", Stream).Needs(Permission.Read).WithTags("stream").ExcludeFromDescription();

    private static async Task Stream(
        HttpContext context, ChangeFeed feed, Sessions sessions, IHostApplicationLifetime life, TimeProvider clock)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, life.ApplicationStopping);
        context.Response.ContentType = "text/event-stream";
        var me = context.Operator();
        using var listener = feed.Listen();
        try
        {
            await Send(context, "ping", "{}", end.Token);
            while (true)
            {
                using var beat = new CancellationTokenSource(Heartbeat, clock);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(beat.Token, end.Token);
                try
                {
                    var topics = await listener.Next(either.Token);
                    await Send(context, "changed", JsonSerializer.Serialize(new { topics }), end.Token);
                    // Several changes of one moment become one event.
                    await Task.Delay(Breath, clock, end.Token);
                }
                catch (OperationCanceledException) when (!end.IsCancellationRequested)
                {
                    // A revoked session hears nothing more.
                    if (await sessions.Recognise(me.Token, me.ByCookie, touch: false, end.Token) is null) return;
                    await Send(context, "ping", "{}", end.Token);
                }
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // The reader left, or the server stops.
        }
    }

    private static async Task Send(HttpContext context, string name, string data, CancellationToken cancel)
    {
        await context.Response.WriteAsync($"event: {name}\ndata: {data}\n\n", cancel);
        await context.Response.Body.FlushAsync(cancel);
    }
}
