using System.Globalization;
using System.Text.RegularExpressions;
using Quarterdeck.PromQL;

namespace Quarterdeck.Packs.Runbooks;

/// <summary>
/// Reads a table of conditions and actions: what is measured (a metric of the pack, PromQL in code, or a captured
/// <c>$NAME</c>), its limits, and what is done. What it cannot read stays prose, for a person to decide.
/// </summary>
internal sealed partial class DecisionTable(
    ProtocolPack? pack, IReadOnlySet<string> slugs, Func<string, int, string, IEnumerable<RunbookStep>> steps)
{
    /// <summary>True where a sentence orders another runbook, rather than mentioning it.</summary>
    public static bool Orders(string sentence) => Order().IsMatch(sentence);

    /// <summary>The branch with its condition as an expression, where it is one.</summary>
    public static DecisionBranch Measured(DecisionBranch branch, ProtocolPack? pack) => Measure(branch, branch.Condition, [], null, pack);

    public IReadOnlyList<DecisionBranch> Read(RunbookTable table, int condition, int action)
    {
        var named = Column(table, SubjectColumn(), condition, action);
        var branches = new List<DecisionBranch>();
        foreach (var row in table.Rows.Where(r => r.Cells.Count > Math.Max(condition, action)))
        {
            var subject = named >= 0 && row.Cells.Count > named ? Subject(First(row.Codes, named) ?? row.Cells[named], pack) : null;
            subject ??= OfHeader(table.Header[condition], pack) ?? OfHeader(table.Heading, pack);
            var branch = Measure(
                new DecisionBranch(row.Cells[condition], row.Cells[action]), row.Cells[condition], row.Codes.ElementAtOrDefault(condition) ?? [], subject, pack);
            branches.Add(branch with { Runbook = Leads(row, action), Steps = Does(row, action) });
        }

        return branches;
    }

    private static DecisionBranch Measure(
        DecisionBranch branch, string condition, IReadOnlyList<string> codes, string? subject, ProtocolPack? pack)
    {
        if (OtherwiseWord().IsMatch(condition)) return branch with { Otherwise = true };
        if (Limits(condition, subject, pack) is { } threshold)
        {
            var bounds = string.Concat(threshold.Bounds.Select(bound => $" {bound.Operator} {bound.Value}"));
            return branch with { Threshold = threshold, Expression = threshold.Subject + bounds };
        }

        var whole = codes is [var only] ? only : condition;
        return Compares().IsMatch(whole) && !whole.Contains('$', StringComparison.Ordinal) && KnownNames(whole, pack) && IsPromQL(whole)
            ? branch with { Expression = whole.Trim() }
            : branch;
    }

    /// <summary>The limits that a cell states of one subject; null where it states something else.</summary>
    private static Threshold? Limits(string text, string? subject, ProtocolPack? pack)
    {
        text = Open().Replace(text, match => $"{(match.Groups[2].Value.ToLowerInvariant() is "less" or "below" or "under" or "lower" or "fewer" ? "<=" : ">=")} {match.Groups[1].Value} ");
        text = Words().Replace(text, match => $" {Symbol(match.Value)} ").Replace('≤', '\u0001').Replace("\u0001", "<=", StringComparison.Ordinal)
            .Replace("≥", ">=", StringComparison.Ordinal).Trim();
        var limits = Limit().Matches(text);
        string rest;
        if (limits.Count > 0)
        {
            rest = Limit().Replace(text, " ");
        }
        else if (Range().Match(text) is { Success: true } range)
        {
            rest = text.Remove(range.Index, range.Length);
            var unit = range.Groups["unit"].Value;
            var from = range.Groups["fromUnit"].Value is { Length: > 0 } own ? own : unit;
            var ranged = Own(rest, pack) ?? subject;
            return ranged is not null && Joining().Replace(rest, "").Length <= (Own(rest, pack) is null ? 0 : rest.Length)
                && Number(range.Groups["from"].Value, from, ranged, pack) is { } low && Number(range.Groups["to"].Value, unit, ranged, pack) is { } high
                ? new Threshold(ranged, [new ThresholdBound(">=", low), new ThresholdBound("<=", high)])
                : null;
        }
        else
        {
            return null;
        }

        var left = Joining().Replace(rest, "").Trim();
        var of = left.Length == 0 ? subject : Own(rest, pack);
        if (of is null) return null;
        var bounds = new List<ThresholdBound>();
        foreach (Match limit in limits)
        {
            if (Number(limit.Groups["number"].Value, limit.Groups["unit"].Value, of, pack) is not { } value) return null;
            bounds.Add(new ThresholdBound(limit.Groups["op"].Value is "=" ? "==" : limit.Groups["op"].Value, value));
        }

        return new Threshold(of, bounds);
    }

    private static string? Own(string rest, ProtocolPack? pack) => Subject(rest.Trim(' ', ':', '`', ','), pack);

    /// <summary>What a text names as measured; null where nothing.</summary>
    private static string? Subject(string text, ProtocolPack? pack)
    {
        text = text.Trim().Trim('`');
        if (Variable().Match(text) is { Success: true } variable) return "$" + variable.Groups[1].Value;
        if (text.Length == 0 || pack is null) return null;
        if (pack.Metrics.Any(metric => metric.Name == text)) return text;
        if (text.AsSpan().IndexOfAny("({[/*") >= 0 && KnownNames(text, pack) && IsPromQL(text)) return text;
        var plain = NotWord().Replace(text.ToLowerInvariant(), "_").Trim('_');
        if (plain.Length < 4) return null;
        var found = pack.Metrics.Select(metric => metric.Name).Where(name => name == plain || name.EndsWith("_" + plain, StringComparison.Ordinal)).Distinct().ToList();
        return found is [var one] ? one : null;
    }

    // "If $RATIO", "Reserve ratio": the words around the one name mean nothing.
    private static string? OfHeader(string text, ProtocolPack? pack) =>
        AnyVariable().Matches(text) is [var only] ? "$" + only.Groups[1].Value : Subject(Leading().Replace(text, ""), pack);

    private static bool KnownNames(string expression, ProtocolPack? pack) =>
        pack is not null && Identifier().Matches(expression).Any(word => pack.Metrics.Any(metric => metric.Name == word.Value));

    private static bool IsPromQL(string text)
    {
        try
        {
            PreparedQuery.Parse(text);
            return true;
        }
        catch (PromSyntaxException)
        {
            return false;
        }
    }

    // Exact: 95 % of a ratio is 0.95; of a metric that counts percent it is 95.
    private static string? Number(string digits, string unit, string subject, ProtocolPack? pack)
    {
        if (!decimal.TryParse(digits.Replace(",", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal), NumberStyles.Number, CultureInfo.InvariantCulture, out var number)) return null;
        var percent = pack?.Metrics.FirstOrDefault(metric => metric.Name == subject)?.Unit?.Contains("percent", StringComparison.OrdinalIgnoreCase) == true
            || subject.Contains("percent", StringComparison.OrdinalIgnoreCase);
        var factor = unit switch
        {
            "" or "x" => 1m,
            "%" => percent ? 1m : 0.01m,
            "k" or "K" => 1_000m,
            "M" => 1_000_000m,
            "B" => 1_000_000_000m,
            _ when unit.StartsWith("bp", StringComparison.OrdinalIgnoreCase) => 0.0001m,
            _ when unit.StartsWith('s') => 1m,
            _ when unit.StartsWith('m') => 60m,
            _ when unit.StartsWith('h') => 3_600m,
            _ when unit.StartsWith('d') => 86_400m,
            _ => 0m,
        };
        try
        {
            return factor == 0 ? null : (number * factor).ToString("0.############################", CultureInfo.InvariantCulture);
        }
        catch (OverflowException)
        {
            return null;
        }
    }

    // A mention ("the alert puts it forward by itself") starts nothing; an order does.
    private string? Leads(RunbookTableRow row, int action)
    {
        if (!Orders(row.Cells[action])) return null;
        if (row.Links.ElementAtOrDefault(action)?.FirstOrDefault(IsRunbookFile) is { } link) return Path.GetFileNameWithoutExtension(link.Split('#')[0]);
        return row.Codes.ElementAtOrDefault(action)?.FirstOrDefault(slugs.Contains);
    }

    private List<RunbookStep> Does(RunbookTableRow row, int action) =>
        [.. (action >= 0 && action < row.Codes.Count ? row.Codes[action] : []).Where(code => !slugs.Contains(code)).SelectMany(code => steps(code, row.Line, row.Cells[action]))];

    private static bool IsRunbookFile(string link) =>
        link.Split('#')[0].EndsWith(".md", StringComparison.OrdinalIgnoreCase) && !link.Contains("://", StringComparison.Ordinal);

    private static string? First(IReadOnlyList<IReadOnlyList<string>> codes, int column) => column >= 0 && column < codes.Count && codes[column] is [var first, ..] ? first : null;

    private static int Column(RunbookTable table, Regex name, params int[] not)
    {
        for (var i = 0; i < table.Header.Count; i++)
        {
            if (!not.Contains(i) && name.IsMatch(table.Header[i])) return i;
        }

        return -1;
    }

    private static string Symbol(string words) => words.ToLowerInvariant() switch
    {
        "below" or "under" or "less than" or "lower than" or "fewer than" => "<",
        "above" or "over" or "more than" or "greater than" or "exceeds" or "higher than" => ">",
        "at most" or "up to" or "no more than" => "<=",
        "at least" or "no less than" => ">=",
        _ => "==",
    };

    [GeneratedRegex(@"\b(below|under|less than|lower than|fewer than|above|over|more than|greater than|higher than|exceeds|at most|up to|no more than|at least|no less than|equals|equal to)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Words();

    [GeneratedRegex(@"(\d[\d,_]*(?:\.\d+)?\s*(?:%|[kKMB]\b)?)\s*(?:and|or)\s+(more|above|over|higher|less|below|under|lower|fewer)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Open();

    [GeneratedRegex(@"(?<op><=|>=|==|!=|<|>|=)\s*\$?(?<number>-?\d[\d,_]*(?:\.\d+)?)\s*(?<unit>%|x\b|[kKMB]\b|bps?\b|s(?:ec(?:ond)?s?)?\b|m(?:in(?:ute)?s?)?\b|h(?:(?:ou)?rs?)?\b|d(?:ays?)?\b)?")]
    private static partial Regex Limit();

    [GeneratedRegex(@"(?<from>-?\d[\d,_]*(?:\.\d+)?)\s*(?<fromUnit>%|[kKMB]\b)?\s*(?:–|—|-|\.\.|to|and)\s*(?<to>-?\d[\d,_]*(?:\.\d+)?)\s*(?<unit>%|x\b|[kKMB]\b|bps?\b|s(?:ec(?:ond)?s?)?\b|m(?:in(?:ute)?s?)?\b|h(?:(?:ou)?rs?)?\b|d(?:ays?)?\b)?")]
    private static partial Regex Range();

    [GeneratedRegex(@"\b(and|but|between|is|are|if|when|but)\b|[\s,;&:`]", RegexOptions.IgnoreCase)]
    private static partial Regex Joining();

    [GeneratedRegex(@"^\W*(otherwise|else|any other\b.*|anything else|all other\b.*|default|none of (?:the above|these)|in all other cases)\W*$", RegexOptions.IgnoreCase)]
    private static partial Regex OtherwiseWord();

    [GeneratedRegex(@"\b(metric|signal|indicator|measure(ment)?|variable|series)\b", RegexOptions.IgnoreCase)]
    private static partial Regex SubjectColumn();

    [GeneratedRegex(@"^\$\{?([A-Za-z_]\w*)\}?$")]
    private static partial Regex Variable();

    [GeneratedRegex(@"\$\{?([A-Za-z_]\w*)\}?")]
    private static partial Regex AnyVariable();

    [GeneratedRegex(@"^\W*(if|when|where|condition|the)\b\W*", RegexOptions.IgnoreCase)]
    private static partial Regex Leading();

    [GeneratedRegex(@"[^a-z0-9]+")]
    private static partial Regex NotWord();

    [GeneratedRegex(@"[A-Za-z_:][\w:]*")]
    private static partial Regex Identifier();

    [GeneratedRegex(@"[<>]=?|[!=]=")]
    private static partial Regex Compares();

    [GeneratedRegex(@"^\W*(?:(?:then|and|immediately|now|also|please)\s+)*(?:run|follow|execute|start|perform|trigger|initiate|activate|proceed (?:to|with)|continue with|go to|switch to|escalate (?:to|with)|work through|begin|launch|invoke)\b|→|->|⇒|=>|\b(?:then|and|,|to)\s+(?:run|follow|execute|start|perform)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Order();
}

/// <summary>Reads the condition of a branch.</summary>
public static class DecisionBranches
{
    /// <summary>The branch with its condition as limits or an expression, where it is one.</summary>
    public static DecisionBranch Measured(DecisionBranch branch, ProtocolPack? pack) => DecisionTable.Measured(branch, pack);
}
