using System.Net;
using System.Net.Sockets;

namespace Quarterdeck.Devnet.Processes;

/// <summary>TCP ports on the loopback address.</summary>
public static class FreePort
{
    /// <summary>A port that nothing listens on now. Another process may take it before it is used: be ready to ask again.</summary>
    public static int Next()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>True where the port can be listened on.</summary>
    public static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
