using System.Diagnostics;
using System.Text.Json;
using Quarterdeck.Devnet;

namespace Quarterdeck.Acceptance.Drills;

/// <summary>The drill as a looker runs it: the program itself, its exit code and the one JSON object that it prints.</summary>
public sealed class SupplyCapBreachTests
{
    [Fact]
    public async Task A_supply_cap_breach_is_contained_and_the_drill_says_so_in_one_json_object()
    {
        var (code, output, errors) = await Drill("supply-cap-breach", "--json", "--own");
        Assert.True(code == 0, errors + output);
        using var json = JsonDocument.Parse(output);
        Contained(json.RootElement);
        Assert.Equal(
            ["toAlert", "toIncident", "toProposal", "toApproval", "toContained"],
            json.RootElement.GetProperty("milliseconds").EnumerateObject().Select(entry => entry.Name));
        long[] times = [.. json.RootElement.GetProperty("milliseconds").EnumerateObject().Select(entry => entry.Value.GetInt64())];
        Assert.Equal(times.Order(), times);
        var blocks = json.RootElement.GetProperty("blocks");
        Assert.InRange(blocks.GetProperty("toAlert").GetInt64(), 0, blocks.GetProperty("toContained").GetInt64());
    }

    [Fact]
    [Trait("slow", "true")]
    public async Task A_repeated_drill_begins_anew_each_time_and_tells_the_medians()
    {
        var (code, output, errors) = await Drill("supply-cap-breach", "--json", "--repeat", "2");
        Assert.True(code == 0, errors + output);
        using var json = JsonDocument.Parse(output);
        Assert.Equal(2, json.RootElement.GetProperty("repeats").GetInt32());
        Assert.True(json.RootElement.GetProperty("median").GetProperty("passed").GetBoolean());
        var reports = json.RootElement.GetProperty("reports").EnumerateArray().ToList();
        Assert.Equal(2, reports.Count);
        foreach (var report in reports) Contained(report);
    }

    internal static void Contained(JsonElement report)
    {
        Assert.Null(report.GetProperty("failure").GetString());
        Assert.True(report.GetProperty("contained").GetBoolean());
        Assert.True(report.GetProperty("auditVerified").GetBoolean());
        Assert.Equal("SupplyCapBreached", report.GetProperty("alert").GetString());
        Assert.Equal(RunningEnvironment.PauseOrder, report.GetProperty("paused").EnumerateArray().Select(name => name.GetString()));
    }

    internal static async Task<(int Code, string Output, string Errors)> Drill(params string[] arguments)
    {
        var program = BuildOutput.Of(Path.Combine(RepositoryRoot.Find(), "src", "Quarterdeck.Cli"));
        using var process = Process.Start(new ProcessStartInfo(BuildOutput.Dotnet, [program, "drill", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output, await errors);
    }
}
