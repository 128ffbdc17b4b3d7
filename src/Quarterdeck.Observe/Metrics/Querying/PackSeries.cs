using Quarterdeck.PromQL;

namespace Quarterdeck.Observe.Metrics.Querying;

/// <summary>The series of several packs as one source: each carries the label <c>pack</c>, since two packs may use one name.</summary>
internal sealed class PackSeries(IReadOnlyDictionary<string, ISeriesSource> packs) : ISeriesSource
{
    /// <summary>The label that names the pack.</summary>
    public const string Label = "pack";

    public IReadOnlyList<SeriesWindow> Select(IReadOnlyList<Matcher> matchers, long fromMs, long toMs)
    {
        var (ofPack, rest) = Split(matchers);
        var found = new List<SeriesWindow>();
        foreach (var (pack, source) in packs)
        {
            if (!ofPack.TrueForAll(matcher => matcher.Matches(pack))) continue;
            foreach (var window in source.Select(rest, fromMs, toMs)) found.Add(window with { Labels = window.Labels.With(Label, pack) });
        }

        return found;
    }

    /// <summary>Conditions on the pack itself, and those on the labels of its series.</summary>
    public static (List<Matcher> OfPack, List<Matcher> Others) Split(IReadOnlyList<Matcher> matchers)
    {
        var (ofPack, rest) = (new List<Matcher>(), new List<Matcher>(matchers.Count));
        foreach (var matcher in matchers) (matcher.Name == Label ? ofPack : rest).Add(matcher);
        return (ofPack, rest);
    }
}
