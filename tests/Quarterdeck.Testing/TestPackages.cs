using Quarterdeck.Devnet;

namespace Quarterdeck.Testing;

/// <summary>What tests are held against and npm brings (tests/package.json); './quarterdeck test' installs it.</summary>
public static class TestPackages
{
    /// <summary>The path of a file within tests/node_modules; the test is skipped where it is not installed.</summary>
    public static string Find(string path)
    {
        var file = Path.Combine(Folder, path);
        return File.Exists(file) ? file : throw new MissingTestPackageException($"{file} is missing: npm --prefix tests ci --ignore-scripts");
    }

    /// <summary>Foundry's cast: CAST, on the PATH, or from npm.</summary>
    public static string Cast()
    {
        string?[] places =
        [
            Environment.GetEnvironmentVariable("CAST"),
            .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, "cast")),
            .. Directory.Exists(Foundry) ? Directory.EnumerateDirectories(Foundry, "cast-*").Select(folder => Path.Combine(folder, "bin", "cast")) : [],
        ];
        return places.FirstOrDefault(place => place is { Length: > 0 } && File.Exists(place))
            ?? throw new MissingTestPackageException("cast is missing: npm --prefix tests ci --ignore-scripts, or set CAST.");
    }

    private static string Folder => Path.Combine(RepositoryRoot.Find(), "tests", "node_modules");

    private static string Foundry => Path.Combine(Folder, "@foundry-rs");
}

/// <summary>Skips the test: xunit takes an exception whose message begins so for that.</summary>
public sealed class MissingTestPackageException(string message) : Exception("$XunitDynamicSkip$" + message);
