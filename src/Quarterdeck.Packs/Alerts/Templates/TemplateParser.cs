using Quarterdeck.PromQL;

namespace Quarterdeck.Packs.Alerts.Templates;

/// <summary>Parses a template, and refuses functions and variables that do not exist, as Go does before anything runs.</summary>
internal sealed class TemplateParser
{
    private readonly List<TemplateToken> _tokens;
    private readonly List<string> _variables = ["$", "$labels", "$externalLabels", "$externalURL", "$value"];
    private readonly Dictionary<string, IReadOnlyList<TemplateNode>> _definitions = new(StringComparer.Ordinal);
    private int _at;
    private int _loops;

    private TemplateParser(string text) => _tokens = TemplateLexer.Tokens(text);

    private TemplateToken Current => _tokens[_at];

    public static (IReadOnlyList<TemplateNode>, IReadOnlyDictionary<string, IReadOnlyList<TemplateNode>>) Parse(string text)
    {
        var parser = new TemplateParser(text);
        var nodes = parser.Nodes(out var stop);
        if (stop != "") throw parser.Error($"unexpected {{{{{stop}}}}}");
        return (nodes, parser._definitions);
    }

    /// <summary>Nodes up to <c>end</c>, <c>else</c> or the end of the text, which is told as the empty word.</summary>
    private List<TemplateNode> Nodes(out string stop)
    {
        var nodes = new List<TemplateNode>();
        while (true)
        {
            var token = Current;
            _at++;
            if (token.Kind == TemplateTokenKind.End)
            {
                _at--;
                stop = "";
                return nodes;
            }

            if (token.Kind == TemplateTokenKind.Text)
            {
                nodes.Add(new TextNode(token.Text));
                continue;
            }

            SkipSpace();
            var word = Current.Kind == TemplateTokenKind.Word ? Current.Text : "";
            switch (word)
            {
                case "end" or "else":
                    _at++;
                    stop = word;
                    return nodes;
                case "if" or "with" or "range":
                    _at++;
                    nodes.Add(Branch(word));
                    break;
                case "define" or "block":
                    _at++;
                    if (Define(word) is { } call) nodes.Add(call);
                    break;
                case "template":
                    _at++;
                    nodes.Add(new CallNode(QuotedName(), Current.Kind == TemplateTokenKind.Close ? null : Pipeline()));
                    Close();
                    break;
                case "break" or "continue":
                    if (_loops == 0) throw Error($"{{{{{word}}}}} outside {{{{range}}}}");
                    _at++;
                    nodes.Add(new BreakNode(word == "continue"));
                    Close();
                    break;
                default:
                    nodes.Add(new ActionNode(Pipeline()));
                    Close();
                    break;
            }
        }
    }

    private BranchNode Branch(string word)
    {
        var depth = _variables.Count;
        var kind = word == "if" ? BranchKind.If : word == "with" ? BranchKind.With : BranchKind.Range;
        var pipeline = Pipeline(kind == BranchKind.Range);
        Close();
        if (kind == BranchKind.Range) _loops++;
        var then = Nodes(out var stop);
        if (kind == BranchKind.Range) _loops--;
        List<TemplateNode> otherwise = [];
        if (stop == "else")
        {
            SkipSpace();
            if (Current.Kind == TemplateTokenKind.Word && Current.Text is "if" or "with" && Current.Text == word)
            {
                _at++;
                otherwise = [Branch(word)];
                _variables.RemoveRange(depth, _variables.Count - depth);
                return new BranchNode(kind, pipeline, then, otherwise);
            }

            Close();
            otherwise = Nodes(out stop);
        }

        if (stop != "end") throw Error(stop == "" ? "unexpected EOF" : "expected end; found {{else}}");
        Close();
        _variables.RemoveRange(depth, _variables.Count - depth);
        return new BranchNode(kind, pipeline, then, otherwise);
    }

    private CallNode? Define(string word)
    {
        var name = QuotedName();
        var pipeline = word == "block" ? Pipeline() : null;
        Close();
        // A definition sees no variable of its surroundings but $.
        var outer = _variables.ToArray();
        _variables.RemoveRange(1, _variables.Count - 1);
        _definitions[name] = Nodes(out var stop);
        if (stop != "end") throw Error("unexpected EOF");
        Close();
        _variables.Clear();
        _variables.AddRange(outer);
        return word == "block" ? new CallNode(name, pipeline) : null;
    }

