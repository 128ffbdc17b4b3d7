using System.Text.RegularExpressions;
using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Packs.Yaml;

namespace Quarterdeck.Packs.Checking;

/// <summary>Finds rows of contact tables that give no way to reach anybody.</summary>
internal static partial class ContactCheck
{
    public static void Check(RunbookDocument document, FindingList findings)
    {
        foreach (var table in document.Tables)
        {
            var channels = table.Header.Select((h, i) => (h, i)).Where(c => c.i > 0 && ChannelColumn().IsMatch(c.h)).Select(c => c.i).ToArray();
            if (channels.Length == 0 || !(ContactHeading().IsMatch(table.Heading) || WhoColumn().IsMatch(table.Header[0]))) continue;
            foreach (var row in table.Rows)
            {
                if (row.Cells.Count == 0 || row.Cells[0].Trim().Length == 0) continue;
                if (channels.Any(c => c < row.Cells.Count && Reaches(row.Cells[c]))) continue;
                findings.Warning(FindingCodes.ContactWithoutChannel, new Position(row.Line), $"'{row.Cells[0]}' cannot be reached: {string.Join(", ", channels.Select(c => table.Header[c]))} is empty.",
                    "Write a telephone number, a channel, an address or a paging policy.");
            }
        }
    }

    private static bool Reaches(string cell)
    {
        var text = cell.Trim().Trim('`', '*', '_');
        return text.Length > 1 && !Empty().IsMatch(text);
    }

    [GeneratedRegex(@"phone|tel\b|slack|e-?mail|channel|pager|contact|discord|telegram|signal|mobile|escalation policy|handle|reach|opsgenie", RegexOptions.IgnoreCase)]
    private static partial Regex ChannelColumn();

    [GeneratedRegex(@"contact|on-?call|escalat|who to call|people|team", RegexOptions.IgnoreCase)]
    private static partial Regex ContactHeading();

    [GeneratedRegex(@"^(who|name|role|person|team|contact|on-?call|responsible|owner)\b", RegexOptions.IgnoreCase)]
    private static partial Regex WhoColumn();

    [GeneratedRegex(@"^(?:tbd|tba|n/?a|none|to\s?do|\?+|-+|–|—|\.+|…|<[^>]*>|\[[^\]]*\]|xxx.*|unknown|fill.*|to be .*)$", RegexOptions.IgnoreCase)]
    private static partial Regex Empty();
}
