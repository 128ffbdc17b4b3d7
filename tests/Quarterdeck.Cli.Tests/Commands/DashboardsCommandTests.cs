using System.CommandLine;
using Quarterdeck.Cli.Commands;

namespace Quarterdeck.Cli.Tests.Commands;

[Collection("console")]
public sealed class DashboardsCommandTests : IDisposable
{
    private readonly string _pack = Directory.CreateTempSubdirectory("quarterdeck-dashboards-").FullName;

    public DashboardsCommandTests()
    {
        Write("protocol.yaml", "name: demo\nchains: { main: { family: stacks } }\n");
        Write("metrics.yaml", "metrics: { height: { help: Height, unit: blocks, external: true } }\n");
        Write("dashboards.yaml", "dashboards: { overview: { sections: [ { title: Now, panels: [ { title: Height, kind: stat, query: height } ] } ] } }\n");
    }

    private string Generated => Path.Combine(_pack, "dashboards", "overview.json");

    public void Dispose() => Directory.Delete(_pack, recursive: true);

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_pack, name), text);

    private (int Code, string Output) Run(params string[] args)
    {
        using var output = new StringWriter();
        var configuration = new InvocationConfiguration { Output = output, EnableDefaultExceptionHandler = false };
        var code = new RootCommand { new DashboardsCommand() }.Parse(["dashboards", _pack, .. args]).Invoke(configuration);
        return (code, output.ToString());
    }

    [Fact]
    public void A_missing_or_changed_file_fails_the_check_until_it_is_written()
    {
        var (code, output) = Run("--check");
        Assert.Equal(1, code);
        Assert.Contains("overview.json: differs", output, StringComparison.Ordinal);
        Assert.False(File.Exists(Generated));

        Assert.Equal(0, Run().Code);
        Assert.Equal((0, ""), Run("--check"));

        File.AppendAllText(Generated, " ");
        Assert.Equal(1, Run("--check").Code);
    }

    [Fact]
    public void A_board_that_is_described_no_more_goes_and_a_teams_own_stays()
    {
        Run();
        var own = Path.Combine(_pack, "dashboards", "own.json");
        var broken = Path.Combine(_pack, "dashboards", "broken.json");
        File.WriteAllText(own, """{"uid":"ours"}""");
        File.WriteAllText(broken, "{");
        File.Move(Generated, Path.Combine(_pack, "dashboards", "old.json"));

        Assert.Contains("old.json: is generated no more", Run("--check").Output, StringComparison.Ordinal);
        Assert.Equal(0, Run().Code);

        Assert.False(File.Exists(Path.Combine(_pack, "dashboards", "old.json")));
        Assert.True(File.Exists(own) && File.Exists(broken) && File.Exists(Generated));
    }
}
