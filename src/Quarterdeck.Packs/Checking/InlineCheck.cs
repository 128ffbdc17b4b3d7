using System.Text.RegularExpressions;
using Markdig.Syntax;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Packs.Yaml;

namespace Quarterdeck.Packs.Checking;

/// <summary>
/// Holds calls that sentences name in inline code, such as <c>Vault.freeze()</c>, against the ABIs: what a person is told to call
/// must be there.
/// </summary>
internal static partial class InlineCheck
{
    // A paragraph for people; what is longer was not written for them, and would take long.
    private const int LongestSentence = 4_000;

    public static void Check(RunbookDocument document, CheckScope scope, FindingList findings)
    {
        CheckContract[] contracts = [.. scope.Contracts.Where(c => c.Abi is { Functions.Count: > 0 })];
        if (contracts.Length == 0) return;
        Section root;
        try
        {
            root = MarkdownOutline.Read(document.Text);
        }
        catch (ArgumentException)
        {
            return; // too deeply nested: reported where the file is read
        }

        var lines = document.Text.Split('\n');
        foreach (var leaf in root.SelfAndBelow.SelectMany(s => s.Blocks).SelectMany(Leaves))
        {
            var sentence = MarkdownOutline.Text(leaf.Inline);
            if (sentence.Length > LongestSentence) continue;
            foreach (var code in MarkdownOutline.Codes(leaf.Inline).Distinct(StringComparer.Ordinal))
            {
                if (code.Length > 200 || Call().Match(code.Trim()) is not { Success: true } call || call.Groups["name"].Value is "constructor" or "receive" or "fallback") continue;
                Judge(code, call, sentence, LineOf(lines, leaf, code), contracts, findings);
            }
        }
    }

    private static void Judge(string code, Match call, string sentence, int line, CheckContract[] contracts, FindingList findings)
    {
        var (owner, name) = (call.Groups["owner"].Value, call.Groups["name"].Value);
        var mentioned = owner.Length > 0 ? contracts.Where(c => Means(c, owner)).ToArray() : contracts.Where(c => c.Name.Length > 3 && Mentions(sentence, c)).ToArray();
        if (mentioned.Length == 0 || mentioned.Any(c => Has(c, name))) return;
        // Without its owner the function may be of a contract that the sentence does not name.
        if (owner.Length == 0 && (mentioned.Length > 1 || contracts.Any(c => Has(c, name)))) return;
        var contract = mentioned[0];
        if (contract.Forwards && contracts.Any(c => Has(c, name))) return;
        var at = new Position(line);
        var message = $"{contract.Name} has no function '{name}', which '{code}' is to call.";
        var remedy = NearestName.Suggest(name, contract.Abi!.Functions.Select(f => f.Name), "Name a function of its ABI.");
        if (owner.Length > 0) findings.Error(FindingCodes.FunctionUnknown, at, message, remedy);
        else findings.Warning(FindingCodes.FunctionUnknown, at, message, remedy);
    }

    private static bool Has(CheckContract contract, string name) =>
        contract.Abi!.Functions.Any(f => f.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) || contract.Abi.Events.Any(e => e.Name == name) || contract.Abi.Errors.Any(e => e.Name == name)
        || contract.Code is { Length: > 0 } code && DeployedCode.Has(code, AbiFunction.Parse(name + "()").Selector);

    private static bool Means(CheckContract contract, string owner) =>
        Plain(contract.Name) == Plain(owner) || contract.Definition?.Variables.Any(v => Plain(v) == Plain(owner)) == true;

    private static bool Mentions(string sentence, CheckContract contract) =>
        Regex.IsMatch(sentence, $@"(?<![\w.]){Regex.Escape(contract.Name)}(?!\w)", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));

    private static string Plain(string name) => name.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();

    private static IEnumerable<LeafBlock> Leaves(Block block) => block switch
    {
        ParagraphBlock paragraph => [paragraph],
        ContainerBlock container => container.Descendants<ParagraphBlock>(),
        _ => [],
    };

    private static int LineOf(string[] lines, LeafBlock leaf, string code)
    {
        for (var i = leaf.Line; i < Math.Min(lines.Length, leaf.Line + 10); i++)
        {
            if (lines[i].Contains(code, StringComparison.Ordinal)) return i + 1;
        }

        return leaf.Line + 1;
    }

    [GeneratedRegex(@"^(?:\$?\{?(?<owner>[A-Za-z][\w-]*)\}?(?:\.|::))?(?<name>[A-Za-z]\w{2,60})\([^()]*(?:\([^()]*\)[^()]*)*\);?$")]
    private static partial Regex Call();
}
