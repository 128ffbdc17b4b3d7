using System.Text.RegularExpressions;
using Quarterdeck.Packs.Manifest;
using Quarterdeck.Packs.Runbooks.Shell;

namespace Quarterdeck.Packs.Runbooks.Commands;

/// <summary>Statements that hold statements: groups, conditions, cases, loops, functions.</summary>
internal sealed partial class CommandReader
{
    private const int MostUnrolled = 32;

    /// <summary>A group behind <c>&amp;&amp;</c> or <c>||</c> is done whole or not at all: shown to a person, with the class of what it does.</summary>
    private ExternalStep? Group(ShellCompound group, StepText text) => Inner(group.Body) is not { } inner ? null
        : text.Make(new ExternalStep([ShellWord.Literal("{", text.Line)], false)
        {
            Line = 0,
            Text = "",
            ActionClass = inner.Select(s => s.Class).FirstOrDefault(c => c is not null and not ActionClass.Other) ?? ActionClass.Other,
            Inside = inner,
        });

    private List<RunbookStep> Compound(ShellCompound compound, StepText text)
    {
        text = text with { Words = [.. compound.Items, .. compound.Condition.Concat(compound.Body).Concat(compound.Otherwise).SelectMany(s => s.Words)] };
        switch (compound.Kind)
        {
            case ShellCompoundKind.Group:
                return [.. compound.Body.SelectMany(s => Read(s, text.Context, text.FromCommandLine))];
            case ShellCompoundKind.For when compound.Items.Count is > 0 and <= MostUnrolled && compound.Items.All(IsPlainItem):
                return Unrolled(compound, text);
            case ShellCompoundKind.If:
                var condition = string.Join("; ", compound.Condition.Select(s => s.Text));
                List<DecisionBranch> branches = [new(condition, string.Join("; ", compound.Body.Select(s => s.Text)))];
                if (compound.Otherwise.Count > 0) branches.Add(new DecisionBranch("otherwise", string.Join("; ", compound.Otherwise.Select(s => s.Text))));
                return [text.Make(new DecisionStep(branches) { Line = 0, Text = "", Inside = [.. compound.Condition.Concat(compound.Body).Concat(compound.Otherwise).SelectMany(s => Read(s, ""))] })];
            case ShellCompoundKind.Case when compound.Arms.Count > 0:
                return [text.Make(new DecisionStep([.. compound.Arms.Select(a => new DecisionBranch(a.Pattern == "*" ? "otherwise" : $"{compound.Name} is {a.Pattern}", string.Join("; ", a.Body.Select(s => s.Text))) { Otherwise = a.Pattern == "*" })])
                {
                    Line = 0,
                    Text = "",
                    Inside = [.. compound.Body.SelectMany(s => Read(s, ""))],
                })];
            case ShellCompoundKind.While or ShellCompoundKind.Until when BodyOnlyReads(compound.Body) && BodyOnlyReads(compound.Condition):
                return [text.Make(new WaitStep(null, string.Join("; ", compound.Condition.Select(s => s.Text))) { Line = 0, Text = "" })];
            case ShellCompoundKind.For when BodyOnlyReads(compound.Body):
                return [text.Make(new ExternalStep([ShellWord.Literal("for", text.Line)], false) { Line = 0, Text = "" })];
            case ShellCompoundKind.Function:
                return [text.Make(new LocalStep(new ShellCommand([], [], [], text.Line)) { Line = 0, Text = "" }) with { Inside = Inner(compound.Body) ?? [] }];
            case ShellCompoundKind.For or ShellCompoundKind.While or ShellCompoundKind.Until when Inner([.. compound.Condition, .. compound.Body]) is { } inner:
                // How often it goes round is known only when it runs: shown, with the class of what it does.
                return [text.Make(new ExternalStep([ShellWord.Literal(compound.Kind.ToString().ToLowerInvariant(), text.Line)], false)
                {
                    Line = 0,
                    Text = "",
                    ActionClass = inner.Select(s => s.Class).FirstOrDefault(c => c is not null and not ActionClass.Other) ?? ActionClass.Other,
                    Inside = inner,
                })];
            default:
                return [];
        }
    }

    /// <summary>The steps of statements inside a compound; null where one of them is not understood.</summary>
    private List<RunbookStep>? Inner(IReadOnlyList<ShellStatement> statements)
    {
        var steps = statements.SelectMany(s => Read(s, "")).ToList();
        return steps.Count == 0 || steps.Exists(s => s is ManualStep) ? null : steps;
    }

    private bool BodyOnlyReads(IReadOnlyList<ShellStatement> body) =>
        body.SelectMany(s => Read(s, "")).All(s => s is not ManualStep && !s.IsWrite);

    private static bool IsPlainItem(ShellWord word) => word.Parts.All(p => p is LiteralPart l ? word.IsQuoted || l.Value.AsSpan().IndexOfAny("*?[{") < 0 : p is VariablePart)
        && word.Text is not ("$@" or "\"$@\"");

    /// <summary>A loop over a written list is its body once for each item, with the item filled in.</summary>
    private List<RunbookStep> Unrolled(ShellCompound loop, StepText text)
    {
        var steps = new List<RunbookStep>();
        foreach (var item in loop.Items)
        {
            foreach (var statement in loop.Body)
            {
                var source = LoopVariable(loop.Name).Replace(statement.Text, _ => item.Source);
                if (ShellParser.Parse(source, statement.Line).Statements is [var filled]) steps.AddRange(Read(filled, text.Context, text.FromCommandLine));
                else return [];
            }
        }

        return steps.Count > 256 ? [] : steps;
    }

    private static Regex LoopVariable(string name) => new(@"\$\{" + Regex.Escape(name) + @"\}|\$" + Regex.Escape(name) + @"(?![A-Za-z0-9_])", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
}
