namespace Quarterdeck.PromQL.Tests.Evaluation;

public sealed class EvaluatorTests
{
    private static SeriesMemory Load(params (string Series, string Values)[] series)
    {
        var memory = new SeriesMemory();
        foreach (var (name, values) in series)
        {
            var (labels, points) = Scripts_ParseLine(name + " " + values);
            for (var i = 0; i < points.Count; i++)
            {
                if (!points[i].IsOmitted) memory.Append(labels, i * 10_000L, points[i].Value);
            }
        }

        return memory;
    }

    private static (Labels Labels, IReadOnlyList<PromQL.Scripts.NotationValue> Values) Scripts_ParseLine(string line) =>
        PromQL.Scripts.SeriesNotation.ParseLine(line);

    private static PromVector Vector(string query, SeriesMemory memory, long at, EvaluatorOptions? options = null) =>
        (PromVector)PreparedQuery.Parse(query).Instant(at, memory, options);

    [Fact]
    public void The_lookback_leaves_out_its_start_and_takes_in_its_end()
    {
        var memory = Load(("up", "1"));
        Assert.Single(Vector("up", memory, 299_999).Samples);
        Assert.Empty(Vector("up", memory, 300_000).Samples);
        Assert.Single(Vector("up", memory, 300_000, new EvaluatorOptions { ClosedRanges = true }).Samples);
        Assert.Empty(Vector("up", memory, -1).Samples);
    }

    [Fact]
    public void A_range_leaves_out_its_start_unless_it_is_asked_to_be_closed()
    {
        var memory = Load(("x", "1 1 1 1"));
        Assert.Equal(2, Vector("count_over_time(x[20s])", memory, 20_000).Samples[0].Value);
        Assert.Equal(3, Vector("count_over_time(x[20s])", memory, 20_000, new EvaluatorOptions { ClosedRanges = true }).Samples[0].Value);
    }

    [Fact]
    public void A_stale_series_is_gone_at_once_and_its_marker_is_in_no_range()
    {
        var memory = Load(("x", "1 2 stale _ 4"));
        Assert.Empty(Vector("x", memory, 25_000).Samples);
        Assert.Equal(2, Vector("count_over_time(x[1m])", memory, 25_000).Samples[0].Value);
        Assert.Equal(4, Vector("x", memory, 40_000).Samples[0].Value);
    }

    [Fact]
    public void A_range_query_gives_what_instant_queries_give_at_each_step()
    {
        var memory = Load(("a{i=\"1\"}", "0+3x60"), ("a{i=\"2\"}", "5 _ _ 7x30"), ("b{i=\"1\"}", "1 stale 3x50"));
        foreach (var query in (string[])
            ["a", "rate(a[1m])", "a / on(i) b", "sum by (i) (a) or b", "max_over_time(rate(a[30s])[1m:10s])", "a offset 30s", "topk(1, a)", "a @ start()"])
        {
            var prepared = PreparedQuery.Parse(query);
            var range = prepared.Range(0, 600_000, 25_000, memory);
            for (var time = 0L; time <= 600_000; time += 25_000)
            {
                var fixedQuery = query.Replace("start()", "0", StringComparison.Ordinal);
                var instant = Vector(fixedQuery, memory, time).Samples.ToDictionary(sample => sample.Labels, sample => sample.Value);
                var step = range.Series.SelectMany(series => series.Points.Where(point => point.TimeMs == time).Select(point => (series.Labels, point.Value)))
                    .ToDictionary(pair => pair.Labels, pair => pair.Value);
                Assert.Equal(instant, step);
            }
        }
    }

    [Theory]
    [InlineData("a * b", "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)")]
    [InlineData("b * a", "found duplicate series for the match group {} on the right hand-side of the operation: [{__name__=\"a\", i=\"1\"}, {__name__=\"a\", i=\"2\"}];many-to-many matching not allowed: matching labels must be unique on one side")]
    [InlineData("abs({__name__=~\"b|c\"})", "vector cannot contain metrics with the same labelset")]
    [InlineData("label_replace(a, \"i\", \"x\", \"i\", \".*\")", "vector cannot contain metrics with the same labelset")]
    [InlineData("topk(NaN, a)", "Parameter value is NaN")]
    public void What_the_data_do_not_allow_fails_with_the_words_of_Prometheus(string query, string message)
    {
        var memory = Load(("a{i=\"1\"}", "1"), ("a{i=\"2\"}", "1"), ("b", "1"), ("c", "1"));
        query = query.Replace("a * b", "a * on() b", StringComparison.Ordinal).Replace("b * a", "b * on() a", StringComparison.Ordinal);
        Assert.Equal(message, Assert.Throws<PromEvaluationException>(() => Vector(query, memory, 0)).Message);
    }

    [Fact]
    public void A_rate_of_what_is_named_like_a_gauge_is_advised_against_with_the_place()
    {
        var value = Vector("  rate(temperature[1m])", Load(("temperature", "0+1x6")), 60_000);
        Assert.Equal(["PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \"temperature\" (1:8)"], value.Infos);
    }

    [Fact]
    public void Names_fall_away_at_once_or_at_the_end_as_asked()
    {
        var memory = Load(("x_total", "0+10x6"), ("y_total", "0+10x6"));
        const string query = "label_replace(rate({__name__=~\".*_total\"}[1m]), \"was\", \"$1\", \"__name__\", \"(.+)_total\")";
        Assert.Throws<PromEvaluationException>(() => Vector(query, memory, 60_000));
        var late = Vector(query, memory, 60_000, new EvaluatorOptions { DelayedNameRemoval = true });
        Assert.Equal(["{was=\"x\"}", "{was=\"y\"}"], late.Samples.Select(sample => sample.Labels.ToString()).Order());
    }

    [Fact]
    public void A_query_that_meets_a_native_histogram_says_that_it_is_unsupported()
    {
        var memory = Load(("x", "1"));
        memory.AppendHistogram(Labels.Of("__name__", "h"), 0);
        Assert.True(Assert.Throws<PromEvaluationException>(() => Vector("h", memory, 0)).Unsupported);
        Assert.Single(Vector("x", memory, 0).Samples);
    }

    [Fact]
    public void Threads_may_share_a_prepared_query()
    {
        var memory = Load(("x_total", "0+10x60"));
        var query = PreparedQuery.Parse("max_over_time(rate(x_total[1m])[2m:30s]) > 0");
        Parallel.For(0, 500, _ => Assert.Equal(1, ((PromVector)query.Instant(600_000, memory)).Samples[0].Value, 9));
    }

    [Fact]
    public void A_cancelled_query_stops()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() =>
            PreparedQuery.Parse("x").Range(0, 1000, 1, new SeriesMemory(), cancel: source.Token));
    }
}
