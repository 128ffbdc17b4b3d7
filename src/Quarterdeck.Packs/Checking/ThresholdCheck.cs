using System.Globalization;
using System.Text.RegularExpressions;
using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Packs.Yaml;

namespace Quarterdeck.Packs.Checking;

/// <summary>
/// Finds gaps and overlaps in ladders of thresholds: tables and lists whose rows each state a band of one value. A ladder of
/// lower limits alone ("over 85 %", "over 95 %") is an escalation, in which the worse row is meant to win, and is left alone.
/// </summary>
internal static partial class ThresholdCheck
{
    /// <param name="Low">Lower limit; negative infinity where none.</param>
    /// <param name="LowIn">Whether the limit itself belongs to the band.</param>
    /// <param name="High">Upper limit.</param>
    /// <param name="HighIn">Whether it belongs.</param>
    /// <param name="Unit">Unit as written; empty where none.</param>
    /// <param name="Line">1-based line.</param>
    /// <param name="Text">As written.</param>
    internal sealed record Band(decimal? Low, bool LowIn, decimal? High, bool HighIn, string Unit, int Line, string Text)
    {
        public bool IsTwoSided => Low is not null && High is not null;
    }

    public static void Check(RunbookDocument document, FindingList findings)
    {
        foreach (var table in document.Tables)
        {
            for (var column = 0; column < Math.Min(table.Header.Count, 3); column++)
            {
                var index = column;
                var bands = table.Rows.Where(r => r.Cells.Count > index).Select(r => Parse(r.Cells[index], r.Line)).ToArray();
                if (bands.Length < 2 || bands.Any(b => b is null)) continue;
                Judge(bands!, findings);
                break;
            }
        }

        foreach (var list in Lists(document.Text)) Judge(list, findings);
    }

    private static void Judge(IReadOnlyList<Band> bands, FindingList findings)
    {
        if (bands.Count < 2 || bands.Select(b => b.Unit).Distinct().Count() > 1 || !bands.Any(b => b.IsTwoSided) && !(bands.Any(b => b.Low is null) && bands.Any(b => b.High is null))) return;
        var sorted = bands.OrderBy(b => b.Low ?? decimal.MinValue).ThenBy(b => b.High ?? decimal.MaxValue).ToArray();
        for (var i = 0; i + 1 < sorted.Length; i++)
        {
            var (lower, upper) = (sorted[i], sorted[i + 1]);
            var (end, start) = (lower.High ?? decimal.MaxValue, upper.Low ?? decimal.MinValue);
            if (end > start || end == start && lower.HighIn && upper.LowIn)
            {
                var worse = upper.Line > lower.Line ? upper : lower;
                findings.Warning(FindingCodes.LadderOverlap, new Position(worse.Line), $"'{lower.Text}' and '{upper.Text}' overlap: {Where(end, start, upper, lower)} belongs to both.",
                    "Close each band at both ends, so that every value has one row.");
            }
            else if (end < start || !lower.HighIn && !upper.LowIn)
            {
                findings.Warning(FindingCodes.LadderGap, new Position(Math.Max(lower.Line, upper.Line)), end == start
                        ? $"Exactly {Number(end)}{lower.Unit} belongs neither to '{lower.Text}' nor to '{upper.Text}'."
                        : $"Between {Number(end)}{lower.Unit} and {Number(start)}{lower.Unit} no row applies.",
                    "Say to which row it belongs; on a boundary the worse is the safe choice.");
            }
        }

        // Bands that begin at the same open end are nested: each value below the smaller belongs to both.
        static string Where(decimal end, decimal start, Band upper, Band lower) => start == decimal.MinValue
            ? $"everything below {Number(Math.Min(lower.High ?? 0, upper.High ?? 0))}{lower.Unit}"
            : end == start ? $"exactly {Number(end)}{lower.Unit}" : end == decimal.MaxValue ? $"everything above {Number(start)}{lower.Unit}" : $"{Number(start)}{lower.Unit} to {Number(Math.Min(end, upper.High ?? end))}{lower.Unit}";
    }

