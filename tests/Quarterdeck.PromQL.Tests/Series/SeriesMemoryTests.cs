namespace Quarterdeck.PromQL.Tests.Series;

public sealed class SeriesMemoryTests
{
    private static readonly Labels Up = Labels.Of("__name__", "up", "job", "a");

    private static SeriesWindow Only(SeriesMemory memory) =>
        Assert.Single(memory.Select([new Matcher(MatchKind.Equal, "__name__", "up")], long.MinValue, long.MaxValue));

    [Fact]
    public void Samples_that_come_late_take_their_place_and_one_of_the_same_time_is_replaced()
    {
        var memory = new SeriesMemory();
        foreach (var (time, value) in ((long, double)[])[(10, 1), (30, 3), (20, 2), (30, 4), (5, 0), (40, 5), (1, 9)])
            memory.Append(Up, time, value);
        var window = Only(memory);
        Assert.Equal([1, 5, 10, 20, 30, 40], window.Times.AsSpan(window.Start, window.Count).ToArray());
        Assert.Equal([9, 0, 1, 2, 4, 5], window.Values.AsSpan(window.Start, window.Count).ToArray());
    }

    [Fact]
    public void What_is_dropped_is_gone_with_its_series_and_its_index()
    {
        var memory = new SeriesMemory();
        for (var i = 0; i < 100; i++) memory.Append(Up, i, i);
        memory.DropBefore(90);
        Assert.Equal(10, Only(memory).Count);
        memory.DropBefore(1000);
        Assert.Equal(0, memory.Count);
        Assert.Empty(memory.Select([new Matcher(MatchKind.Equal, "job", "a")], 0, 1000));
    }

    [Theory]
    [InlineData(MatchKind.Equal, "job", "a", 1)]
    [InlineData(MatchKind.NotEqual, "job", "a", 2)]
    [InlineData(MatchKind.Regex, "job", "a|b", 2)]
    [InlineData(MatchKind.NotRegex, "job", "a|b", 1)]
    [InlineData(MatchKind.Regex, "job", "[ab]", 2)]
    [InlineData(MatchKind.Equal, "absent", "", 3)]
    [InlineData(MatchKind.Regex, "absent", ".+", 0)]
    public void Matchers_treat_an_absent_label_as_empty(MatchKind kind, string name, string value, int count)
    {
        var memory = new SeriesMemory();
        foreach (var job in (string[])["a", "b", "c"]) memory.Append(Labels.Of("__name__", "up", "job", job), 0, 1);
        Assert.Equal(count, memory.Select([new Matcher(MatchKind.Equal, "__name__", "up"), new Matcher(kind, name, value)], 0, 0).Count);
    }
}
