using System.Net;
using System.Net.Sockets;

namespace Quarterdeck.Store.Tests.Doors;

/// <summary>Stands between client and PostgreSQL; when told, passes one COMMIT on and drops the connection before its answer.</summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly (string Host, int Port) _target;
    private readonly Task _accepting;
    private volatile bool _armed;

    public CuttingProxy(string host, int port)
    {
        _target = (host, port);
        _listener.Start();
        _accepting = Accept();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public bool HasCut { get; private set; }

    public void CutAfterCommit() => _armed = true;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private async Task Accept()
    {
        try
        {
            while (true) _ = Serve(await _listener.AcceptTcpClientAsync(_stop.Token));
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task Serve(TcpClient client)
    {
        using var near = client;
        using var far = new TcpClient();
        await far.ConnectAsync(_target.Host, _target.Port, _stop.Token);
        try
        {
            await await Task.WhenAny(Upstream(near.GetStream(), far.GetStream()), far.GetStream().CopyToAsync(near.GetStream(), _stop.Token));
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
        }
    }

    private async Task Upstream(NetworkStream from, NetworkStream to)
    {
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = await from.ReadAsync(buffer, _stop.Token)) > 0)
        {
            var commit = buffer.AsSpan(0, read).IndexOf("COMMIT"u8) >= 0;
            if (commit && _armed)
            {
                _armed = false;
                HasCut = true;
                // The client's side goes first, so that the answer cannot slip through.
                from.Socket.Close();
                await to.WriteAsync(buffer.AsMemory(0, read), _stop.Token);
                await Task.Delay(200, _stop.Token);
                return;
            }

            await to.WriteAsync(buffer.AsMemory(0, read), _stop.Token);
        }
    }
}
