namespace Quarterdeck.PromQL;

/// <summary>How a label is compared with the matcher's value.</summary>
public enum MatchKind
{
    /// <summary><c>=</c></summary>
    Equal,

    /// <summary><c>!=</c></summary>
    NotEqual,

    /// <summary><c>=~</c>, anchored at both ends.</summary>
    Regex,

    /// <summary><c>!~</c>, anchored at both ends.</summary>
    NotRegex,
}

/// <summary>One condition on a label. An absent label has the empty value.</summary>
public sealed class Matcher
{
    private static readonly System.Buffers.SearchValues<char> Special = System.Buffers.SearchValues.Create(@"\.+*?()[]{}^$");
    private readonly GoRegex? _regex;
    private readonly HashSet<string>? _alternatives;

    /// <summary>A matcher; regular expressions are RE2 and anchored.</summary>
    /// <exception cref="FormatException">The regular expression is malformed.</exception>
    public Matcher(MatchKind kind, string name, string value)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(value);
        (Kind, Name, Value) = (kind, name, value);
        if (kind is not (MatchKind.Regex or MatchKind.NotRegex)) return;
        if (!value.AsSpan().ContainsAny(Special))
            _alternatives = [.. value.Split('|')];
        else
            _regex = GoRegex.Anchored(value);
    }

    /// <summary>The comparison.</summary>
    public MatchKind Kind { get; }

    /// <summary>The label's name.</summary>
    public string Name { get; }

    /// <summary>The value or pattern.</summary>
    public string Value { get; }

    /// <summary>For a pattern that is a plain list such as <c>a|b</c>: the values it accepts.</summary>
    public IReadOnlySet<string>? Alternatives => Kind == MatchKind.Regex ? _alternatives : null;

    /// <summary>Whether a label's value satisfies the condition.</summary>
    public bool Matches(string value) => Kind switch
    {
        MatchKind.Equal => string.Equals(Value, value, StringComparison.Ordinal),
        MatchKind.NotEqual => !string.Equals(Value, value, StringComparison.Ordinal),
        MatchKind.Regex => _alternatives?.Contains(value) ?? _regex!.IsMatch(value),
        _ => !(_alternatives?.Contains(value) ?? _regex!.IsMatch(value)),
    };

    /// <summary>Whether the label set satisfies the condition.</summary>
    public bool Matches(Labels labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        return Matches(labels.Get(Name));
    }

    /// <summary><c>name=~"value"</c>.</summary>
    public override string ToString()
    {
        var op = Kind switch { MatchKind.Equal => "=", MatchKind.NotEqual => "!=", MatchKind.Regex => "=~", _ => "!~" };
        var name = LabelNames.IsLegacyLabelName(Name) ? Name : GoStrings.Quote(Name);
        return name + op + GoStrings.Quote(Value);
    }
}
