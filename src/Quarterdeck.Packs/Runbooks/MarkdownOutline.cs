using System.Text;
using System.Text.RegularExpressions;
using Markdig;
using Markdig.Extensions.Tables;
using Markdig.Extensions.TaskLists;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace Quarterdeck.Packs.Runbooks;

/// <summary>A heading with what stands under it.</summary>
internal sealed class Section(string title, int level, int line)
{
    public string Title => title;

    public int Level => level;

    public int Line => line;

    public List<Block> Blocks { get; } = [];

    public List<Section> Children { get; } = [];

    public IEnumerable<Section> SelfAndBelow => Children.SelectMany(c => c.SelfAndBelow).Prepend(this);
}

/// <summary>Reads Markdown into sections, and blocks into text.</summary>
internal static partial class MarkdownOutline
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder()
        .UsePipeTables().UseGridTables().UseTaskLists().UseAutoLinks().UsePreciseSourceLocation().Build();

    /// <summary>The whole file as one section of level 0.</summary>
    public static Section Read(string text)
    {
        var root = new Section("", 0, 1);
        var open = new Stack<Section>([root]);
        foreach (var block in Markdown.Parse(text, Pipeline))
        {
            if (block is HeadingBlock heading)
            {
                while (open.Peek().Level >= heading.Level) open.Pop();
                var section = new Section(Text(heading.Inline), heading.Level, heading.Line + 1);
                open.Peek().Children.Add(section);
                open.Push(section);
            }
            else
            {
                open.Peek().Blocks.Add(block);
            }
        }

        return root;
    }

    /// <summary>Inlines as text, code without backquotes.</summary>
    public static string Text(ContainerInline? inlines)
    {
        var text = new StringBuilder();
        if (inlines is not null) Append(text, inlines);
        return text.ToString().Trim();
    }

    public static IEnumerable<string> Codes(ContainerInline? inlines) => inlines?.Descendants<CodeInline>().Select(c => c.Content) ?? [];

    public static IEnumerable<string> Links(ContainerInline? inlines) => inlines?.Descendants<LinkInline>().Where(l => !l.IsImage).Select(l => l.Url ?? "") ?? [];

    public static bool HasBox(ContainerInline? inlines) => inlines?.Descendants<TaskList>().Any() == true;

    /// <summary>The text of a code block, and the 1-based line where it begins.</summary>
    public static (string Text, int Line) Code(CodeBlock block)
    {
        var lines = block.Lines.Lines ?? [];
        return (string.Join('\n', lines.Take(block.Lines.Count).Select(l => l.Slice.ToString())), block.Line + (block is FencedCodeBlock ? 2 : 1));
    }

    /// <summary>
    /// A code block with its language. Inside HTML, a list or an editor's own tags a fence is often indented by four, which Markdown
    /// takes for text of an indented block.
    /// </summary>
    public static (string Text, int Line, string? Language) Listing(CodeBlock block)
    {
        var (text, line) = Code(block);
        if (block is FencedCodeBlock fenced) return (text, line, fenced.Info);
        var rows = text.Split('\n');
        var first = Array.FindIndex(rows, r => r.Trim().Length > 0);
        if (first < 0 || InnerFence().Match(rows[first]) is not { Success: true } fence) return (text, line, null);
        var last = Array.FindIndex(rows, first + 1, r => r.Trim().StartsWith(fence.Groups[1].Value, StringComparison.Ordinal));
        return (string.Join('\n', rows[(first + 1)..(last < 0 ? rows.Length : last)]), line + first + 1, fence.Groups[2].Value);
    }

    public static RunbookTable Table(Table table, string heading)
    {
        var rows = table.OfType<TableRow>().Select(r => (r.IsHeader, Row: Row(r, [.. r.OfType<TableCell>()]))).ToList();
        return new RunbookTable(table.Line + 1, heading, rows.Find(r => r.IsHeader).Row?.Cells ?? [], [.. rows.Where(r => !r.IsHeader).Select(r => r.Row)]);
    }

    private static RunbookTableRow Row(TableRow row, TableCell[] cells) => new(row.Line + 1, [.. cells.Select(Cell)])
    {
        Codes = [.. cells.Select(cell => (IReadOnlyList<string>)[.. cell.OfType<LeafBlock>().SelectMany(l => Codes(l.Inline))])],
        Links = [.. cells.Select(cell => (IReadOnlyList<string>)[.. cell.OfType<LeafBlock>().SelectMany(l => Links(l.Inline))])],
    };

    /// <summary>A heading's anchor as GitHub makes it.</summary>
    public static string Slug(string title)
    {
        var slug = NotSlug().Replace(title.ToLowerInvariant().Trim(), "").Replace(' ', '-');
        return slug.Length == 0 ? "section" : slug;
    }

    private static string Cell(TableCell cell) => string.Join(' ', cell.OfType<LeafBlock>().Select(l => Text(l.Inline)));

    private static void Append(StringBuilder text, ContainerInline inlines)
    {
        foreach (var inline in inlines)
        {
            switch (inline)
            {
                case LiteralInline literal:
                    text.Append(literal.Content.ToString());
                    break;
                case CodeInline code:
                    text.Append(code.Content);
                    break;
                case LineBreakInline:
                    text.Append('\n');
                    break;
                case AutolinkInline link:
                    text.Append(link.Url);
                    break;
                case HtmlEntityInline entity:
                    text.Append(entity.Transcoded.ToString());
                    break;
                case HtmlInline html:
                    text.Append(PlaceholderTag().IsMatch(html.Tag) ? html.Tag : "");
                    break;
                case TaskList:
                    break;
                case ContainerInline inner:
                    Append(text, inner);
                    break;
            }
        }
    }

    [GeneratedRegex(@"^\s*(```+|~~~+)\s*([\w+-]*)")]
    private static partial Regex InnerFence();

    [GeneratedRegex(@"[^\p{L}\p{N} _-]")]
    private static partial Regex NotSlug();

    [GeneratedRegex(@"^<[a-z][a-z0-9_-]*>$", RegexOptions.IgnoreCase)]
    private static partial Regex PlaceholderTag();
}
