using System.Runtime.InteropServices;

namespace Quarterdeck.Devnet.Chain;

/// <summary>Where the anvil executable is. The npm package's own launcher is a second process, so it is not used.</summary>
internal static class AnvilBinary
{
    public const string NpmVersion = "1.7.1";

    /// <summary>The npm package for this machine.</summary>
    public static string NpmPackage =>
        $"@foundry-rs/anvil-{(OperatingSystem.IsMacOS() ? "darwin" : "linux")}-{(RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "arm64" : "amd64")}";

    /// <summary>QUARTERDECK_ANVIL; else the npm package; else <c>anvil</c> on the PATH or in Foundry's own folder.</summary>
    /// <exception cref="DevnetException">There is none; the message says what to install.</exception>
    public static string Find(string root)
    {
        if (Environment.GetEnvironmentVariable("QUARTERDECK_ANVIL") is { Length: > 0 } named) return named;
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Append(Path.Combine(home, ".foundry", "bin"))
            .Prepend(Path.Combine(root, "node_modules", NpmPackage, "bin"));
        return folders.Select(folder => Path.Combine(folder, "anvil")).FirstOrDefault(File.Exists)
            ?? throw new DevnetException(
                $"anvil is missing. Run 'npm ci' in {root} (or, where the lock file has none for this machine, "
                + $"'npm install --no-save {NpmPackage}@{NpmVersion}'), or install Foundry.");
    }
}
