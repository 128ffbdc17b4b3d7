namespace Quarterdeck.PromQL;

/// <summary>A text is not PromQL, or not PromQL that this engine runs.</summary>
public sealed class PromSyntaxException : Exception
{
    internal PromSyntaxException(string text, int position, string problem, bool unsupported = false)
        : base(At(text, position) + ": parse error: " + problem)
    {
        (Position, Problem, Unsupported) = (position, problem, unsupported);
        (Line, Column) = Place(text, position);
    }

    /// <summary>0-based offset in the text.</summary>
    public int Position { get; }

    /// <summary>1-based line.</summary>
    public int Line { get; }

    /// <summary>1-based column.</summary>
    public int Column { get; }

    /// <summary>What is wrong, without the place.</summary>
    public string Problem { get; }

    /// <summary>True where Prometheus knows the construct (behind a feature flag, or for native histograms) and this engine does not.</summary>
    public bool Unsupported { get; }

    /// <summary>True where a function of this name is not known here; a newer Prometheus may know it.</summary>
    public bool IsUnknownFunction { get; internal init; }

    internal static (int Line, int Column) Place(string text, int position)
    {
        var line = 1;
        var start = 0;
        for (var i = 0; i < position && i < text.Length; i++)
        {
            if (text[i] != '\n') continue;
            line++;
            start = i + 1;
        }

        return (line, position - start + 1);
    }

    private static string At(string text, int position)
    {
        var (line, column) = Place(text, position);
        return $"{line}:{column}";
    }
}
