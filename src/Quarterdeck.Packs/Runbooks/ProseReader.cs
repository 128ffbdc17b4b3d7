using System.Text.RegularExpressions;
using Quarterdeck.Packs.Runbooks.Commands;
using Quarterdeck.Packs.Runbooks.Shell;
using Quarterdeck.Packs.Yaml;

namespace Quarterdeck.Packs.Runbooks;

/// <summary>Types a sentence of a list: a call in inline code, a decision, a wait, a notice, a link, or something a person does.</summary>
internal sealed partial class ProseReader(ProtocolPack? pack, CommandReader commands, IReadOnlyDictionary<string, string> titles, IReadOnlySet<string> slugs)
{
    /// <summary>An item of a list.</summary>
    /// <param name="Line">1-based line.</param>
    /// <param name="Text">Its own text, without nested items.</param>
    /// <param name="Codes">Inline code in it.</param>
    /// <param name="Links">Link targets in it.</param>
    /// <param name="IsChecklist">Whether it has a box.</param>
    public sealed record Item(int Line, string Text, IReadOnlyList<string> Codes, IReadOnlyList<string> Links, bool IsChecklist);

    public IReadOnlyList<RunbookStep> Read(Item item, string context)
    {
        var text = new StepText(item.Line, item.Text, context, false);
        var fromCode = item.Codes.SelectMany(code => FromCode(code, item, context)).ToArray();
        if (fromCode.Length > 0) return fromCode;
        return [Sentence(item, text)];
    }

    /// <summary>The branches of a table of conditions and actions.</summary>
    public IReadOnlyList<DecisionBranch> Decision(RunbookTable table, int condition, int action, string context) =>
        new DecisionTable(pack, slugs, (code, line, text) => FromCode(code, new Item(line, text, [code], [], false), context)).Read(table, condition, action);

    /// <summary>Steps in a bullet that mostly describes: calls in inline code, and runbooks it says to follow.</summary>
    public IReadOnlyList<RunbookStep> Described(Item item, string context)
    {
        var steps = item.Codes.SelectMany(c => FromCode(c, item, context)).ToList();
        if (steps.Count == 0 && item.Links.Count > 0 && StartsOther().IsMatch(item.Text) && Sentence(item, new StepText(item.Line, item.Text, context, false)) is LinkStep link)
            steps.Add(link);
        return steps;
    }

    /// <summary>Steps that inline code stands for; none where it is only a name.</summary>
    public IEnumerable<RunbookStep> FromCode(string code, Item item, string context)
    {
        if (IsCommand(code)) return Command(code, item, context);
        return Call(code, item, context) is { } call ? [call] : [];
    }

    /// <summary>Steps of inline code that is a command line; none for a name or a call.</summary>
    public IEnumerable<RunbookStep> Command(string code, Item item, string context) => !IsCommand(code) ? [] :
        ShellParser.Parse(code.Trim().TrimStart('$', ' '), item.Line).Statements.SelectMany(s => commands.Read(s, context, false)).Where(s => s is not ManualStep);

    private static bool IsCommand(string code) => code.Trim().TrimStart('$', ' ') is var text && text.Contains(' ', StringComparison.Ordinal) && KnownPrograms.IsAtStartOf(text);

