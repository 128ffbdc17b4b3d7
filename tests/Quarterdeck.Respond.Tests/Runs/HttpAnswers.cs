using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Quarterdeck.Respond.Tests.Runs;

/// <summary>A plain HTTP server whose answers are given by attempt; status 0 never answers.</summary>
internal sealed class HttpAnswers : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;

    public HttpAnswers(Func<int, (int Status, string Body)> answer)
    {
        _listener.Start();
        _serving = Serve(answer);
    }

    public List<string> Asked { get; } = [];

    public string Address => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _serving;
        _stop.Dispose();
    }

    private async Task Serve(Func<int, (int Status, string Body)> answer)
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                _ = Answer(client, answer);
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }

    private async Task Answer(TcpClient client, Func<int, (int Status, string Body)> answer)
    {
        using (client)
        {
            var stream = client.GetStream();
            var buffer = new byte[8192];
            var read = await Whole(stream, buffer);
            int attempt;
            lock (Asked)
            {
                Asked.Add(Encoding.UTF8.GetString(buffer, 0, read));
                attempt = Asked.Count;
            }

            var (status, body) = answer(attempt);
            if (status == 0) await Task.Delay(TimeSpan.FromSeconds(5), _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            else await stream.WriteAsync(Encoding.UTF8.GetBytes($"HTTP/1.1 {status} X\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}"));
        }
    }

    // The body may come in a segment of its own.
    private static async Task<int> Whole(NetworkStream stream, byte[] buffer)
    {
        var read = 0;
        while (true)
        {
            var more = await stream.ReadAsync(buffer.AsMemory(read));
            if (more == 0) return read;
            read += more;
            var text = Encoding.UTF8.GetString(buffer, 0, read);
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end < 0) continue;
            var length = System.Text.RegularExpressions.Regex.Match(text, @"Content-Length: (\d+)", System.Text.RegularExpressions.RegexOptions.IgnoreCase);
            if (!length.Success || read >= end + 4 + int.Parse(length.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)) return read;
        }
    }
}
