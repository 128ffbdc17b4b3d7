namespace Quarterdeck.PromQL;

/// <summary>Compares label sets by some of their labels only: those listed, or all but those listed and the metric name.</summary>
internal sealed class MatchComparer : IEqualityComparer<Labels>
{
    private readonly bool _on;
    private readonly string[] _names;

    private MatchComparer(bool on, IReadOnlyList<string> names)
    {
        _on = on;
        _names = [.. names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    public static MatchComparer On(IReadOnlyList<string> names) => new(true, names);

    public static MatchComparer Ignoring(IReadOnlyList<string> names) => new(false, names);

    public bool Equals(Labels? x, Labels? y)
    {
        if (ReferenceEquals(x, y)) return true;
        if (x is null || y is null) return false;
        if (_on)
        {
            foreach (var name in _names)
            {
                if (!string.Equals(x.Get(name), y.Get(name), StringComparison.Ordinal)) return false;
            }

            return true;
        }

        if (_names.Length == 0) return x.WithoutName().Equals(y.WithoutName());
        var left = x.Span;
        var right = y.Span;
        int i = 0, j = 0;
        while (true)
        {
            while (i < left.Length && Ignored(left[i].Name)) i++;
            while (j < right.Length && Ignored(right[j].Name)) j++;
            if (i == left.Length || j == right.Length) return i == left.Length && j == right.Length;
            if (left[i++] != right[j++]) return false;
        }
    }

    public int GetHashCode(Labels labels)
    {
        if (!_on && _names.Length == 0) return labels.WithoutName().GetHashCode();
        var hash = new HashCode();
        if (_on)
        {
            foreach (var name in _names) hash.Add(labels.Get(name));
        }
        else
        {
            foreach (ref readonly var label in labels.Span)
            {
                if (Ignored(label.Name)) continue;
                hash.Add(label.Name);
                hash.Add(label.Value);
            }
        }

        return hash.ToHashCode();
    }

    /// <summary>The labels that are compared, as a set.</summary>
    public Labels Key(Labels labels)
    {
        if (!_on && _names.Length == 0) return labels.WithoutName();
        var builder = new LabelsBuilder();
        foreach (ref readonly var label in labels.Span)
        {
            if (_on ? Array.IndexOf(_names, label.Name) >= 0 : !Ignored(label.Name)) builder.Set(label.Name, label.Value);
        }

        return builder.Build();
    }

    private bool Ignored(string name)
    {
        if (Labels.IsMetadata(name)) return true;
        foreach (var other in _names)
        {
            if (string.Equals(other, name, StringComparison.Ordinal)) return true;
        }

        return false;
    }
}