    private string QuotedName()
    {
        SkipSpace();
        if (Current.Kind != TemplateTokenKind.String) throw Unexpected("a quoted template name");
        var name = Unquote(_tokens[_at++].Text);
        SkipSpace();
        return name;
    }

    private Pipeline Pipeline(bool range = false)
    {
        SkipSpace();
        var variables = new List<string>();
        var declares = false;
        var mark = _at;
        while (Current.Kind == TemplateTokenKind.Variable)
        {
            var name = _tokens[_at++].Text;
            SkipSpace();
            if (Current.Kind is TemplateTokenKind.Declare or TemplateTokenKind.Assign)
            {
                declares = Current.Kind == TemplateTokenKind.Declare;
                variables.Add(name);
                if (!declares) Known(name);
                _at++;
                break;
            }

            if (range && variables.Count == 0 && Current.Kind == TemplateTokenKind.Comma)
            {
                variables.Add(name);
                _at++;
                SkipSpace();
                continue;
            }

            variables.Clear();
            _at = mark;
            break;
        }

        var commands = new List<Command>();
        while (true)
        {
            commands.Add(ReadCommand());
            if (Current.Kind != TemplateTokenKind.Pipe) break;
            _at++;
        }

        if (commands.Skip(1).FirstOrDefault(command => command.Operands[0] is ConstantOperand) is not null)
            throw Error("non executable command in pipeline");
        if (declares) _variables.AddRange(variables);
        return new Pipeline(variables, declares, commands);
    }

    private Command ReadCommand()
    {
        var operands = new List<Operand>();
        SkipSpace();
        while (Current.Kind is not (TemplateTokenKind.Close or TemplateTokenKind.Pipe or TemplateTokenKind.RightParen or TemplateTokenKind.End))
        {
            operands.Add(ReadOperand());
            SkipSpace();
        }

        return operands.Count > 0 ? new Command(operands) : throw Error("missing value for command");
    }

    private Operand ReadOperand()
    {
        var token = Current;
        _at++;
        switch (token.Kind)
        {
            case TemplateTokenKind.Dot: return new DotOperand([]);
            case TemplateTokenKind.Field: return new DotOperand([token.Text, .. Fields()]);
            case TemplateTokenKind.Variable:
                Known(token.Text);
                return new VariableOperand(token.Text, Fields());
            case TemplateTokenKind.String: return new ConstantOperand(Unquote(token.Text));
            case TemplateTokenKind.Char: return new ConstantOperand((long)char.ConvertToUtf32(Unquote(token.Text), 0));
            case TemplateTokenKind.Number: return new ConstantOperand(Number(token.Text));
            case TemplateTokenKind.LeftParen:
                var pipeline = Pipeline();
                if (Current.Kind != TemplateTokenKind.RightParen) throw Unexpected("')'");
                _at++;
                return new PipelineOperand(pipeline, Fields());
            case TemplateTokenKind.Word:
                switch (token.Text)
                {
                    case "true": return new ConstantOperand(true);
                    case "false": return new ConstantOperand(false);
                    case "nil": return new ConstantOperand(null);
                }

                if (!TemplateFunctions.Exists(token.Text)) throw Error($"function \"{token.Text}\" not defined");
                return new FunctionOperand(token.Text);
            default:
                _at--;
                throw Unexpected("an operand");
        }
    }

    private List<string> Fields()
    {
        var fields = new List<string>();
        while (Current.Kind == TemplateTokenKind.Field) fields.Add(_tokens[_at++].Text);
        return fields;
    }

    private object Number(string text)
    {
        try
        {
            return long.TryParse(text, System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out var whole)
                ? (object)whole
                : GoNumbers.Parse(text);
        }
        catch (FormatException)
        {
            throw Error($"bad number syntax: \"{text}\"");
        }
    }

    private string Unquote(string literal)
    {
        try
        {
            return GoStrings.Unquote(literal);
        }
        catch (FormatException problem)
        {
            throw Error(problem.Message);
        }
    }

    private void Known(string variable)
    {
        if (!_variables.Contains(variable)) throw Error($"undefined variable \"{variable}\"");
    }

    private void SkipSpace()
    {
        while (Current.Kind == TemplateTokenKind.Space) _at++;
    }

    private void Close()
    {
        SkipSpace();
        if (Current.Kind != TemplateTokenKind.Close) throw Unexpected("'}}'");
        _at++;
    }

    private FormatException Unexpected(string expected) => Error($"unexpected \"{Current.Text}\", expected {expected}");

    private FormatException Error(string problem) => new($"line {Current.Line}: {problem}");
}
