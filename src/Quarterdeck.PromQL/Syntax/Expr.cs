using Quarterdeck.Primitives.Amounts;

namespace Quarterdeck.PromQL;

/// <summary>What an expression yields.</summary>
public enum ValueKind
{
    /// <summary>One number.</summary>
    Scalar,

    /// <summary>A text.</summary>
    String,

    /// <summary>One sample for each series.</summary>
    Vector,

    /// <summary>A range of samples for each series.</summary>
    Matrix,
}

/// <summary>A parsed expression. <see cref="object.ToString"/> prints it as PromQL.</summary>
/// <param name="Start">0-based offset of its first character.</param>
/// <param name="End">0-based offset behind its last character.</param>
public abstract record Expr(int Start, int End)
{
    /// <summary>What it yields.</summary>
    public abstract ValueKind Kind { get; }

    /// <inheritdoc/>
    public sealed override string ToString() => ExprText.Print(this);
}

/// <summary>The preprocessor words of the <c>@</c> modifier.</summary>
public enum AtAnchor
{
    /// <summary>None: a time, or no modifier.</summary>
    None,

    /// <summary><c>@ start()</c></summary>
    Start,

    /// <summary><c>@ end()</c></summary>
    End,
}

/// <summary><c>offset</c> and <c>@</c>. <paramref name="AtMs"/> is null without <c>@</c>.</summary>
public readonly record struct TimeModifier(long OffsetMs, long? AtMs, AtAnchor Anchor)
{
    /// <summary>Whether the result does not depend on the evaluation time.</summary>
    public bool IsFixed => AtMs is not null || Anchor != AtAnchor.None;
}

/// <summary>A number; decimal texts also carry their exact value.</summary>
public sealed record NumberLiteral(int Start, int End, double Value, Rational? Exact, bool IsDuration) : Expr(Start, End)
{
    /// <inheritdoc/>
    public override ValueKind Kind => ValueKind.Scalar;
}

/// <summary>A text.</summary>
public sealed record StringLiteral(int Start, int End, string Value) : Expr(Start, End)
{
    /// <inheritdoc/>
    public override ValueKind Kind => ValueKind.String;
}

/// <summary>An instant vector selector. <paramref name="Matchers"/> includes the one for the name.</summary>
public sealed record VectorSelector(int Start, int End, string? Name, IReadOnlyList<Matcher> Matchers, TimeModifier Time)
    : Expr(Start, End)
{
    /// <inheritdoc/>
    public override ValueKind Kind => ValueKind.Vector;
}

/// <summary>A range vector selector.</summary>
public sealed record MatrixSelector(int Start, int End, VectorSelector Selector, long RangeMs) : Expr(Start, End)
{
    /// <inheritdoc/>
    public override ValueKind Kind => ValueKind.Matrix;
}

/// <summary><c>expr[range:step]</c>; a step of null means the default.</summary>
public sealed record SubqueryExpr(int Start, int End, Expr Inner, long RangeMs, long? StepMs, TimeModifier Time)
    : Expr(Start, End)
{
    /// <inheritdoc/>
    public override ValueKind Kind => ValueKind.Matrix;
}

/// <summary><c>+expr</c> or <c>-expr</c>.</summary>
public sealed record UnaryExpr(int Start, int End, bool Negative, Expr Inner) : Expr(Start, End)
{
    /// <inheritdoc/>
    public override ValueKind Kind => Inner.Kind;
}

/// <summary><c>(expr)</c>.</summary>
public sealed record ParenExpr(int Start, int End, Expr Inner) : Expr(Start, End)
{
    /// <inheritdoc/>
    public override ValueKind Kind => Inner.Kind;
}

/// <summary>A binary operator.</summary>
public sealed record BinaryExpr(
    int Start, int End, BinaryOperator Operator, Expr Left, Expr Right, VectorMatching? Matching, bool ReturnBool)
    : Expr(Start, End)
{
    /// <inheritdoc/>
    public override ValueKind Kind =>
        Left.Kind == ValueKind.Scalar && Right.Kind == ValueKind.Scalar ? ValueKind.Scalar : ValueKind.Vector;
}

/// <summary>An aggregation.</summary>
public sealed record AggregateExpr(
    int Start, int End, Aggregation Operator, Expr Inner, Expr? Parameter, IReadOnlyList<string> Grouping, bool Without)
    : Expr(Start, End)
{
    /// <inheritdoc/>
    public override ValueKind Kind => ValueKind.Vector;
}

/// <summary>A function call.</summary>
public sealed record CallExpr(int Start, int End, PromFunction Function, IReadOnlyList<Expr> Arguments) : Expr(Start, End)
{
    /// <inheritdoc/>
    public override ValueKind Kind => Function.Result;
}
