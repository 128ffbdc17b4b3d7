using System.Diagnostics;
using System.Text.Json;
using Quarterdeck.Devnet;

namespace Quarterdeck.Acceptance.Drills;

/// <summary>The whole thread, in an environment of its own: from an anomaly on a chain to four contracts paused by two people, proved.</summary>
[Trait("slow", "true")]
public sealed class DrillTests
{
    private static readonly string[] PauseOrder = ["BorrowModule", "SMUSD", "DirectMintV2", "BLEBridgeV9"];

    [Fact]
    public async Task A_supply_cap_breach_is_contained_by_two_people_in_the_order_of_the_runbook()
    {
        var (code, report, words) = await Drill("supply-cap-breach");

        Assert.True(code == 0, words);
        AssertContained(report);
    }

    [Fact]
    public async Task A_server_killed_in_the_middle_of_the_run_comes_back_and_ends_it()
    {
        var (code, report, words) = await Drill("supply-cap-breach", "--crash-at", "runs.step.journaled:3");

        Assert.True(code == 0, words);
        Assert.Contains("The server ended with code 137", words, StringComparison.Ordinal);
        AssertContained(report);
    }

    [Fact]
    public async Task A_stopped_service_is_started_again_by_its_runbook()
    {
        var (code, report, words) = await Drill("relay-down");

        Assert.True(code == 0, words);
        Assert.Equal("RelayServiceDown", report.GetProperty("alert").GetString());
        Assert.True(report.GetProperty("contained").GetBoolean());
        Assert.Empty(report.GetProperty("paused").EnumerateArray());
    }

    private static void AssertContained(JsonElement report)
    {
        Assert.True(report.GetProperty("contained").GetBoolean());
        Assert.Equal(PauseOrder, report.GetProperty("paused").EnumerateArray().Select(name => name.GetString()));
        Assert.True(report.GetProperty("auditVerified").GetBoolean());
        var at = report.GetProperty("milliseconds");
        var times = new[] { "toAlert", "toIncident", "toProposal", "toApproval", "toContained" }.Select(name => at.GetProperty(name).GetInt64()).ToList();
        Assert.Equal(times.Order(), times);
    }

    private static async Task<(int Code, JsonElement Report, string Words)> Drill(params string[] arguments)
    {
        var cli = BuildOutput.Of(Path.Combine(RepositoryRoot.Find(), "src", "Quarterdeck.Cli"));
        using var process = Process.Start(new ProcessStartInfo(BuildOutput.Dotnet, [cli, "drill", .. arguments, "--json", "--own"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        var (text, words) = (await output, await error);
        Assert.True(text.Length > 0, words);
        return (process.ExitCode, JsonDocument.Parse(text).RootElement, words);
    }
}
