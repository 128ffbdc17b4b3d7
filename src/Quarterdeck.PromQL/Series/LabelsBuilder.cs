namespace Quarterdeck.PromQL;

/// <summary>Builds a label set by setting and deleting; used once.</summary>
public sealed class LabelsBuilder
{
    private readonly List<Label> _items;

    /// <summary>From nothing.</summary>
    public LabelsBuilder() => _items = [];

    /// <summary>From the labels of another set.</summary>
    public LabelsBuilder(Labels start)
    {
        ArgumentNullException.ThrowIfNull(start);
        _items = new List<Label>(start.Count + 2);
        foreach (var label in start.Span) _items.Add(label);
    }

    /// <summary>Sets one label; an empty value deletes it.</summary>
    public LabelsBuilder Set(string name, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        for (var i = 0; i < _items.Count; i++)
        {
            var order = string.CompareOrdinal(_items[i].Name, name);
            if (order < 0) continue;
            if (order == 0)
            {
                if (value.Length == 0) _items.RemoveAt(i);
                else _items[i] = new Label(name, value);
            }
            else if (value.Length > 0)
            {
                _items.Insert(i, new Label(name, value));
            }

            return this;
        }

        if (value.Length > 0) _items.Add(new Label(name, value));
        return this;
    }

    /// <summary>Deletes one label.</summary>
    public LabelsBuilder Delete(string name) => Set(name, "");

    /// <summary>Keeps only the labels named.</summary>
    public LabelsBuilder Keep(IReadOnlyCollection<string> names)
    {
        _items.RemoveAll(label => !names.Contains(label.Name));
        return this;
    }

    /// <summary>The set as it is now.</summary>
    public Labels Build() => _items.Count == 0 ? Labels.Empty : new Labels([.. _items]);
}
