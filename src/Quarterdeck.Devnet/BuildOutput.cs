namespace Quarterdeck.Devnet;

/// <summary>The built assemblies of the checkout.</summary>
public static class BuildOutput
{
    /// <summary>The host that runs them: the one that runs us.</summary>
    public static string Dotnet { get; } =
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : FindDotnet();

    /// <summary>The assembly of a project: of the configuration we were built in, else of the other.</summary>
    /// <param name="project">The project's folder; it holds one .csproj, which names the assembly.</param>
    /// <exception cref="DevnetException">It was not built.</exception>
    public static string Of(string project)
    {
        var name = Directory.Exists(project)
            ? Directory.EnumerateFiles(project, "*.csproj").Select(Path.GetFileNameWithoutExtension).FirstOrDefault()
            : null;
        if (name is null) throw new DevnetException($"{project} holds no project.");
        var own = AppContext.BaseDirectory.Contains($"{Path.DirectorySeparatorChar}Debug{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
            ? "Debug" : "Release";
        return new[] { own, "Release", "Debug" }
            .Select(configuration => Path.Combine(project, "bin", configuration, "net10.0", $"{name}.dll"))
            .FirstOrDefault(File.Exists)
            ?? throw new DevnetException($"{name} is not built. Run './quarterdeck up', or 'dotnet build {project}'.");
    }

    private static string FindDotnet()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Prepend(Environment.GetEnvironmentVariable("DOTNET_ROOT") ?? "/usr/share/dotnet");
        return folders.Select(folder => Path.Combine(folder, "dotnet")).FirstOrDefault(File.Exists)
            ?? throw new DevnetException("'dotnet' is not on the PATH. Install the .NET SDK 10.");
    }
}
