using System.Security.Cryptography;
using System.Text;
using Markdig.Extensions.Tables;
using Markdig.Syntax;
using Quarterdeck.Packs.Runbooks.Commands;
using Quarterdeck.Packs.Yaml;
using Quarterdeck.Primitives;

namespace Quarterdeck.Packs.Runbooks;

/// <summary>
/// Reads any team's Markdown runbook. Never throws for what is written, and never runs anything: each procedure becomes a
/// <see cref="Runbook"/>, each command line a typed step or a manual one that shows it.
/// </summary>
public static class RunbookParser
{
    /// <summary>Bytes of a file beyond which it is not read; a runbook for people is a hundredth of it.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>Reads a file.</summary>
    /// <param name="source">Path as findings and the runbook's record show it.</param>
    /// <param name="bytes">The exact bytes.</param>
    /// <param name="pack">The pack that inline code is resolved against; null for none.</param>
    /// <param name="slugs">Slugs of the runbooks that links may name.</param>
    public static RunbookDocument Parse(string source, ReadOnlySpan<byte> bytes, ProtocolPack? pack = null, IReadOnlySet<string>? slugs = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(source);
        var hash = new Hash32(SHA256.HashData(bytes));
        var findings = new FindingList(source);
        if (bytes.Length > MaxBytes)
        {
            findings.Error(FindingCodes.RunbookUnreadable, Position.WholeFile, $"The runbook has {bytes.Length} bytes; at most {MaxBytes} are read.", "Split it by procedure.");
            return new RunbookDocument(source, hash, "", [], findings.All);
        }

        var whole = Encoding.UTF8.GetString(bytes);
        var text = whole.TrimStart('\uFEFF').ReplaceLineEndings("\n").Replace('\0', '\uFFFD');
        var front = FrontMatter.Take(ref text, findings);
        Section root;
        try
        {
            root = MarkdownOutline.Read(text);
        }
        catch (ArgumentException e)
        {
            // Markdig refuses elements nested more than 128 deep.
            findings.Error(FindingCodes.RunbookUnreadable, Position.WholeFile, $"The Markdown cannot be read: {e.Message}", "Flatten the nested lists and quotes.");
            return new RunbookDocument(source, hash, whole, [], findings.All);
        }

        return new Reading(source, hash, text, front, findings, pack, slugs ?? new HashSet<string>()).Document(root) with { Text = whole };
    }

    private sealed class Reading(
        string source, Hash32 hash, string text, FrontMatter front, FindingList findings, ProtocolPack? pack, IReadOnlySet<string> slugs)
    {
        private readonly string[] _lines = text.Split('\n');

        public RunbookDocument Document(Section root)
        {
            var fileSlug = MarkdownOutline.Slug(Path.GetFileNameWithoutExtension(source));
            var procedures = (front.BindsRunbook ? [new ProcedureOutline.Procedure(root, false)] : ProcedureOutline.Of(root)).ToList();
            var names = Names(procedures, fileSlug);
            var titles = new Dictionary<string, string>(StringComparer.Ordinal);
            for (var i = 0; i < procedures.Count; i++) titles.TryAdd(ProseReader.PlainTitle(TitleOf(procedures[i], fileSlug)), names[i]);
            var commands = new CommandReader(pack);
            var prose = new ProseReader(pack, commands, titles, slugs);
            var blocks = root.SelfAndBelow.SelectMany(s => s.Blocks).ToList();
            var hasCode = blocks.Exists(b => b is CodeBlock || b is ContainerBlock c && c.Descendants<CodeBlock>().Any());
            var coverage = new Coverage(0, 0, 0);
            var runbooks = new List<Runbook>();
            for (var i = 0; i < procedures.Count; i++)
            {
                var reader = new ProcedureReader(_lines, new CommandBlock(commands), prose, findings, hasCode);
                reader.Read(procedures[i]);
                coverage += reader.Coverage;
                var isContents = reader.Steps.Count > 0 && reader.Coverage.CommandLines == 0 && reader.Steps.All(s => s is LinkStep { Condition.Length: 0 });
                if ((reader.Steps.Count == 0 && reader.Alerts.Count == 0 || isContents) && !front.BindsRunbook) continue;
                var section = procedures[i].Section;
                runbooks.Add(new Runbook(
                    names[i], front.BindsRunbook && front.Title is { } title ? title : TitleOf(procedures[i], fileSlug),
                    front.BindsRunbook ? front.Severity ?? reader.Severity : reader.Severity,
                    front.BindsRunbook && front.Alerts.Count > 0 ? front.Alerts : [.. reader.Alerts.Select(a => a.Name)],
                    front.Policy, [.. reader.Steps.Select((s, n) => s with { Index = n })], source, hash)
                {
                    Line = section.Level == 0 ? 1 : section.Line,
                    AlertLines = front.BindsRunbook && front.Alerts.Count > 0 ? [.. front.Alerts.Select(_ => front.AlertsLine)] : [.. reader.Alerts.Select(a => a.Line)],
                    Tables = reader.Tables,
                    Coverage = reader.Coverage,
                });
            }

            return new RunbookDocument(source, hash, text, runbooks, findings.All)
            {
                Coverage = coverage,
                Tables = [.. root.SelfAndBelow.SelectMany(s => s.Blocks.SelectMany(TablesIn).Select(t => MarkdownOutline.Table(t, s.Title)))],
            };
        }

        internal static IEnumerable<Table> TablesIn(Block block) => block switch
        {
            Table table => [table],
            ContainerBlock container => container.Descendants<Table>(),
            _ => [],
        };

        private string TitleOf(ProcedureOutline.Procedure procedure, string fileSlug) =>
            procedure.Section.Title.Length > 0 ? procedure.Section.Title
            : front.Title ?? procedure.Section.Children.FirstOrDefault()?.Title ?? fileSlug;

        private List<string> Names(List<ProcedureOutline.Procedure> procedures, string fileSlug)
        {
            if (procedures.Count == 1) return [fileSlug];
            var used = new HashSet<string>(StringComparer.Ordinal);
            var names = new List<string>();
            foreach (var procedure in procedures)
            {
                var slug = MarkdownOutline.Slug(TitleOf(procedure, fileSlug));
                var name = slug;
                for (var n = 1; !used.Add(name); n++) name = $"{slug}-{n}";
                names.Add(name);
            }

            return names;
        }
    }
}
