using System.Text;
using Quarterdeck.PromQL;

namespace Quarterdeck.Packs.Alerts.Templates;

/// <summary>A sample as templates see it.</summary>
internal sealed record TemplateSample(Labels Labels, double Value);

/// <summary>One expansion of a template.</summary>
internal sealed class TemplateRun(TemplateData data, IReadOnlyDictionary<string, IReadOnlyList<TemplateNode>> definitions)
{
    // An annotation is a sentence; a template that makes more is a mistake.
    private const int MaximalLength = 1 << 20;
    private const int MaximalDepth = 100;
    private readonly StringBuilder _output = new();
    private readonly List<(string Name, object? Value)> _variables = [];
    private int _depth;

    private enum Flow
    {
        Next,
        Break,
        Continue,
    }

    public TemplateData Data => data;

    public string Expand(IReadOnlyList<TemplateNode> nodes)
    {
        var root = new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["Labels"] = data.Labels,
            ["ExternalLabels"] = data.Surroundings.ExternalLabels,
            ["ExternalURL"] = data.Surroundings.ExternalUrl,
            ["Value"] = data.Value,
        };
        _variables.AddRange([("$", root), ("$labels", data.Labels), ("$externalLabels", data.Surroundings.ExternalLabels),
            ("$externalURL", data.Surroundings.ExternalUrl), ("$value", data.Value)]);
        Walk(nodes, root);
        return _output.ToString();
    }

    public string Sub(string name, object? dot)
    {
        if (!definitions.TryGetValue(name, out var nodes)) throw new TemplateException($"template \"{name}\" not defined");
        var start = _output.Length;
        Call(nodes, dot);
        var text = _output.ToString(start, _output.Length - start);
        _output.Length = start;
        return text;
    }

    private void Call(IReadOnlyList<TemplateNode> nodes, object? dot)
    {
        if (++_depth > MaximalDepth) throw new TemplateException("exceeded maximum template depth");
        var outer = _variables.ToArray();
        _variables.Clear();
        _variables.Add(("$", dot));
        Walk(nodes, dot);
        _variables.Clear();
        _variables.AddRange(outer);
        _depth--;
    }

    private Flow Walk(IReadOnlyList<TemplateNode> nodes, object? dot)
    {
        foreach (var node in nodes)
        {
            switch (node)
            {
                case TextNode text: Write(text.Text); break;
                case ActionNode action:
                    var value = Evaluate(action.Pipeline, dot);
                    if (action.Pipeline.Variables.Count == 0) Write(GoFormat.Print(value));
                    break;
                case BreakNode stop: return stop.Continue ? Flow.Continue : Flow.Break;
                case CallNode call:
                    if (!definitions.TryGetValue(call.Name, out var body)) throw new TemplateException($"template \"{call.Name}\" not defined");
                    Call(body, call.Pipeline is { } pipeline ? Evaluate(pipeline, dot) : null);
                    break;
                case BranchNode branch:
                    var depth = _variables.Count;
                    var flow = Branch(branch, dot);
                    _variables.RemoveRange(depth, _variables.Count - depth);
                    if (flow != Flow.Next) return flow;
                    break;
            }
        }

        return Flow.Next;
    }

    private void Write(string text)
    {
        if (_output.Length + text.Length > MaximalLength) throw new TemplateException("the text is longer than 1 MiB");
        _output.Append(text);
    }

    private Flow Branch(BranchNode branch, object? dot)
    {
        var value = Evaluate(branch.Pipeline, dot);
        if (branch.Kind != BranchKind.Range)
        {
            return TemplateValues.IsTrue(value)
                ? Walk(branch.Then, branch.Kind == BranchKind.With ? value : dot)
                : Walk(branch.Else, dot);
        }

        var any = false;
        foreach (var (key, item) in TemplateValues.Items(value))
        {
            any = true;
            var depth = _variables.Count;
            var names = branch.Pipeline.Variables;
            if (names.Count > 0) Set(names[^1], item, branch.Pipeline.Declares);
            if (names.Count > 1) Set(names[0], key, branch.Pipeline.Declares);
            var flow = Walk(branch.Then, item);
            _variables.RemoveRange(depth, _variables.Count - depth);
            if (flow == Flow.Break) break;
        }

        return any ? Flow.Next : Walk(branch.Else, dot);
    }

    private void Set(string name, object? value, bool declare)
    {
        var at = declare ? -1 : _variables.FindLastIndex(variable => variable.Name == name);
        if (at >= 0) _variables[at] = (name, value);
        else _variables.Add((name, value));
    }

    private object? Evaluate(Pipeline pipeline, object? dot)
    {
        object? value = null;
        for (var i = 0; i < pipeline.Commands.Count; i++) value = Evaluate(pipeline.Commands[i], dot, i > 0, value);
        foreach (var name in pipeline.Variables) Set(name, value, pipeline.Declares);
        return value;
    }

    private object? Evaluate(Command command, object? dot, bool piped, object? input)
    {
        var first = command.Operands[0];
        if (first is FunctionOperand function)
        {
            // and and or stop at the first value that decides.
            var arguments = new List<object?>(command.Operands.Count);
            foreach (var operand in command.Operands.Skip(1))
            {
                var value = Value(operand, dot);
                arguments.Add(value);
                if (function.Name is "and" or "or" && TemplateValues.IsTrue(value) == (function.Name == "or")) return value;
            }

            if (piped) arguments.Add(input);
            return TemplateFunctions.Call(function.Name, arguments, this);
        }

        if (command.Operands.Count > 1 || piped) throw new TemplateException("can't give argument to non-function");
        return Value(first, dot);
    }

    private object? Value(Operand operand, object? dot) => operand switch
    {
        ConstantOperand constant => constant.Value,
        DotOperand field => TemplateValues.Field(dot, field.Fields),
        VariableOperand variable => TemplateValues.Field(_variables.FindLast(known => known.Name == variable.Name).Value, variable.Fields),
        PipelineOperand inner => TemplateValues.Field(Evaluate(inner.Pipeline, dot), inner.Fields),
        FunctionOperand function => TemplateFunctions.Call(function.Name, [], this),
        _ => throw new TemplateException("unknown operand"),
    };
}
