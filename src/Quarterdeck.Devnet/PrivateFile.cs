using System.Text;

namespace Quarterdeck.Devnet;

/// <summary>Files that only we can read.</summary>
internal static class PrivateFile
{
    /// <summary>Writes or replaces a file; a reader sees the old text or the new one, never half.</summary>
    public static void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var half = $"{path}.{Guid.NewGuid():N}";
        var create = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) create.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(half, create)) stream.Write(Encoding.UTF8.GetBytes(text));
        File.Move(half, path, overwrite: true);
    }
}
