namespace Quarterdeck.Packs.Alerts.Templates;

/// <summary>A piece of a template.</summary>
internal abstract record TemplateNode;

internal sealed record TextNode(string Text) : TemplateNode;

internal sealed record ActionNode(Pipeline Pipeline) : TemplateNode;

internal enum BranchKind
{
    If,
    With,
    Range,
}

internal sealed record BranchNode(
    BranchKind Kind, Pipeline Pipeline, IReadOnlyList<TemplateNode> Then, IReadOnlyList<TemplateNode> Else) : TemplateNode;

internal sealed record CallNode(string Name, Pipeline? Pipeline) : TemplateNode;

internal sealed record BreakNode(bool Continue) : TemplateNode;

/// <summary>Commands joined by <c>|</c>, their result perhaps given to variables.</summary>
internal sealed record Pipeline(IReadOnlyList<string> Variables, bool Declares, IReadOnlyList<Command> Commands);

/// <summary>A function with arguments, or one operand.</summary>
internal sealed record Command(IReadOnlyList<Operand> Operands);

internal abstract record Operand;

internal sealed record ConstantOperand(object? Value) : Operand;

/// <summary>The dot, with the fields behind it.</summary>
internal sealed record DotOperand(IReadOnlyList<string> Fields) : Operand;

internal sealed record VariableOperand(string Name, IReadOnlyList<string> Fields) : Operand;

internal sealed record FunctionOperand(string Name) : Operand;

internal sealed record PipelineOperand(Pipeline Pipeline, IReadOnlyList<string> Fields) : Operand;
