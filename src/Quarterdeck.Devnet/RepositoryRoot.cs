namespace Quarterdeck.Devnet;

/// <summary>The folder of the checkout: where <c>node_modules</c>, <c>protocols</c> and the build output are.</summary>
public static class RepositoryRoot
{
    private const string Marker = "Quarterdeck.slnx";

    /// <summary>QUARTERDECK_ROOT where set; else the nearest folder above the running assembly, or above the current folder, that holds the solution.</summary>
    /// <exception cref="DevnetException">There is none.</exception>
    public static string Find()
    {
        if (Environment.GetEnvironmentVariable("QUARTERDECK_ROOT") is { Length: > 0 } named) return Path.GetFullPath(named);
        return Above(AppContext.BaseDirectory) ?? Above(Environment.CurrentDirectory)
            ?? throw new DevnetException(
                $"No folder above {AppContext.BaseDirectory} holds {Marker}. Run from a checkout, or set QUARTERDECK_ROOT to it.");
    }

    private static string? Above(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
            if (File.Exists(Path.Combine(at.FullName, Marker))) return at.FullName;
        return null;
    }
}
