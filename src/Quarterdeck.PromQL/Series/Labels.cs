using System.Collections;
using System.Text;

namespace Quarterdeck.PromQL;

/// <summary>One name and value of a label set.</summary>
public readonly record struct Label(string Name, string Value);

/// <summary>
/// An immutable set of labels in ordinal order of their names. A label with an empty value is the same as no label, so
/// none is kept. Equality is by content.
/// </summary>
public sealed class Labels : IEquatable<Labels>, IComparable<Labels>, IReadOnlyList<Label>
{
    /// <summary>The label that carries a metric's name.</summary>
    public const string MetricName = "__name__";

    private readonly Label[] _items;
    private readonly int _hash;
    private Labels? _withoutName;

    internal Labels(Label[] sorted)
    {
        _items = sorted;
        var hash = new HashCode();
        foreach (var label in sorted)
        {
            hash.Add(label.Name);
            hash.Add(label.Value);
        }

        _hash = hash.ToHashCode();
    }

    /// <summary>No labels.</summary>
    public static Labels Empty { get; } = new([]);

    /// <summary>Number of labels.</summary>
    public int Count => _items.Length;

    /// <summary>The value of <c>__name__</c>, or empty.</summary>
    public string Name => Get(MetricName);

    /// <inheritdoc/>
    public Label this[int index] => _items[index];

    internal ReadOnlySpan<Label> Span => _items;

    /// <summary>From pairs in any order; pairs with an empty value are left out, of equal names the last one counts.</summary>
    public static Labels From(IEnumerable<KeyValuePair<string, string>> pairs)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        var builder = new LabelsBuilder();
        foreach (var (name, value) in pairs) builder.Set(name, value);
        return builder.Build();
    }

    /// <summary>From <c>name, value, name, value…</c>.</summary>
    /// <exception cref="ArgumentException">An odd number of strings.</exception>
    public static Labels Of(params string[] namesAndValues)
    {
        ArgumentNullException.ThrowIfNull(namesAndValues);
        if (namesAndValues.Length % 2 != 0)
            throw new ArgumentException("Names and values come in pairs.", nameof(namesAndValues));
        var builder = new LabelsBuilder();
        for (var i = 0; i < namesAndValues.Length; i += 2) builder.Set(namesAndValues[i], namesAndValues[i + 1]);
        return builder.Build();
    }

    /// <summary>The value of a label, or the empty string where it is absent.</summary>
    public string Get(string name)
    {
        foreach (ref readonly var label in _items.AsSpan())
        {
            if (ReferenceEquals(label.Name, name) || string.Equals(label.Name, name, StringComparison.Ordinal))
                return label.Value;
        }

        return "";
    }

    /// <summary>Whether the label is present.</summary>
    public bool Has(string name) => Get(name).Length > 0;

    /// <summary>The same labels with one set, or taken away where the value is empty.</summary>
    public Labels With(string name, string value) => new LabelsBuilder(this).Set(name, value).Build();

    /// <summary>Whether a label describes the metric, so that it falls away with the metric's name: <c>__name__</c>, <c>__type__</c>, <c>__unit__</c>.</summary>
    internal static bool IsMetadata(string name) =>
        name.StartsWith("__", StringComparison.Ordinal) && name is MetricName or "__type__" or "__unit__";

    /// <summary>The same labels without the metric name (and its type and unit); computed once for each set.</summary>
    public Labels WithoutName()
    {
        if (_withoutName is { } known) return known;
        if (!Array.Exists(_items, static label => IsMetadata(label.Name))) return _withoutName = this;
        var rest = Array.FindAll(_items, static label => !IsMetadata(label.Name));
        return _withoutName = rest.Length == 0 ? Empty : new Labels(rest);
    }

    /// <inheritdoc/>
    public bool Equals(Labels? other)
    {
        if (ReferenceEquals(this, other)) return true;
        if (other is null || other._hash != _hash || other._items.Length != _items.Length) return false;
        for (var i = 0; i < _items.Length; i++)
        {
            if (_items[i] != other._items[i]) return false;
        }

        return true;
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Labels);

    /// <inheritdoc/>
    public override int GetHashCode() => _hash;

    /// <summary>Order by name, then value, label by label, as Prometheus lists series.</summary>
    public int CompareTo(Labels? other)
    {
        if (other is null) return 1;
        var shared = Math.Min(Count, other.Count);
        for (var i = 0; i < shared; i++)
        {
            var order = string.CompareOrdinal(_items[i].Name, other._items[i].Name);
            if (order == 0) order = string.CompareOrdinal(_items[i].Value, other._items[i].Value);
            if (order != 0) return order;
        }

        return Count.CompareTo(other.Count);
    }

    /// <inheritdoc/>
    public IEnumerator<Label> GetEnumerator() => ((IEnumerable<Label>)_items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _items.GetEnumerator();

    /// <summary><c>{__name__="up", job="a"}</c>: every label inside the braces.</summary>
    public override string ToString()
    {
        var text = new StringBuilder("{");
        foreach (var label in _items)
        {
            if (text.Length > 1) text.Append(", ");
            AppendPair(text, label);
        }

        return text.Append('}').ToString();
    }

    /// <summary><c>up{job="a"}</c>: as a series is written in a query.</summary>
    public string ToSeriesText()
    {
        var name = Name;
        var plain = name.Length > 0 && LabelNames.IsLegacyMetricName(name);
        var text = new StringBuilder(plain ? name : "");
        var any = false;
        foreach (var label in _items)
        {
            if (plain && label.Name == MetricName) continue;
            text.Append(any ? ", " : "{");
            any = true;
            AppendPair(text, label);
        }

        if (any) text.Append('}');
        else if (!plain) text.Append("{}");
        return text.ToString();
    }

    private static void AppendPair(StringBuilder text, Label label)
    {
        text.Append(LabelNames.IsLegacyLabelName(label.Name) ? label.Name : GoStrings.Quote(label.Name));
        text.Append('=').Append(GoStrings.Quote(label.Value));
    }

    /// <inheritdoc/>
    public static bool operator ==(Labels? a, Labels? b) => a is null ? b is null : a.Equals(b);

    /// <inheritdoc/>
    public static bool operator !=(Labels? a, Labels? b) => !(a == b);

    /// <inheritdoc/>
    public static bool operator <(Labels a, Labels b) => a is null ? b is not null : a.CompareTo(b) < 0;

    /// <inheritdoc/>
    public static bool operator >(Labels a, Labels b) => a is not null && a.CompareTo(b) > 0;

    /// <inheritdoc/>
    public static bool operator <=(Labels a, Labels b) => a is null || a.CompareTo(b) <= 0;

    /// <inheritdoc/>
    public static bool operator >=(Labels a, Labels b) => a is null ? b is null : a.CompareTo(b) >= 0;
}
