namespace Quarterdeck.Packs.Manifest;

/// <summary>Paths that an author wrote, held inside the pack's folder: no absolute path, no <c>..</c> past the root, no link that leads out.</summary>
internal static class PackPath
{
    /// <summary>The full path of a file in the pack; null where the path leads out of it.</summary>
    public static string? Resolve(string root, string relative)
    {
        if (relative.Length == 0 || relative.Contains('\0') || relative.Contains('\\') || Path.IsPathRooted(relative)) return null;
        var top = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        var full = Path.GetFullPath(Path.Combine(top, relative));
        if (!IsInside(top, full)) return null;
        var at = top;
        foreach (var part in Path.GetRelativePath(top, full).Split(Path.DirectorySeparatorChar))
        {
            at = Path.Combine(at, part);
            FileSystemInfo info = Directory.Exists(at) ? new DirectoryInfo(at) : new FileInfo(at);
            if (info.LinkTarget is null) continue;
            try
            {
                if (info.ResolveLinkTarget(true) is not { } target || !IsInside(top, target.FullName)) return null;
            }
            catch (IOException)
            {
                return null; // a link that leads in a circle
            }
        }

        return full;
    }

    private static bool IsInside(string top, string full) =>
        full.StartsWith(top + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
