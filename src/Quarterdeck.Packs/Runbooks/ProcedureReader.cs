using System.Text.RegularExpressions;
using Markdig.Extensions.Tables;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;
using Quarterdeck.Packs.Yaml;
using Quarterdeck.Primitives;

namespace Quarterdeck.Packs.Runbooks;

/// <summary>Walks the blocks of one procedure and collects its steps, alerts, severity and tables.</summary>
internal sealed partial class ProcedureReader(string[] lines, CommandBlock blocks, ProseReader prose, FindingList findings, bool fileHasCode)
{
    private const int MostSteps = 5_000;

    private readonly List<Directive> _waiting = [];
    private int _lastBlockStart;
    private string _phase = "";

    public List<RunbookStep> Steps { get; } = [];

    public List<(string Name, int Line)> Alerts { get; } = [];

    public Severity? Severity { get; private set; }

    public List<RunbookTable> Tables { get; } = [];

    public Coverage Coverage { get; private set; } = new(0, 0, 0);

    public void Read(ProcedureOutline.Procedure procedure)
    {
        ReadSection(procedure.Section, !procedure.OwnOnly);
        foreach (var directive in _waiting) Misplaced(directive);
    }

    private void ReadSection(Section section, bool below)
    {
        _phase = section.Title;
        Walk(section.Blocks, section.Title, false);
        if (!below) return;
        foreach (var child in section.Children) ReadSection(child, true);
    }

    private void Walk(IEnumerable<Block> all, string context, bool inSteps)
    {
        foreach (var block in all)
        {
            if (Steps.Count > MostSteps) return;
            switch (block)
            {
                case CodeBlock code:
                    ReadCode(code, context);
                    break;
                case QuoteBlock quote:
                    ReadQuote(quote, context, inSteps);
                    break;
                case ListBlock list:
                    ReadList(list, context, inSteps);
                    break;
                case Table table:
                    ReadTable(table, context);
                    break;
                case ParagraphBlock paragraph:
                    ReadParagraph(paragraph, context);
                    break;
                case ContainerBlock container:
                    Walk(container, context, inSteps);
                    break;
            }
        }
    }

    private void ReadCode(CodeBlock block, string context)
    {
        var (text, line, language) = MarkdownOutline.Listing(block);
        var result = blocks.Read(language, text, line, context);
        Coverage += result.Coverage;
        if (result.Steps.Count == 0) return;
        _lastBlockStart = Steps.Count;
        foreach (var step in result.Steps) Add(step);
    }

    private void Add(RunbookStep step)
    {
        foreach (var directive in _waiting) step = directive.Change(step) ?? step;
        _waiting.Clear();
        Steps.Add(step);
    }

    private void ReadQuote(QuoteBlock quote, string context, bool inSteps)
    {
        foreach (var block in quote)
        {
            if (block is not ParagraphBlock paragraph)
            {
                Walk([block], context, inSteps);
                continue;
            }

            // The raw lines, because Markdown would take * and _ out of an expression.
            var count = MarkdownOutline.Text(paragraph.Inline).Count(c => c == '\n') + 1;
            for (var n = paragraph.Line; n < Math.Min(paragraph.Line + count, lines.Length); n++)
            {
                if (Directive.Parse(lines[n].TrimStart(' ', '\t', '>'), n + 1) is { } directive) Apply(directive, context);
            }
        }
    }

    private void Apply(Directive directive, string context)
    {
        if (!directive.IsKnown)
        {
            if (NearestName.Of(directive.Key, Directive.Keys) is [var near, ..] && near.Length > 3 && Math.Abs(near.Length - directive.Key.Length) <= 2)
            {
                findings.Warning(FindingCodes.DirectiveUnknown, new Position(directive.Line), $"'> {directive.Key}:' directs nothing.", $"Did you mean '> {near}:'?");
            }

            return;
        }

        if (directive.ChangesStepAbove)
        {
            if (Steps.Count == 0)
            {
                _waiting.Add(directive);
                return;
            }

            // Under a code block it stands for every line of the block, else for the one step above.
            var from = Steps[^1].FromCommandLine ? Math.Min(_lastBlockStart, Steps.Count - 1) : Steps.Count - 1;
            for (var i = from; i < Steps.Count; i++)
            {
                if (directive.Change(Steps[i]) is { } changed) Steps[i] = changed;
                else
                {
                    Invalid(directive);
                    break;
                }
            }

            return;
        }

        if (directive.Step(context) is { } step)
        {
            Add(step);
            _lastBlockStart = Steps.Count - 1;
        }
        else Invalid(directive);
    }

    private void Invalid(Directive directive) => findings.Error(FindingCodes.DirectiveInvalid, new Position(directive.Line),
        $"The directive '{directive.Key}' cannot take '{directive.Value}'.", $"Write for example '{directive.Example}'.");

    private void Misplaced(Directive directive) => findings.Warning(FindingCodes.DirectiveUnknown, new Position(directive.Line),
        $"The directive '{directive.Key}' stands where there is no step.", "Write it below the step it is for.");

