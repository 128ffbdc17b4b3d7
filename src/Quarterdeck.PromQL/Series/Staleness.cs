namespace Quarterdeck.PromQL;

/// <summary>Prometheus's staleness marker: a NaN of one particular bit pattern, written when a series has ended.</summary>
public static class Staleness
{
    private const long Bits = 0x7ff0000000000002;

    /// <summary>The marker; compare with <see cref="IsMarker"/>, never with <c>==</c>.</summary>
    public static double Marker { get; } = BitConverter.Int64BitsToDouble(Bits);

    /// <summary>Whether a value is the marker; an ordinary NaN is not.</summary>
    public static bool IsMarker(double value) => BitConverter.DoubleToInt64Bits(value) == Bits;
}
