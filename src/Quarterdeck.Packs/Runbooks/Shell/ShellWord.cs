using System.Text;

namespace Quarterdeck.Packs.Runbooks.Shell;

/// <summary>
/// A word of a command line: literal text, variables and command substitutions, in order. Quotes and escapes are gone, but what
/// they protected is not expanded.
/// </summary>
public sealed class ShellWord
{
    internal ShellWord(string source, IReadOnlyList<WordPart> parts, int line) => (Source, Parts, Line) = (source, parts, line);

    /// <summary>As written, with quotes.</summary>
    public string Source { get; }

    /// <summary>The parts.</summary>
    public IReadOnlyList<WordPart> Parts { get; }

    /// <summary>1-based line of the file.</summary>
    public int Line { get; }

    /// <summary>Without quotes; variables and substitutions as written, such as <c>$BORROW_MODULE</c>.</summary>
    public string Text => Parts is [LiteralPart only] ? only.Text : string.Concat(Parts.Select(p => p.Text));

    /// <summary>True where nothing needs to be filled in.</summary>
    public bool IsLiteral => Parts.All(p => p is LiteralPart);

    /// <summary>True where any of it was quoted.</summary>
    public bool IsQuoted => Source.AsSpan().IndexOfAny('\'', '"') >= 0;

    /// <summary>Names of the variables in it, without <c>$</c>, nested substitutions included.</summary>
    public IEnumerable<string> Variables => Parts.SelectMany(p => p switch
    {
        VariablePart v => [v.Name],
        SubstitutionPart s => s.Script.Words.SelectMany(w => w.Variables),
        _ => (IEnumerable<string>)[],
    });

    /// <summary>The command substitutions in it.</summary>
    public IEnumerable<SubstitutionPart> Substitutions => Parts.OfType<SubstitutionPart>();

    /// <summary>A word that is literal text.</summary>
    public static ShellWord Literal(string text, int line) => new(text, [new LiteralPart(text)], line);

    /// <summary>
    /// Fills in variables and substitutions. A variable without value takes its <c>${NAME:-default}</c>; with none either the
    /// result is null and <paramref name="missing"/> names it.
    /// </summary>
    public string? Expand(Func<string, string?> variable, Func<SubstitutionPart, string?> substitution, out string? missing)
    {
        ArgumentNullException.ThrowIfNull(variable);
        ArgumentNullException.ThrowIfNull(substitution);
        missing = null;
        var text = new StringBuilder();
        foreach (var part in Parts)
        {
            var value = part switch
            {
                LiteralPart l => l.Text,
                VariablePart v => variable(v.Name) ?? v.Default,
                SubstitutionPart s => substitution(s)?.TrimEnd('\n'),
                _ => null,
            };
            if (value is null)
            {
                missing = part is VariablePart v ? v.Name : part.Text;
                return null;
            }

            text.Append(value);
        }

        return text.ToString();
    }

    /// <inheritdoc/>
    public override string ToString() => Text;
}

/// <summary>A part of a word.</summary>
public abstract record WordPart
{
    /// <summary>Its text; variables and substitutions as written.</summary>
    public abstract string Text { get; }
}

/// <summary>Text that means itself.</summary>
/// <param name="Value">The text, unescaped.</param>
public sealed record LiteralPart(string Value) : WordPart
{
    /// <inheritdoc/>
    public override string Text => Value;
}

/// <summary><c>$NAME</c> or <c>${NAME…}</c>.</summary>
/// <param name="Name">Name without <c>$</c> and braces.</param>
/// <param name="Source">As written.</param>
/// <param name="Default">What <c>${NAME:-…}</c> gives where unset; null where not said.</param>
public sealed record VariablePart(string Name, string Source, string? Default) : WordPart
{
    /// <inheritdoc/>
    public override string Text => Source;
}

/// <summary><c>$(…)</c> or backquotes.</summary>
/// <param name="Script">What is inside.</param>
/// <param name="Source">As written.</param>
public sealed record SubstitutionPart(ShellScript Script, string Source) : WordPart
{
    /// <inheritdoc/>
    public override string Text => Source;
}

/// <summary><c>$((…))</c>.</summary>
/// <param name="Expression">What is inside.</param>
public sealed record ArithmeticPart(string Expression) : WordPart
{
    /// <inheritdoc/>
    public override string Text => $"$(({Expression}))";
}