    /// <summary>
    /// <c>Contract.function(args)</c>, <c>function()</c> or <c>kebab-name</c>, looked up in the pack's ABIs without regard to case,
    /// dashes and underscores. A contract that the sentence or the heading names wins where several have the function.
    /// </summary>
    private RunbookStep? Call(string code, Item item, string context)
    {
        if (pack is null || CallShape().Match(code.Trim()) is not { Success: true } match) return null;
        var (owner, name) = (match.Groups["owner"].Value, match.Groups["name"].Value);
        var arguments = match.Groups["args"];
        if (!arguments.Success && owner.Length == 0 && !name.Contains('-', StringComparison.Ordinal) && !ImperativeCall().IsMatch(item.Text)) return null;
        var wanted = Plain(name);
        var found = pack.Contracts.Values
            .Where(c => c.Abi is not null && (owner.Length == 0 || Plain(c.Name) == Plain(owner)))
            .SelectMany(c => c.Abi!.Functions.Where(f => Plain(f.Name) == wanted).Select(f => (Contract: c, Function: f))).ToArray();
        if (found.Length > 1)
        {
            var named = found.Where(f => Mentions(item.Text, f.Contract.Name) || Mentions(context, f.Contract.Name)).ToArray();
            if (named.Length > 0) found = named;
        }

        if (found.Select(f => f.Contract.Name).Distinct().Count() != 1) return null;
        var given = arguments.Success ? SplitArguments(arguments.Value) : [];
        var (contract, function) = found.FirstOrDefault(f => f.Function.Inputs.Count == given.Count, found[0]);
        var args = function.Inputs.Select((input, i) => given.Count == function.Inputs.Count && !IsTypeOrName(given[i], input.Type.Name, input.Name)
            ? CommandBlock.Word(given[i], item.Line)
            : ShellWord.Literal($"<{(input.Name.Length > 0 ? input.Name : input.Type.Name)}>", item.Line)).ToArray();
        var text = new StepText(item.Line, item.Text, context, false) { Words = args };
        var target = ShellWord.Literal(contract.Name, item.Line);
        var signature = function.Outputs.Count == 0 ? function.Signature : $"{function.Signature}({string.Join(',', function.Outputs.Select(o => o.Type.Name))})";
        return function.IsReadOnly
            ? text.Make(new CallStep(target, signature, args) { Line = 0, Text = "" })
            : text.Make(new SendStep(target, function.Signature, args,
                commands.Classifier.Classify(contract.Name, function.Signature, [.. args.Select(a => a.Text)]))
            { Line = 0, Text = "" });
    }

    private RunbookStep Sentence(Item item, StepText text)
    {
        var sentence = Marks().Replace(item.Text, "").Trim();
        var condition = Condition().Match(sentence);
        if (Linked(item, sentence) is { } slug)
        {
            return text.Make(new LinkStep(slug)
            {
                Line = 0,
                Text = "",
                Condition = condition.Success ? condition.Groups[1].Value.Trim() : "",
                Ordered = DecisionTable.Orders(condition.Success ? condition.Groups[2].Value : sentence),
            });
        }

        if (condition.Success)
        {
            var branch = new DecisionBranch(condition.Groups[1].Value.Trim(), condition.Groups[2].Value.Trim());
            return text.Make(new DecisionStep([DecisionTable.Measured(branch, pack)]) { Line = 0, Text = "" });
        }

        if (Waiting().Match(sentence) is { Success: true } wait && Durations.TryParse(Numbers(wait.Groups[1].Value), out var span))
            return text.Make(new WaitStep(span, null) { Line = 0, Text = "" });
        if (Approving().Match(sentence) is { Success: true } approve && Directive.Parse($"approve: {approve.Groups[1].Value} {approve.Groups[2].Value}", item.Line)!.Step("") is ApproveStep step)
            return text.Make(step);
        if (Telling().IsMatch(sentence))
            return text.Make(new NotifyStep(Channel().Match(sentence).Value, sentence) { Line = 0, Text = "" });
        return text.Make(new ManualStep { Line = 0, Text = "", IsChecklist = item.IsChecklist });
    }

    private string? Linked(Item item, string sentence)
    {
        foreach (var link in item.Links)
        {
            var (path, anchor) = link.IndexOf('#', StringComparison.Ordinal) is >= 0 and var hash ? (link[..hash], link[(hash + 1)..]) : (link, "");
            if (path.EndsWith(".md", StringComparison.OrdinalIgnoreCase) && !path.Contains("://", StringComparison.Ordinal)) return Path.GetFileNameWithoutExtension(path);
            if (path.Length == 0 && anchor.Length > 0 && titles.Values.Contains(anchor)) return anchor;
        }

        if (RunbookWord().IsMatch(sentence) && item.Codes.FirstOrDefault(slugs.Contains) is { } named) return named;
        if (!StartsOther().IsMatch(sentence)) return null;
        var plain = PlainTitle(sentence);
        return titles.Where(t => t.Key.Length >= 8 && t.Key.Contains(' ', StringComparison.Ordinal) && plain.Contains(t.Key, StringComparison.Ordinal))
            .OrderByDescending(t => t.Key.Length).Select(t => t.Value).FirstOrDefault();
    }