    private static string Number(decimal number) => number.ToString("0.############", CultureInfo.InvariantCulture);

    private static IEnumerable<IReadOnlyList<Band>> Lists(string text)
    {
        var lines = text.Split('\n');
        var current = new List<Band>();
        var fenced = false;
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].Trim();
            if (line.StartsWith("```", StringComparison.Ordinal) || line.StartsWith("~~~", StringComparison.Ordinal)) fenced = !fenced;
            if (fenced) continue;
            if (ListItem().Match(line) is { Success: true } item && Parse(Lead().Match(item.Groups[1].Value.Replace("*", "", StringComparison.Ordinal).Replace("`", "", StringComparison.Ordinal)).Value, i + 1) is { } band)
            {
                current.Add(band);
            }
            else if (line.Length > 0 && (line[0] == '#' || ListItem().IsMatch(line) && lines[i].Length > 0 && !char.IsWhiteSpace(lines[i][0])) || line.Length > 0 && !char.IsWhiteSpace(lines[i][0]) && !ListItem().IsMatch(line))
            {
                if (current.Count > 1) yield return current;
                current = [];
            }
        }

        if (current.Count > 1) yield return current;
    }

    /// <summary>The band a text states; null where it states none.</summary>
    internal static Band? Parse(string text, int line)
    {
        var plain = Spaces().Replace(text.Replace("*", "", StringComparison.Ordinal).Replace("`", "", StringComparison.Ordinal).Replace("≥", ">=", StringComparison.Ordinal).Replace("≤", "<=", StringComparison.Ordinal)
            .Replace("&lt;", "<", StringComparison.Ordinal).Replace("&gt;", ">", StringComparison.Ordinal), " ").Trim();
        if (plain.Length is 0 or > 120) return null;
        var shown = plain;
        if (DoubleSided().Match(plain) is { Success: true } d)
        {
            var (a, b) = (Decimal(d.Groups["a"].Value), Decimal(d.Groups["b"].Value));
            var down = d.Groups["op1"].Value[0] == '>';
            var (in1, in2) = (d.Groups["op1"].Value.EndsWith('='), d.Groups["op2"].Value.EndsWith('='));
            if (a is null || b is null || d.Groups["op2"].Value[0] != d.Groups["op1"].Value[0]) return null;
            return down ? new Band(b, in2, a, in1, Unit(d), line, shown) : new Band(a, in1, b, in2, Unit(d), line, shown);
        }

        if (Between().Match(plain) is { Success: true } m)
        {
            var (a, b) = (Decimal(m.Groups["a"].Value), Decimal(m.Groups["b"].Value));
            if (a is null || b is null) return null;
            var open = m.Groups["between"].Success;
            var (lowOpen, highIn) = (open || m.Groups["above"].Success, !open || m.Groups["above"].Success);
            return a <= b ? new Band(a, !lowOpen, b, highIn, Unit(m), line, shown) : new Band(b, !open, a, !open, Unit(m), line, shown);
        }

        // "at least 70 % and below 90 %": two limits, one of each side.
        if (TwoLimits().Match(plain) is { Success: true } two && Parse(two.Groups["left"].Value, line) is { IsTwoSided: false } left && Parse(two.Groups["right"].Value, line) is { IsTwoSided: false } right
            && (left.Low is null ? right : left) is { Low: { } low } above && (left.Low is null ? left : right) is { High: { } high } under && low <= high)
            return new Band(low, above.LowIn, high, under.HighIn, above.Unit.Length > 0 ? above.Unit : under.Unit, line, shown);

        if (Single().Match(plain) is { Success: true } s && Decimal(s.Groups["a"].Value) is { } limit)
        {
            var op = s.Groups["op"].Value.ToLowerInvariant();
            var isIn = op.Contains('=', StringComparison.Ordinal) || op.StartsWith("at ", StringComparison.Ordinal) || op.StartsWith("up to", StringComparison.Ordinal);
            var isLow = op.Contains('>', StringComparison.Ordinal) || op is "above" or "over" or "more than" or "at least" or "greater than" or "exceeds" or "from";
            return isLow ? new Band(limit, isIn || op == "from", null, false, Unit(s), line, shown) : new Band(null, false, limit, isIn, Unit(s), line, shown);
        }

        if (AndMore().Match(plain) is { Success: true } t && Decimal(t.Groups["a"].Value) is { } bound)
            return t.Groups["more"].Success ? new Band(bound, true, null, false, Unit(t), line, shown) : new Band(null, false, bound, true, Unit(t), line, shown);
        return null;
    }

    private static string Unit(Match match) => match.Groups["unit"].Value.Trim().ToLowerInvariant() switch { "percent" => "%", var unit => unit };

    private static decimal? Decimal(string text) =>
        decimal.TryParse(text.Replace(",", "", StringComparison.Ordinal), NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    private const string Num = @"-?\d[\d,]*(?:\.\d+)?";
    private const string UnitText = @"\s*(?<unit>%|percent|bps|ms|s|m|h|x|min|minutes|hours|seconds|blocks|usd)?(?![\w.])";

    [GeneratedRegex(@"^(?:if |when )?(?<a>" + Num + @")" + UnitText + @"\s*(?<op1><=?|>=?)\s*[A-Za-z_][\w ()/.-]{0,40}?\s*(?<op2><=?|>=?)\s*(?<b>" + Num + @")\s*(?:%|percent|\w{0,7})?(?=$|[ ,:;.)-])", RegexOptions.IgnoreCase)]
    private static partial Regex DoubleSided();

    [GeneratedRegex(@"^(?:if |when )?(?:(?!between|above|over|from)[A-Za-z_][\w ()/.-]{0,30}?\s)?(?:(?<between>between)|(?<above>above|over)|from)?\s*(?<a>" + Num + @")\s*(?:%|percent)?" + @"\s*(?:to|and|[-–—]|, ?up to)\s*(?<b>" + Num + @")" + UnitText + @"(?=\s*$|[ ,:;)-])", RegexOptions.IgnoreCase)]
    private static partial Regex Between();

    [GeneratedRegex(@"^(?:if |when )?(?:(?:the )?[A-Za-z_][\w ()/-]{0,40}?(?: is)?\s*)??(?<op><=?|>=?|above|over|more than|at least|greater than|exceeds|below|under|less than|at most|up to|from)\s*(?<a>" + Num + @")" + UnitText + @"(?=\s*$|[ ,:;.)-])", RegexOptions.IgnoreCase)]
    private static partial Regex Single();

    [GeneratedRegex(@"^(?<left>.{2,60}?\d\s*(?:%|\w{0,7}))\s*(?:,?\s+(?:and|but)\s+(?:is\s+)?|,\s*|\s+(?=[<>]))(?<right>(?:<=?|>=?|above|over|more than|at least|greater than|below|under|less than|at most|up to)\s*" + Num + @".{0,20})$", RegexOptions.IgnoreCase)]
    private static partial Regex TwoLimits();

    [GeneratedRegex(@"^(?:if |when )?(?<a>" + Num + @")" + UnitText + @"\s*(?:and|or)\s*(?:(?<more>more|above|over|higher|greater)|(?:less|below|under|lower))", RegexOptions.IgnoreCase)]
    private static partial Regex AndMore();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"^(?:[-*+]|\d+[.)])\s+(?:\[[ xX]\]\s*)?(.+)$")]
    private static partial Regex ListItem();

    [GeneratedRegex(@"^[^:→]{1,80}?(?=\s*(?::|→|->|=>|—| - |, (?:then )?[a-z]|$))")]
    private static partial Regex Lead();
}
