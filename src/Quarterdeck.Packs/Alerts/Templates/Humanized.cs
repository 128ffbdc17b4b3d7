using System.Globalization;

namespace Quarterdeck.Packs.Alerts.Templates;

/// <summary>Numbers as people read them, with four significant digits.</summary>
internal static class Humanized
{
    private static readonly string[] Large = ["k", "M", "G", "T", "P", "E", "Z", "Y"];
    private static readonly string[] Small = ["m", "u", "n", "p", "f", "a", "z", "y"];
    private static readonly string[] BinaryLarge = ["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"];

    public static string Number(double value)
    {
        if (value == 0 || !double.IsFinite(value)) return Four(value);
        return Math.Abs(value) >= 1 ? Up(value, 1000, Large) : Down(value);
    }

    public static string Binary(double value) =>
        Math.Abs(value) <= 1 || !double.IsFinite(value) ? Four(value) : Up(value, 1024, BinaryLarge);

    public static string Duration(double value)
    {
        if (!double.IsFinite(value)) return Four(value);
        if (value == 0) return "0s";
        if (Math.Abs(value) < 1) return Down(value) + "s";
        var sign = value < 0 ? "-" : "";
        value = Math.Abs(value);
        if (value >= long.MaxValue) return sign + Four(value) + "s";
        var whole = (long)value;
        var (seconds, minutes, hours, days) = (whole % 60, whole / 60 % 60, whole / 3600 % 24, whole / 86_400);
        if (days != 0) return Invariant($"{sign}{days}d {hours}h {minutes}m {seconds}s");
        if (hours != 0) return Invariant($"{sign}{hours}h {minutes}m {seconds}s");
        return minutes != 0 ? Invariant($"{sign}{minutes}m {seconds}s") : sign + Four(value) + "s";
    }

    public static string Timestamp(double value)
    {
        if (!double.IsFinite(value)) return Four(value);
        // Beyond what a signed 64-bit count of nanoseconds holds, Prometheus refuses too.
        if (Math.Abs(value) > long.MaxValue / 1e9) throw new FormatException($"{Four(value)} cannot be represented as a nanoseconds timestamp");
        var nanoseconds = (long)(value * 1e9);
        var (seconds, rest) = Math.DivRem(nanoseconds, 1_000_000_000);
        if (rest < 0) (seconds, rest) = (seconds - 1, rest + 1_000_000_000);
        var time = DateTimeOffset.FromUnixTimeSeconds(seconds).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
        var fraction = rest == 0 ? "" : "." + rest.ToString("000000000", CultureInfo.InvariantCulture).TrimEnd('0');
        return time + fraction + " +0000 UTC";
    }

    private static string Up(double value, double factor, string[] prefixes)
    {
        var prefix = "";
        foreach (var next in prefixes)
        {
            if (Math.Abs(value) < factor) break;
            prefix = next;
            value /= factor;
        }

        return Four(value) + prefix;
    }

    private static string Down(double value)
    {
        var prefix = "";
        foreach (var next in Small)
        {
            if (Math.Abs(value) >= 1) break;
            prefix = next;
            value *= 1000;
        }

        return Four(value) + prefix;
    }

    private static string Four(double value) => GoFormat.General(value, 4);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

internal static class Hosts
{
    /// <summary>The host without its port; text that is not host:port stays as it is.</summary>
    public static string StripPort(string host)
    {
        if (host.StartsWith('['))
        {
            var close = host.IndexOf("]:", StringComparison.Ordinal);
            return close > 0 ? host[1..close] : host;
        }

        var colon = host.IndexOf(':', StringComparison.Ordinal);
        return colon >= 0 && host.LastIndexOf(':') == colon ? host[..colon] : host;
    }

    /// <summary>The first part of a host name; addresses stay as they are. A port is kept.</summary>
    public static string StripDomain(string host)
    {
        var bare = StripPort(host);
        var port = bare.Length < host.Length && !host.StartsWith('[') ? host[bare.Length..] : "";
        if (System.Net.IPAddress.TryParse(bare, out _)) return host;
        return bare.Split('.')[0] + port;
    }
}
