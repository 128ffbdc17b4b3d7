using System.Text.RegularExpressions;
using Markdig.Extensions.Tables;
using Markdig.Syntax;

namespace Quarterdeck.Packs.Runbooks;

/// <summary>
/// Decides which headings of a file are procedures and which are their parts. Headings such as Diagnosis or Step 2 are parts;
/// a heading that states an alert or a severity is a procedure; a heading that only groups others is neither.
/// </summary>
internal static partial class ProcedureOutline
{
    /// <param name="Section">The heading.</param>
    /// <param name="OwnOnly">True where the headings below are procedures of their own.</param>
    public sealed record Procedure(Section Section, bool OwnOnly);

    public static IEnumerable<Procedure> Of(Section root) => Collect(root);

    public static bool IsPart(string title) => Part().IsMatch(title.Trim());

    /// <summary>True where bullets under the heading or label are things to do, false where they describe.</summary>
    public static bool IsDoing(string title) => Doing().IsMatch(title) && !Describing().IsMatch(title);

    private static IEnumerable<Procedure> Collect(Section section)
    {
        if (section.Level > 0 && IsProcedure(section))
        {
            yield return new Procedure(section, false);
            yield break;
        }

        if (section.Blocks.Exists(HoldsSteps)) yield return new Procedure(section, true);
        foreach (var procedure in section.Children.SelectMany(Collect)) yield return procedure;
    }

    private static bool IsProcedure(Section section)
    {
        if (section.Children.Count == 0 || section.Level >= 3) return true;
        if (section.Children.Exists(c => StatesAlert(c.Blocks))) return false;
        if (StatesAlert(section.Blocks)) return true;
        var parts = section.Children.Count(c => IsPart(c.Title));
        return parts * 2 >= section.Children.Count || (section.Level >= 2 && parts > 0);
    }

    private static bool StatesAlert(List<Block> blocks) => blocks.Take(6).Any(b => b switch
    {
        ParagraphBlock p => MetadataLine().IsMatch(MarkdownOutline.Text(p.Inline)),
        ListBlock list => list.Descendants<ParagraphBlock>().Take(8).Any(p => MetadataLine().IsMatch(MarkdownOutline.Text(p.Inline))),
        Table table => table.Descendants<ParagraphBlock>().Take(8).Any(p => MetadataLine().IsMatch(MarkdownOutline.Text(p.Inline) + ":")),
        _ => false,
    });

    private static bool HoldsSteps(Block block) => block switch
    {
        CodeBlock => true,
        ListBlock list => list.IsOrdered || list.Descendants<CodeBlock>().Any() || list.Descendants<ParagraphBlock>().Any(p => MarkdownOutline.HasBox(p.Inline)),
        QuoteBlock quote => quote.Descendants<CodeBlock>().Any(),
        _ => false,
    };

    [GeneratedRegex(@"(?im)^\W*(alerts?|alert ?names?|severity|priority)\W*:")]
    private static partial Regex MetadataLine();

    [GeneratedRegex(@"^(?:\W*(?:\d+(?:\.\d+)*[.):]|[a-z][.)])\s*|step\b|phase\b|stage\b|option\b|scenario\b|case\b|part\b)|^\W*(?:diagnos|resol|mitigat|verif|symptom|impact|escalat|pre-?requi|precondition|pre-?check|rollback|roll back|recover|respon|investigat|detect|contain(?:ment|$)|remed|procedure|steps?\b|action|immediate|trigger|causes?\b|root cause|background|overview|summary|post|follow|communicat|clean|checks?\b|assess|context|when\b|description|validat|after|before|look\b|triage|notif|reference|commands?\b|notes?\b|expected|fix\b|what\b|how\b|first\b|next\b|confirm|quick|related|links?\b|owner|metadata|success|tell people|success criteria|possible|common causes|observ|monitor(?:ing)?$|alert\b|details|purpose|scope|background|restore$|resume$|prepar|execut)", RegexOptions.IgnoreCase)]
    private static partial Regex Part();

    [GeneratedRegex(@"diagnos|resol|mitigat|verif|\bsteps?\b|action|procedure|recover|respon|investigat|contain|remed|roll ?back|triage|check|fix|immediate|follow|notif|communicat|post|after|clean|tell|to ?do|execut|restore|resume|validat|confirm|prepar|pause|restart|rotat|monitor|escalat|assess|detect|phase|before", RegexOptions.IgnoreCase)]
    private static partial Regex Doing();

    [GeneratedRegex(@"impact|symptom|cause|overview|background|reference|contact|\bwhen to\b|context|note|scope|purpose|threshold|metric|related|link|role|glossary|definition|example", RegexOptions.IgnoreCase)]
    private static partial Regex Describing();
}
