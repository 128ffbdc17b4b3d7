namespace Quarterdeck.Packs.Tests;

/// <summary>Finds the repository's own packs.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        var at = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(at, "Quarterdeck.slnx"))) at = Path.GetDirectoryName(at) ?? throw new InvalidOperationException("Not in a repository.");
        return at;
    }
}
