using System.Collections.Concurrent;
using System.Text.Json;
using Quarterdeck.Packs;
using Quarterdeck.Packs.Manifest;
using Quarterdeck.PromQL;

namespace Quarterdeck.Observe.Metrics;

/// <summary>
/// Asks what is outside the chain (service probes, JSON over HTTP) at its own pace, so that a slow answer never delays a block;
/// a round takes the newest answers.
/// </summary>
internal sealed class OutsideSampler(BoundPack pack, HttpClient http, TimeProvider clock)
{
    private static readonly TimeSpan UsualPace = TimeSpan.FromSeconds(1);
    private readonly ProbeReader _probes = new(http, clock);
    private readonly ConcurrentDictionary<Labels, Answer> _answers = new();

    /// <summary>The newest answer of each series. One older than three paces counts as failed.</summary>
    public (List<Sample> Samples, List<FailedRead> Failures) Newest()
    {
        var (samples, failures) = (new List<Sample>(), new List<FailedRead>());
        foreach (var (labels, answer) in _answers)
        {
            if (answer.Sample is { } sample && clock.GetUtcNow() - answer.At <= answer.ValidFor) samples.Add(sample);
            else failures.Add(new FailedRead(labels, answer.Why ?? "no answer for too long"));
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
        // A pack with nothing outside the chain has no loop, and this one still lasts until cancelled.
        await Task.WhenAll([.. loops, Task.Delay(Timeout.InfiniteTimeSpan, clock, cancel)]);
    }

    private async Task Ask(Labels labels, MetricSource source, TimeSpan pace, CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(pace, clock);
        do
        {
            var (sample, why) = source switch
            {
                ProbeSource probe => await Probe(labels, probe, cancel),
                HttpSource json => await Json(labels, json, cancel),
                _ => (null, "metrics from SQL are not read yet"),
            };
            _answers[labels] = new Answer(sample, why, clock.GetUtcNow(), pace * 3 + TimeSpan.FromSeconds(5));
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

    private sealed record Answer(Sample? Sample, string? Why, DateTimeOffset At, TimeSpan ValidFor);
}
