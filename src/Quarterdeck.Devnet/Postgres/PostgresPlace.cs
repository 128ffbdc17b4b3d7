using System.Security.Cryptography;
using System.Text;
using Quarterdeck.Devnet.Processes;

namespace Quarterdeck.Devnet.Postgres;

/// <summary>
/// Which binaries, which data folder, which user. As root, PostgreSQL runs as another user, who may not be able to enter
/// a checkout such as /root/quarterdeck: then data, and binaries that came with npm, live under /var/lib/quarterdeck.
/// </summary>
internal sealed record PostgresPlace(string Bin, string Data, PostgresUser? User)
{
    private const string RootsPlace = "/var/lib/quarterdeck";

    public static PostgresPlace For(string folder, string bin)
    {
        var user = PostgresUser.Needed();
        folder = Path.GetFullPath(folder);
        if (user is not null && !PostgresUser.CanReach(bin)) bin = CopyBinaries(bin);
        return new PostgresPlace(bin, Path.Combine(Reachable(folder, user), "data"), user);
    }

    /// <summary>Where the data of an environment with this folder is, so that it can be forgotten.</summary>
    public static string DataFolder(string folder) =>
        Path.Combine(Reachable(Path.GetFullPath(folder), PostgresUser.Needed()), "data");

    public void PrepareDataFolder()
    {
        Directory.CreateDirectory(Data);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(Data, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Give(Data);
    }

    public void Give(string path)
    {
        if (User is not null) Posix.ChangeOwner(path, User.UserId, User.GroupId);
    }

    private static string Reachable(string folder, PostgresUser? user)
    {
        if (user is null || PostgresUser.CanReach(folder)) return folder;
        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(folder)))[..16];
        return Path.Combine(RootsPlace, name);
    }

    private static string CopyBinaries(string bin)
    {
        var package = Path.GetDirectoryName(bin)!;
        var copy = Path.Combine(RootsPlace, $"postgresql-{PostgresBinaries.NpmVersion}");
        if (Directory.Exists(copy)) return Path.Combine(copy, "bin");
        var half = $"{copy}.{Guid.NewGuid():N}";
        foreach (var file in Directory.EnumerateFiles(package, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(half, Path.GetRelativePath(package, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            if (new FileInfo(file).LinkTarget is { } link) File.CreateSymbolicLink(target, link);
            else File.Copy(file, target);
        }

        try
        {
            Directory.Move(half, copy);
        }
        catch (IOException) when (Directory.Exists(copy))
        {
            Directory.Delete(half, recursive: true);
        }

        return Path.Combine(copy, "bin");
    }
}
