using System.Globalization;
using Quarterdeck.Store.Audit;

namespace Quarterdeck.Server.Api;

/// <summary>Which tile a path names. Source: c2sp.org/tlog-tiles, "Merkle Tree" and "Log entries".</summary>
/// <param name="Level">Of hashes; null for a bundle of entries.</param>
/// <param name="Index">Which one.</param>
/// <param name="Width">1 to 256.</param>
internal sealed record TilePath(int? Level, long Index, int Width)
{
    /// <summary>Reads <c>0/x001/x234/067</c>, <c>entries/000.p/12</c>; null for another form.</summary>
    public static TilePath? Parse(string path)
    {
        var parts = path.Split('/').ToList();
        var width = AuditTiles.Width;
        if (parts.Count >= 3 && parts[^2].EndsWith(".p", StringComparison.Ordinal))
        {
            if (!TryNumber(parts[^1], out var partial) || partial is < 1 or >= AuditTiles.Width) return null;
            width = (int)partial;
            parts.RemoveAt(parts.Count - 1);
            parts[^1] = parts[^1][..^2];
        }

        int? level = null;
        if (parts[0] != "entries")
        {
            if (!TryNumber(parts[0], out var given) || given > 63) return null;
            level = (int)given;
        }

        return Number(parts[1..]) is { } index ? new TilePath(level, index, width) : null;
    }

    // Every group but the last begins with an x; a leading group of zeros would be a second name of the same tile.
    private static long? Number(List<string> groups)
    {
        if (groups.Count is 0 or > 6 || (groups.Count > 1 && groups[0] == "x000")) return null;
        var index = 0L;
        for (var i = 0; i < groups.Count; i++)
        {
            var last = i == groups.Count - 1;
            var digits = last ? groups[i] : groups[i].StartsWith('x') ? groups[i][1..] : "";
            if (digits.Length != 3 || !digits.All(char.IsAsciiDigit)) return null;
            index = index * 1000 + int.Parse(digits, CultureInfo.InvariantCulture);
        }

        return index;
    }

    private static bool TryNumber(string text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number.ToString(CultureInfo.InvariantCulture) == text;
}
