using System.Text.Json;
using Quarterdeck.Cli.Drills;

namespace Quarterdeck.Cli.Tests.Drills;

[Collection("console")]
public sealed class DrillReportTests
{
    [Fact]
    public void The_json_has_exactly_the_promised_members()
    {
        var report = new DrillReport { Fault = "supply-cap-breach", Alert = "SupplyCapBreached", Contained = true, Paused = ["BorrowModule", "SMUSD"], AuditVerified = true };
        report.Milliseconds.ToAlert = 120;
        report.Blocks.ToContained = 5;
        report.Timeline.Add(new DrillMoment(DateTimeOffset.UnixEpoch, 120, 7, "alert SupplyCapBreached fires"));

        using var json = JsonDocument.Parse(report.ToJson());

        var root = json.RootElement;
        Assert.Equal(
            ["fault", "alert", "incident", "run", "contained", "paused", "milliseconds", "blocks", "auditVerified", "failure", "runbook", "ground", "remaining", "score", "timeline"],
            root.EnumerateObject().Select(member => member.Name));
        Assert.Equal(
            ["toAlert", "toIncident", "toProposal", "toApproval", "toContained"],
            root.GetProperty("milliseconds").EnumerateObject().Select(member => member.Name));
        Assert.Equal(["toAlert", "toContained"], root.GetProperty("blocks").EnumerateObject().Select(member => member.Name));
        Assert.Equal(120, root.GetProperty("milliseconds").GetProperty("toAlert").GetInt64());
        Assert.Equal(["BorrowModule", "SMUSD"], root.GetProperty("paused").EnumerateArray().Select(name => name.GetString()));
        Assert.DoesNotContain('\n', report.ToJson());
    }

    [Fact]
    public void Medians_are_of_those_that_passed_and_pass_only_where_all_did()
    {
        DrillScore[] scores = [new(true, 100, 200, 900, null), new(true, 300, 400, 500, null), new(true, 200, 300, 700, null)];
        Assert.Equal(new DrillScore(true, 200, 300, 700, null), DrillScore.Median(scores));
        Assert.Equal(new DrillScore(false, 200, 300, 700, null), DrillScore.Median([.. scores, new(false, 1, 1, null, null)]));
        Assert.Equal(new DrillScore(true, 150, 250, 800, null), DrillScore.Median([new(true, 100, 200, 900, null), new(true, 200, 300, 700, null)]));
        Assert.Equal(new DrillScore(false, null, null, null, null), DrillScore.Median([new(false, 1, 1, 1, 1)]));
    }

    [Theory]
    [InlineData(true, true, null, true)]
    [InlineData(false, true, null, false)]
    [InlineData(true, false, null, false)]
    [InlineData(true, true, "Run run_1 ended as failed", false)]
    public void A_drill_succeeds_only_if_all_of_it_did(bool contained, bool proved, string? failure, bool succeeded) => Assert.Equal(
        succeeded, new DrillReport { Fault = "f", Contained = contained, AuditVerified = proved, Failure = failure }.Succeeded);
}