    private void ReadList(ListBlock list, string context, bool inSteps)
    {
        foreach (var item in list.OfType<ListItemBlock>())
        {
            var head = item.OfType<ParagraphBlock>().FirstOrDefault();
            var text = MarkdownOutline.Text(head?.Inline);
            var box = MarkdownOutline.HasBox(head?.Inline);
            var steps = inSteps || list.IsOrdered || box || ProcedureOutline.IsDoing(_phase);
            if (Metadata(text, item.Line + 1))
            {
                Walk(item.Where(b => b != head), context, inSteps);
                continue;
            }

            var codes = MarkdownOutline.Codes(head?.Inline).ToArray();
            var entry = new ProseReader.Item(item.Line + 1, text, codes, [.. MarkdownOutline.Links(head?.Inline)], box);
            var hasCode = item.Descendants<CodeBlock>().Any(c => MarkdownOutline.Listing(c) is var (code, _, language) && blocks.Read(language, code, 1, "").Steps.Count > 0);
            var hasList = item.OfType<ListBlock>().Any();
            if (text.Length > 0 && !hasCode && !(hasList && text.EndsWith(':')))
            {
                if (steps) foreach (var step in prose.Read(entry, context)) Add(step);
                else foreach (var step in prose.Described(entry, context)) Add(step);
                _lastBlockStart = Math.Max(0, Steps.Count - 1);
            }

            Walk(item.Where(b => b != head), text.Length > 0 ? text.Split('\n')[0] : context, steps && hasList || inSteps);
        }
    }

    private void ReadParagraph(ParagraphBlock paragraph, string context)
    {
        var text = MarkdownOutline.Text(paragraph.Inline);
        var any = false;
        var split = text.Split('\n');
        for (var n = 0; n < split.Length; n++) any |= Metadata(split[n], paragraph.Line + 1 + n);
        if (any) return;
        if (Label().Match(text) is { Success: true } label) _phase = label.Groups[1].Value;
        if (fileHasCode) return;
        var item = new ProseReader.Item(paragraph.Line + 1, text, [.. MarkdownOutline.Codes(paragraph.Inline)], [], false);
        foreach (var step in item.Codes.SelectMany(c => prose.FromCode(c, item, context))) Add(step);
    }

    private void ReadTable(Table table, string context)
    {
        var read = MarkdownOutline.Table(table, context);
        Tables.Add(read);
        var (condition, action) = (Column(read, ConditionColumn()), Column(read, ActionColumn()));
        var decides = condition >= 0 && action >= 0 && condition != action;
        foreach (var row in table.OfType<TableRow>().Where(r => !r.IsHeader))
        {
            // What a decision's action does belongs to its branch: it is done where that is chosen, and nowhere else.
            foreach (var code in row.OfType<TableCell>().Where((_, column) => !decides || column != action).SelectMany(cell => cell.Descendants<CodeInline>()))
            {
                var item = new ProseReader.Item(row.Line + 1, code.Content, [code.Content], [], false);
                foreach (var step in prose.Command(code.Content, item, context)) Add(step);
            }
        }

        foreach (var row in read.Rows.Where(r => r.Cells.Count == 2)) Metadata($"{row.Cells[0]}: {row.Cells[1]}", row.Line);
        if (!decides) return;
        var branches = prose.Decision(read, condition, action, context);
        if (branches.Count > 0) Add(new DecisionStep(branches) { Line = read.Line, Text = string.Join(" | ", read.Header), Context = context });
    }

    private static int Column(RunbookTable table, Regex name)
    {
        for (var i = 0; i < table.Header.Count; i++)
        {
            if (name.IsMatch(table.Header[i])) return i;
        }

        return -1;
    }

    /// <summary>Takes <c>Alert:</c> and <c>Severity:</c> lines; false for any other.</summary>
    private bool Metadata(string line, int number)
    {
        var match = MetadataLine().Match(line);
        if (!match.Success) return false;
        var value = match.Groups[2].Value;
        if (match.Groups[1].Value.StartsWith("alert", StringComparison.OrdinalIgnoreCase))
        {
            foreach (var part in value.Split([',', '/', ';', '+'], StringSplitOptions.TrimEntries))
            {
                var name = AlertName().Match(part.Trim('`', '*', '.', ' ', '"'));
                if (name.Success && !Alerts.Exists(a => a.Name == name.Value)) Alerts.Add((name.Value, number));
            }
        }
        else Severity ??= SeverityWords.Find(value);

        return true;
    }

    [GeneratedRegex(@"^\W{0,4}(alerts?|alert ?names?|severity|priority)\W{0,4}:\W{0,4}(\w.*)$", RegexOptions.IgnoreCase)]
    private static partial Regex MetadataLine();

    [GeneratedRegex(@"^[A-Z][A-Za-z0-9]*(?:[A-Z_:][A-Za-z0-9]*)+$|^[a-z]\w*_\w+$")]
    private static partial Regex AlertName();

    [GeneratedRegex(@"^([A-Z][^\n:]{2,60}):$")]
    private static partial Regex Label();

    [GeneratedRegex(@"^(?:if|conditions?|when|state|situation|status|symptoms?|reason|observation|number down|findings?|thresholds?|results?)\b|ratio\b|level\b|range\b|\bdown$", RegexOptions.IgnoreCase)]
    private static partial Regex ConditionColumn();

    [GeneratedRegex(@"^(?:then|action|do|response|resolution|next step|remedy|what to do|consequence)s?\b", RegexOptions.IgnoreCase)]
    private static partial Regex ActionColumn();
}
