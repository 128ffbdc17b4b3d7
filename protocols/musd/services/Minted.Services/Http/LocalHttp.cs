using System.Net;
using System.Text;

namespace Minted.Services.Http;

/// <summary>A small HTTP server on the loopback address: GET only.</summary>
internal sealed class LocalHttp : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Func<string, HttpAnswer?> _answer;

    /// <param name="port">On 127.0.0.1.</param>
    /// <param name="answer">The answer to a path; null where there is none.</param>
    public LocalHttp(int port, Func<string, HttpAnswer?> answer)
    {
        _answer = answer;
        _listener.Prefixes.Add($"http://127.0.0.1:{port}/");
        try
        {
            _listener.Start();
        }
        catch (HttpListenerException problem)
        {
            throw new UsageException($"Port {port} cannot be opened: {problem.Message}");
        }
    }

    /// <summary>Answers until cancelled.</summary>
    public async Task Serve(CancellationToken cancel)
    {
        await using var stop = cancel.Register(_listener.Stop);
        while (!cancel.IsCancellationRequested)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception problem) when (problem is HttpListenerException or ObjectDisposedException)
            {
                cancel.ThrowIfCancellationRequested();
                throw;
            }

            await Answer(context, cancel);
        }
    }

    public void Dispose() => ((IDisposable)_listener).Dispose();

    private async Task Answer(HttpListenerContext context, CancellationToken cancel)
    {
        var answer = context.Request.HttpMethod != "GET" ? new HttpAnswer(405, "text/plain", "GET only\n")
            : _answer(context.Request.Url?.AbsolutePath ?? "/") ?? new HttpAnswer(404, "text/plain", "not found\n");
        try
        {
            var body = Encoding.UTF8.GetBytes(answer.Body);
            context.Response.StatusCode = answer.Status;
            context.Response.ContentType = answer.ContentType;
            context.Response.ContentLength64 = body.Length;
            await context.Response.OutputStream.WriteAsync(body, cancel);
            context.Response.Close();
        }
        catch (Exception problem) when (problem is HttpListenerException or IOException)
        {
            // The caller has gone; there is nobody to tell.
            context.Response.Abort();
        }
    }
}

/// <summary>An answer.</summary>
internal sealed record HttpAnswer(int Status, string ContentType, string Body)
{
    public static HttpAnswer Json(System.Text.Json.Nodes.JsonNode body, int status = 200) => new(status, "application/json", body.ToJsonString());
}
