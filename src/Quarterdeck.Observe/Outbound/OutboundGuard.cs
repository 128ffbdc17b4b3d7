using System.Net;
using System.Net.Sockets;

namespace Quarterdeck.Observe.Outbound;

/// <summary>Where requests of this half may go.</summary>
/// <param name="AllowedHosts">Where not empty, only these names (<c>*.example.org</c> for all below); a named host may be private.</param>
/// <param name="AllowPrivate">Whether names may lead to private and loopback addresses. Addresses of metadata services never.</param>
public sealed record OutboundPolicy(IReadOnlyList<string> AllowedHosts, bool AllowPrivate)
{
    /// <summary>A pack's own probes: its services are inside the network, and its files are reviewed.</summary>
    public static OutboundPolicy Probes { get; } = new([], AllowPrivate: true);

    /// <summary>Names that may lead anywhere, metadata services included: what a server's settings name deliberately.</summary>
    public IReadOnlyCollection<string> Exempt { get; init; } = [];

    /// <summary>The requests of runbooks: into the network, and to what is link-local or no host only where a name is exempt.</summary>
    public static OutboundPolicy Runbooks(IReadOnlyCollection<string> exempt) => new([], AllowPrivate: true) { Exempt = exempt };
}

/// <summary>
/// Keeps notifications and probes from being turned against the inside of a network: a name is resolved once, every address is judged, and the
/// connection goes to the very address that was judged. Redirects are not followed.
/// </summary>
public static class OutboundGuard
{
    private static readonly IPNetwork MetadataSix = IPNetwork.Parse("fd00:ec2::/32");

    private static readonly IPNetwork[] NoHost =
    [
        IPNetwork.Parse("0.0.0.0/8"), IPNetwork.Parse("224.0.0.0/4"), IPNetwork.Parse("240.0.0.0/4"), IPNetwork.Parse("fe80::/10"),
        IPNetwork.Parse("ff00::/8"), IPNetwork.Parse("::/128"),
    ];

    /// <summary>A client that connects only where the policy allows it.</summary>
    public static HttpClient Client(OutboundPolicy policy) => new(Handler(policy));

    /// <summary>A handler that connects only where the policy allows it.</summary>
    public static SocketsHttpHandler Handler(OutboundPolicy policy) => new()
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        ConnectCallback = async (context, cancel) =>
        {
            var host = context.DnsEndPoint.Host;
            var addresses = IPAddress.TryParse(host.Trim('[', ']'), out var literal) ? [literal] : await Dns.GetHostAddressesAsync(host, cancel);
            if (addresses.Length == 0) throw new OutboundRefusedException($"{host} has no address");
            // A name that leads to a good address and a bad one is not to be trusted with either.
            if (addresses.Select(a => Refusal(host, a, policy)).FirstOrDefault(why => why is not null) is { } refused)
                throw new OutboundRefusedException(refused);
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(addresses, context.DnsEndPoint.Port, cancel);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    };

    /// <summary>Why an address may not be connected to for a host; null where it may.</summary>
    public static string? Refusal(string host, IPAddress address, OutboundPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(policy);
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        if (policy.Exempt.Contains(host, StringComparer.OrdinalIgnoreCase)) return null;
        if (IsMetadata(plain) || IsNoHost(plain)) return $"{host} leads to {plain}, a link-local or metadata address: where clouds keep their credentials, or no host";
        var named = policy.AllowedHosts.Any(pattern => Names(pattern, host));
        if (policy.AllowedHosts.Count > 0 && !named && !(policy.AllowPrivate && IsPrivate(plain)))
            return $"{host} is not among the hosts that requests may go to";
        return IsPrivate(plain) && !named && !policy.AllowPrivate ? $"{host} leads to the private address {plain}" : null;
    }

    private static bool Names(string pattern, string host) => pattern.StartsWith("*.", StringComparison.Ordinal)
        ? host.EndsWith(pattern[1..], StringComparison.OrdinalIgnoreCase)
        : string.Equals(pattern, host, StringComparison.OrdinalIgnoreCase);

    private static bool IsMetadata(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        return address.AddressFamily == AddressFamily.InterNetwork
            ? bytes is [169, 254, ..] or [100, 100, 100, 200] or [168, 63, 129, 16] or [192, 0, 0, 192]
            : MetadataSix.Contains(address);
    }

    private static bool IsNoHost(IPAddress address) => NoHost.Any(network => network.Contains(address));

    private static bool IsPrivate(IPAddress address)
    {
        if (IPAddress.IsLoopback(address)) return true;
        var bytes = address.GetAddressBytes();
        if (address.AddressFamily != AddressFamily.InterNetwork)
        {
            return address.IsIPv6LinkLocal || address.IsIPv6SiteLocal || address.IsIPv6UniqueLocal || address.IsIPv6Multicast
                || address.Equals(IPAddress.IPv6Any) || bytes is [0x00, 0x64, 0xff, 0x9b, ..] or [0x20, 0x02, ..];
        }

        return bytes switch
        {
            [0 or 10 or 127, ..] or [192, 168, ..] or [169, 254, ..] or [192, 0, 0, _] or [>= 224, ..] => true,
            [172, var b, ..] => b is >= 16 and <= 31,
            [100, var b, ..] => b is >= 64 and <= 127,
            [198, var b, ..] => b is 18 or 19,
            _ => false,
        };
    }
}

/// <summary>An address that requests may not go to.</summary>
public sealed class OutboundRefusedException(string why) : Exception(why);
