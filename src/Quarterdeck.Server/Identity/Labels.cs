namespace Quarterdeck.Server.Identity;

/// <summary>Names that people give to their credentials.</summary>
internal static class Labels
{
    /// <summary>One printable line of at most 80 characters, or the fallback.</summary>
    public static string Clean(string? label, string fallback)
    {
        var line = new string([.. (label ?? "").Where(c => !char.IsControl(c))]).Trim();
        return line.Length == 0 ? fallback : line[..Math.Min(80, line.Length)];
    }
}
