using System.Text;

namespace Quarterdeck.Devnet;

/// <summary>Files that only we can read.</summary>
internal static class PrivateFile
{
    /// <summary>Writes or replaces a file; a reader sees the old text or the new one, never half.</summary>
    public static async Task Write(string path, string text, CancellationToken cancel)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var half = $"{path}.{Guid.NewGuid():N}";
        var create = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) create.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using (var stream = new FileStream(half, create)) await stream.WriteAsync(Encoding.UTF8.GetBytes(text), cancel);
        File.Move(half, path, overwrite: true);
    }
}
