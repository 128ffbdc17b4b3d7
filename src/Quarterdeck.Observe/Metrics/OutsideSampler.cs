using System.Collections.Concurrent;
using System.Text.Json;
using Quarterdeck.Packs;
using Quarterdeck.Packs.Manifest;
using Quarterdeck.PromQL;

namespace Quarterdeck.Observe.Metrics;

/// <summary>
/// Asks what is outside the chain (service probes, JSON over HTTP, SQL, other exporters) at its own pace, so that a slow answer never
/// delays a block; a round takes the newest answers.
/// </summary>
internal sealed class OutsideSampler(BoundPack pack, HttpClient http, TimeProvider clock, Func<string, string?>? environment = null) : IAsyncDisposable
{
    private static readonly TimeSpan UsualPace = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ScrapePace = TimeSpan.FromSeconds(5);
    private readonly ProbeReader _probes = new(http, clock);
    private readonly SqlReader _sql = new(pack, environment ?? Environment.GetEnvironmentVariable);
    private readonly ScrapeReader _scrapes = new(pack, http);
    private readonly ConcurrentDictionary<object, Answer> _answers = new();

    /// <summary>The newest answer of each source. One older than three paces counts as failed.</summary>
    public (List<Sample> Samples, List<FailedRead> Failures) Newest()
    {
        var (samples, failures) = (new List<Sample>(), new List<FailedRead>());
        foreach (var answer in _answers.Values)
        {
            failures.AddRange(answer.Failures);
            if (clock.GetUtcNow() - answer.At <= answer.ValidFor) samples.AddRange(answer.Samples);
            else failures.AddRange(answer.Samples.Select(s => new FailedRead(s.Labels, "no answer for too long")));
        }

        return (samples, failures);
    }

    /// <summary>Asks until cancelled.</summary>
    public async Task Run(CancellationToken cancel)
    {
        var loops = from metric in pack.Pack.Metrics
                    from series in metric.Series
                    where series.Source is ProbeSource or HttpSource or SqlSource
                    select Ask(SeriesLabels.Of(metric.Name, series.Labels), series.Source, metric.Every ?? UsualPace, cancel);
        // What comes from one exporter is read from one answer.
        var scrapes = from target in ScrapeTarget.Of(pack.Pack) select Scrape(target, target.Every ?? ScrapePace, cancel);
        // A pack with nothing outside the chain has no loop, and this one still lasts until cancelled.
        await Task.WhenAll([.. loops, .. scrapes, Task.Delay(Timeout.InfiniteTimeSpan, clock, cancel)]);
    }

    public ValueTask DisposeAsync() => _sql.DisposeAsync();

    private async Task Ask(Labels labels, MetricSource source, TimeSpan pace, CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(pace, clock);
        do
        {
            var (sample, why) = source switch
            {
                ProbeSource probe => await Probe(labels, probe, cancel),
                HttpSource json => await Json(labels, json, cancel),
                SqlSource sql => await _sql.Read(labels, sql, cancel),
                _ => throw new InvalidOperationException($"A {source.GetType().Name} is not asked outside."),
            };
            _answers[labels] = new Answer(
                sample is null ? [] : [sample], sample is null ? [new FailedRead(labels, why ?? "no answer")] : [], clock.GetUtcNow(), Valid(pace));
        }
        while (await timer.WaitForNextTickAsync(cancel));
    }

    private async Task Scrape(ScrapeTarget target, TimeSpan pace, CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(pace, clock);
        List<Labels> last = [];
        do
        {
            var (samples, why) = await _scrapes.Read(target, cancel);
            // Series that were there before and are not now have ended; a metric that was never there is told as missing.
            var gone = last.Except(samples.Select(s => s.Labels)).ToList();
            gone.AddRange(target.Metrics.Where(m => !samples.Exists(s => s.Labels.Name == m.Name) && !gone.Exists(l => l.Name == m.Name))
                .Select(m => SeriesLabels.Of(m.Name, m.Labels)));
            last = [.. samples.Select(s => s.Labels).Concat(why is null ? [] : last).Distinct()];
            _answers[target] = new Answer(
                samples, [.. gone.Select(l => new FailedRead(l, why ?? "the exporter does not show it"))], clock.GetUtcNow(), Valid(pace));
        }
        while (await timer.WaitForNextTickAsync(cancel));
    }

    private async Task<(Sample?, string?)> Probe(Labels labels, ProbeSource source, CancellationToken cancel)
    {
        if (!pack.Pack.Services.TryGetValue(source.Service, out var service) || service.Probe is not { } probe)
            return (null, $"the service '{source.Service}' has no probe in protocol.yaml");
        var (target, unresolved) = pack.Expand(probe.Target);
        if (unresolved.Count > 0) return (null, $"the probe of '{source.Service}' needs {string.Join(", ", unresolved)}");
        var why = await _probes.WhyDown(probe, target, cancel);
        return (Sample.Whole(labels, why is null ? 1 : 0), why);
    }

    private async Task<(Sample?, string?)> Json(Labels labels, HttpSource source, CancellationToken cancel)
    {
        var (url, unresolved) = pack.Expand(source.Url);
        if (unresolved.Count > 0) return (null, $"the URL needs {string.Join(", ", unresolved)}");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(source.Timeout);
        try
        {
            using var answer = await http.GetAsync(new Uri(url), limit.Token);
            if (!answer.IsSuccessStatusCode) return (null, $"{url} answered {(int)answer.StatusCode}");
            using var document = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(limit.Token));
            var (value, exact) = JsonNumber.At(document.RootElement, source.Path);
            return (new Sample(labels, value, exact), null);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return (null, $"{url} did not answer within {source.Timeout.TotalSeconds:0.###} s");
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or FormatException or UriFormatException)
        {
            return (null, $"{url}: {e.Message}");
        }
    }

    private static TimeSpan Valid(TimeSpan pace) => pace * 3 + TimeSpan.FromSeconds(5);

    private sealed record Answer(IReadOnlyList<Sample> Samples, IReadOnlyList<FailedRead> Failures, DateTimeOffset At, TimeSpan ValidFor);
}
