using Quarterdeck.PromQL.Scripts;

namespace Quarterdeck.PromQL.Tests.Scripts;

/// <summary>Prometheus's own scripts, from the folder shared/conformance/promql beside the repository.</summary>
public sealed class ConformanceTests
{
    [Fact]
    public void Every_script_of_the_conformance_folder_passes_but_for_what_is_listed_as_unsupported()
    {
        var folder = Folder();
        Assert.SkipWhen(folder is null, "no folder shared/conformance/promql beside the checkout, and QUARTERDECK_SHARED is not set");
        var result = ScriptResult.None;
        foreach (var file in Directory.GetFiles(folder!, "*.test").Order(StringComparer.Ordinal))
            result = result.And(ScriptRunner.Run(File.ReadAllText(file), Path.GetFileName(file)));
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"passed {result.Passed}, failed {result.Failed}, unsupported {result.Unsupported}");
        Assert.True(result.Failed == 0, string.Join(Environment.NewLine, result.Failures));
        Assert.True(result.Passed > 300, $"only {result.Passed} commands ran");
    }

    private static string? Folder()
    {
        if (Environment.GetEnvironmentVariable("QUARTERDECK_SHARED") is { Length: > 0 } set)
            return Existing(Path.Combine(set, "conformance", "promql"));
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (Existing(Path.Combine(at.FullName, "shared", "conformance", "promql")) is { } found) return found;
        }

        return null;
    }

    private static string? Existing(string path) => Directory.Exists(path) ? path : null;
}
