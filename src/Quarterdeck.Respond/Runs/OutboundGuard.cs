using System.Net;
using System.Net.Sockets;

namespace Quarterdeck.Respond.Runs;

/// <summary>A runbook's request would reach an address that hands out credentials or is of no host.</summary>
internal sealed class OutboundRefusedException(string message) : Exception(message);

/// <summary>
/// Keeps the requests of runbooks from link-local and metadata addresses. The address that is judged is the one that is
/// connected to, so a name that changes its answer in between (DNS rebinding) gains nothing; redirects are not followed.
/// </summary>
internal static class OutboundGuard
{
    private static readonly IPNetwork[] Refused =
    [
        IPNetwork.Parse("169.254.0.0/16"), IPNetwork.Parse("0.0.0.0/8"), IPNetwork.Parse("224.0.0.0/4"), IPNetwork.Parse("240.0.0.0/4"),
        // Metadata of Alibaba Cloud, Azure and Oracle Cloud outside the link-local range.
        IPNetwork.Parse("100.100.100.200/32"), IPNetwork.Parse("168.63.129.16/32"), IPNetwork.Parse("192.0.0.192/32"),
        IPNetwork.Parse("fe80::/10"), IPNetwork.Parse("fd00:ec2::/32"), IPNetwork.Parse("ff00::/8"), IPNetwork.Parse("::/128"),
    ];

    /// <summary>A client that connects only where it may.</summary>
    public static HttpClient Client(RunOptions options) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        ConnectCallback = (context, cancel) => Connect(context.DnsEndPoint, options.AllowedHosts, cancel),
    });

    /// <summary>Whether the address is one that runbooks never reach.</summary>
    public static bool IsRefused(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return Refused.Any(network => network.Contains(plain));
    }

    private static async ValueTask<Stream> Connect(DnsEndPoint to, IReadOnlyCollection<string> allowed, CancellationToken cancel)
    {
        var addresses = await Dns.GetHostAddressesAsync(to.Host, cancel);
        if (!allowed.Contains(to.Host, StringComparer.OrdinalIgnoreCase) && addresses.FirstOrDefault(IsRefused) is { } refused)
        {
            throw new OutboundRefusedException(
                $"{to.Host} is {refused}, a link-local or metadata address, which runbooks do not reach. Allow the host in the server's settings if it is meant.");
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, to.Port, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
