using System.Net;
using System.Net.Sockets;

namespace Quarterdeck.Observe.Tests.Indexing;

/// <summary>An endpoint that can be killed: it passes bytes on to a node, and while it is dead it cuts all connections.</summary>
internal sealed class FlakyProxy : IAsyncDisposable
{
    private readonly Uri _node;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _lock = new();
    private readonly HashSet<TcpClient> _open = [];
    private readonly Task _accepting;
    private bool _isDead;

    public FlakyProxy(Uri node)
    {
        _node = node;
        _listener.Start();
        _accepting = Accept();
    }

    public string Url => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    public bool IsDead
    {
        set
        {
            lock (_lock)
            {
                _isDead = value;
                if (value) foreach (var client in _open) client.Dispose();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _listener.Stop();
        IsDead = true;
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _closing.Dispose();
    }

    private async Task Accept()
    {
        while (!_closing.IsCancellationRequested)
        {
            var client = await _listener.AcceptTcpClientAsync(_closing.Token);
            lock (_lock)
            {
                if (_isDead) client.Dispose();
                else _open.Add(client);
            }

            _ = Pass(client);
        }
    }

    private async Task Pass(TcpClient client)
    {
        try
        {
            using var node = new TcpClient();
            await node.ConnectAsync(_node.Host, _node.Port, _closing.Token);
            var (here, there) = (client.GetStream(), node.GetStream());
            await Task.WhenAny(here.CopyToAsync(there, _closing.Token), there.CopyToAsync(here, _closing.Token));
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
        {
            // The connection was cut, which is what this is for.
        }
        finally
        {
            lock (_lock) _open.Remove(client);
            client.Dispose();
        }
    }
}
