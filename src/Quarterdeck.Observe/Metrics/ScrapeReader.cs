using System.Net.Http.Headers;
using System.Text;
using Quarterdeck.Packs;
using Quarterdeck.Packs.Manifest;
using Quarterdeck.PromQL;

namespace Quarterdeck.Observe.Metrics;

/// <summary>An exporter and what is taken from it.</summary>
/// <param name="Url">Where it is; may hold <c>${NAME}</c>.</param>
/// <param name="Timeout">How long an answer may take.</param>
/// <param name="Every">Pace; null for the usual one.</param>
/// <param name="Metrics">What is taken: the pack's name and labels, the exporter's name, and labels that must be so.</param>
internal sealed record ScrapeTarget(
    string Url, TimeSpan Timeout, TimeSpan? Every,
    IReadOnlyList<(string Name, IReadOnlyDictionary<string, string> Labels, ScrapeSource Source)> Metrics)
{
    /// <summary>The exporters of a pack.</summary>
    public static IEnumerable<ScrapeTarget> Of(ProtocolPack pack) =>
        from metric in pack.Metrics
        from series in metric.Series
        where series.Source is ScrapeSource
        let source = (ScrapeSource)series.Source
        group (metric.Name, series.Labels, source) by (source.Url, metric.Every) into target
        select new ScrapeTarget(target.Key.Url, target.Max(m => m.source.Timeout), target.Key.Every, [.. target.Select(m => (m.Name, m.Labels, m.source))]);
}

/// <summary>Reads what other programs expose to Prometheus.</summary>
internal sealed class ScrapeReader(BoundPack pack, HttpClient http)
{
    private const int LongestAnswer = 16 << 20;
    private const int MostSamples = 100_000;

    /// <summary>The samples that the pack takes from the target, under the pack's names; else why there are none.</summary>
    public async Task<(List<Sample> Samples, string? Why)> Read(ScrapeTarget target, CancellationToken cancel)
    {
        var (url, unresolved) = pack.Expand(target.Url);
        if (unresolved.Count > 0) return ([], $"the URL needs {string.Join(", ", unresolved)}");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(target.Timeout);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(url));
            request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse("application/openmetrics-text; version=1.0.0"));
            request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse("text/plain; version=0.0.4; q=0.5"));
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            if (!answer.IsSuccessStatusCode) return ([], $"{url} answered {(int)answer.StatusCode}");
            return (Taken(target, await Text(answer, limit.Token)), null);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return ([], $"{url} did not answer within {target.Timeout.TotalSeconds:0.###} s");
        }
        catch (Exception e) when (e is HttpRequestException or FormatException or UriFormatException or IOException)
        {
            return ([], $"{url}: {e.Message}");
        }
    }

    private static List<Sample> Taken(ScrapeTarget target, string text)
    {
        var found = new Dictionary<Labels, Sample>();
        var count = 0;
        foreach (var sample in ExpositionReader.Read(text))
        {
            if (++count > MostSamples) throw new FormatException($"there are more than {MostSamples} samples");
            foreach (var (name, labels, source) in target.Metrics)
            {
                if (sample.Labels.Name != source.Metric || source.Match.Any(m => sample.Labels.Get(m.Key) != m.Value)) continue;
                var renamed = new LabelsBuilder(sample.Labels).Set(Labels.MetricName, name);
                foreach (var (label, value) in labels) renamed.Set(label, value);
                var own = renamed.Build();
                if (!found.TryAdd(own, sample with { Labels = own })) throw new FormatException($"{own} is there twice");
            }
        }

        return [.. found.Values];
    }

    private static async Task<string> Text(HttpResponseMessage answer, CancellationToken cancel)
    {
        await using var stream = await answer.Content.ReadAsStreamAsync(cancel);
        using var bytes = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (await stream.ReadAsync(buffer, cancel) is > 0 and var read)
        {
            bytes.Write(buffer, 0, read);
            if (bytes.Length > LongestAnswer) throw new IOException($"the answer is longer than {LongestAnswer} bytes");
        }

        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }
}
