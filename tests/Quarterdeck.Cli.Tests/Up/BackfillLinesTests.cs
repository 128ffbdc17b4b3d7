using System.Text.Json;
using Quarterdeck.Cli.Up;

namespace Quarterdeck.Cli.Tests.Up;

public sealed class BackfillLinesTests
{
    private readonly HashSet<string> _filled = [];

    [Fact]
    public void Progress_has_rate_and_time_left_and_its_end_is_told_once()
    {
        Assert.Equal("  ethereum: block 1,250 of 5,000 (25 %), 12,345 events/s, 00:01:30 left", Line(
            """{"name":"ethereum","head":null,"backfill":{"at":1250,"to":5000,"done":0.25,"eventsPerSecond":12345,"remainingSeconds":90}}"""));
        Assert.Equal("  ethereum: block 1,250 of 5,000 (25 %), 0 events/s, time left unknown", Line(
            """{"name":"ethereum","head":1250,"backfill":{"at":1250,"to":5000,"done":0.25,"eventsPerSecond":0,"remainingSeconds":null}}"""));
        Assert.Equal("  ethereum: history is read, at block 5,007", Line("""{"name":"ethereum","head":5007,"backfill":null}"""));
        Assert.Null(Line("""{"name":"ethereum","head":5008,"backfill":null}"""));
    }

    private string? Line(string json)
    {
        using var document = JsonDocument.Parse(json);
        return BackfillLines.Line(document.RootElement, _filled);
    }
}
