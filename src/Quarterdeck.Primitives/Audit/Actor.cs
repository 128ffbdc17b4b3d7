namespace Quarterdeck.Primitives.Audit;

/// <summary>
/// Who did something, as the audit log writes it: <c>operator:alice</c>, <c>guardian:pauser</c>, <c>system:alerts</c>,
/// <c>cli:drill</c>.
/// </summary>
public readonly record struct Actor
{
    private readonly string? _kind;
    private readonly string? _name;

    private Actor(string kind, string name) => (_kind, _name) = (kind, name);

    /// <summary><c>operator</c>, <c>guardian</c>, <c>system</c> or <c>cli</c>.</summary>
    public string Kind => _kind ?? throw new InvalidOperationException("An actor was left unset.");

    /// <summary>Which one of its kind; not empty, no control character.</summary>
    public string Name => _name ?? throw new InvalidOperationException("An actor was left unset.");

    /// <summary>A person.</summary>
    public static Actor Operator(string name) => Of("operator", name);

    /// <summary>An automation principal that may submit what policy lets it.</summary>
    public static Actor Guardian(string name) => Of("guardian", name);

    /// <summary>A part of the server acting by rule, named after its folder.</summary>
    public static Actor System(string name) => Of("system", name);

    /// <summary>A command run by hand on the machine.</summary>
    public static Actor Cli(string name) => Of("cli", name);

    /// <summary>Reads <c>kind:name</c>.</summary>
    /// <exception cref="FormatException">Not one of the four kinds with a name.</exception>
    public static Actor Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon > 0 && text[..colon] is ("operator" or "guardian" or "system" or "cli")) return Of(text[..colon], text[(colon + 1)..]);
        throw new FormatException(
            $"'{text}' is not an actor. Write operator:NAME, guardian:NAME, system:NAME or cli:NAME.");
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Kind}:{Name}";

    private static Actor Of(string kind, string name) =>
        string.IsNullOrWhiteSpace(name) || name.Any(char.IsControl)
            ? throw new FormatException($"'{name}' cannot name an actor: it is empty or holds control characters.")
            : new Actor(kind, name);
}
