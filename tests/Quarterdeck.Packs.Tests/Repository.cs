namespace Quarterdeck.Packs.Tests;

/// <summary>Finds the repository's own packs.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    /// <summary>The folders of protocols/ that are packs, by name.</summary>
    public static IReadOnlyList<string> Packs { get; } =
    [
        .. Directory.EnumerateDirectories(Path.Combine(Root, "protocols"))
            .Where(folder => File.Exists(Path.Combine(folder, "protocol.yaml"))).Order(StringComparer.Ordinal),
    ];

    private static string Find()
    {
        var at = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(at, "Quarterdeck.slnx"))) at = Path.GetDirectoryName(at) ?? throw new InvalidOperationException("Not in a repository.");
        return at;
    }
}
