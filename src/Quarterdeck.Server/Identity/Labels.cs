using System.Globalization;

namespace Quarterdeck.Server.Identity;

/// <summary>Names that people give to their credentials.</summary>
internal static class Labels
{
    // What does not show can reorder what does: a name could read as another's deed.
    private static bool Shows(char c) => !char.IsControl(c) && char.GetUnicodeCategory(c) is not (UnicodeCategory.Format or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator);

    /// <summary>One printable line of at most 80 characters, or the fallback.</summary>
    public static string Clean(string? label, string fallback)
    {
        var line = new string([.. (label ?? "").Where(Shows)]).Trim();
        return line.Length == 0 ? fallback : line[..Math.Min(80, line.Length)];
    }
}
