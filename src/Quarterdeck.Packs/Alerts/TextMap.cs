using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Quarterdeck.Packs.Alerts;

/// <summary>A few names and texts in ordinal order, as small as they can be held: a rule file has thousands of such maps. Equal by content.</summary>
internal sealed class TextMap : IReadOnlyDictionary<string, string>, IEquatable<TextMap>
{
    private readonly KeyValuePair<string, string>[] _pairs;

    private TextMap(KeyValuePair<string, string>[] sorted) => _pairs = sorted;

    public static TextMap Empty { get; } = new([]);

    public int Count => _pairs.Length;

    public IEnumerable<string> Keys => _pairs.Select(pair => pair.Key);

    public IEnumerable<string> Values => _pairs.Select(pair => pair.Value);

    public string this[string key] => TryGetValue(key, out var value) ? value : throw new KeyNotFoundException($"There is no '{key}'.");

    /// <summary>Of equal names the last one counts.</summary>
    public static TextMap From(List<KeyValuePair<string, string>> pairs)
    {
        if (pairs.Count == 0) return Empty;
        var last = pairs.Count == 1 ? [pairs[0]] : pairs.GroupBy(pair => pair.Key, StringComparer.Ordinal).Select(group => group.Last()).ToArray();
        Array.Sort(last, static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        return new TextMap(last);
    }

    /// <summary>Both; where both have a name, <paramref name="over"/> counts.</summary>
    public static TextMap Merge(TextMap under, TextMap over) =>
        under.Count == 0 ? over : over.Count == 0 ? under : From([.. under._pairs, .. over._pairs]);

    public bool ContainsKey(string key) => TryGetValue(key, out _);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out string value)
    {
        foreach (ref readonly var pair in _pairs.AsSpan())
        {
            if (!string.Equals(pair.Key, key, StringComparison.Ordinal)) continue;
            value = pair.Value;
            return true;
        }

        value = null;
        return false;
    }

    public bool Equals(TextMap? other) => other is not null && _pairs.AsSpan().SequenceEqual(other._pairs);

    public override bool Equals(object? obj) => Equals(obj as TextMap);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var (key, value) in _pairs)
        {
            hash.Add(key);
            hash.Add(value);
        }

        return hash.ToHashCode();
    }

    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => ((IEnumerable<KeyValuePair<string, string>>)_pairs).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _pairs.GetEnumerator();
}