    /// <summary>A heading as it would be mentioned: lower case, without numbers, brackets and words such as procedure.</summary>
    public static string PlainTitle(string heading) => Spaces().Replace(TitleNoise().Replace(heading.ToLowerInvariant(), " "), " ").Trim();

    private static string Numbers(string text) => NumberWord().Replace(text, m => m.Value.ToLowerInvariant() switch
    {
        "one" or "an" or "a" => "1",
        "two" => "2",
        "three" => "3",
        "five" => "5",
        "ten" => "10",
        "fifteen" => "15",
        "thirty" => "30",
        _ => m.Value,
    });

    private static bool Mentions(string text, string contract) => Plain(text).Contains(Plain(contract), StringComparison.Ordinal);

    private static string Plain(string name) => Separators().Replace(name, "").ToLowerInvariant();

    private static List<string> SplitArguments(string text) =>
        [.. text.Split(',').Select(a => a.Trim().Trim('"', '\'')).Where(a => a.Length > 0)];

    private static bool IsTypeOrName(string given, string type, string name) =>
        given == type || given == name || given.StartsWith(type + " ", StringComparison.Ordinal) || given is "..." or "…"
        || (char.IsAsciiLetter(given[0]) && given.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') && given is not ("true" or "false") && type is not "string");

    [GeneratedRegex(@"^(?:(?<owner>[A-Za-z][\w-]*)[.:]{1,2})?(?<name>[A-Za-z][\w-]{2,60})\s*(?:\((?<args>[^()]*)\))?$")]
    private static partial Regex CallShape();

    [GeneratedRegex(@"\b(call|calls|execute|exercise|invoke|run|send|submit|trigger|check|read|query|use|via)\b", RegexOptions.IgnoreCase)]
    private static partial Regex ImperativeCall();

    [GeneratedRegex(@"[*_`]|\[[ xX]\]")]
    private static partial Regex Marks();

    [GeneratedRegex(@"^(?:If|When|In case|Should|Once|Unless|Where)\b\s*(.{3,200}?)\s*(?:→|->|=>|:|, then|,|\bthen\b)\s*(.{2,})$", RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex Condition();

    [GeneratedRegex(@"^(?:then |and )?(?:wait|sleep|pause|hold|monitor|watch|observe|allow|let)\b.{0,80}?\b((?:\d+(?:\.\d+)?|one|an?|two|three|five|ten|fifteen|thirty)[ -]?(?:seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?)\b)", RegexOptions.IgnoreCase)]
    private static partial Regex Waiting();

    [GeneratedRegex(@"\b(one|two|three|four|five|\d{1,2})[ -](operators?|approvers?|people|signers?|persons?)\b.{0,30}\b(?:approve|sign|confirm)|(?<=^Approval (?:by|from|of) )(\d)", RegexOptions.IgnoreCase)]
    private static partial Regex Approving();

    [GeneratedRegex(@"^(?:notify|inform|alert the|alert on|page|announce|post (?:to|in|on|publicly|a|an|status)|tell|e-?mail|message|ping|escalate to|contact|call the|communicate|send (?:a |an )?(?:notice|message|notification|alert|e-?mail|update)|update (?:the )?(?:public )?status page|set (?:the )?(?:public )?status page)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Telling();

    [GeneratedRegex(@"#[a-z][\w-]+|@[a-z][\w-]+|[\w.]+@[\w.-]+|\b(?:Slack|PagerDuty|OpsGenie|Discord|Telegram|Twitter|status page)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Channel();

    [GeneratedRegex(@"\brunbook\b", RegexOptions.IgnoreCase)]
    private static partial Regex RunbookWord();

    [GeneratedRegex(@"\b(trigger|execute|run|start|follow|perform|initiate|proceed|go to|see|activate|escalate)\b", RegexOptions.IgnoreCase)]
    private static partial Regex StartsOther();

    [GeneratedRegex(@"^[\s#]*(?:\d+(?:\.\d+)*[.):]?|[a-z]\d*[.):])\s+|\b(procedures?|runbook|sop|playbook|section)\b|\([^)]*\)|[^a-z0-9 ]")]
    private static partial Regex TitleNoise();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"[-_\s]")]
    private static partial Regex Separators();

    [GeneratedRegex(@"\b(one|an|a|two|three|five|ten|fifteen|thirty)\b", RegexOptions.IgnoreCase)]
    private static partial Regex NumberWord();
}
