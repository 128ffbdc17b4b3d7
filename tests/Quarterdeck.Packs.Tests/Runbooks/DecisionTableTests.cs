using System.Text;
using Quarterdeck.Packs.Runbooks;

namespace Quarterdeck.Packs.Tests.Runbooks;

/// <summary>Tables of conditions and actions, as the engine will judge them.</summary>
public sealed class DecisionTableTests
{
    private static IReadOnlyList<DecisionBranch> Branches(string table)
    {
        var document = RunbookParser.Parse("runbook.md", Encoding.UTF8.GetBytes($"---\ntitle: T\nseverity: warning\n---\n\n# T\n\n{table}\n"));
        return Assert.Single(document.Runbooks[0].Steps.OfType<DecisionStep>()).Branches;
    }

    private static string Said(DecisionBranch branch) => branch.Otherwise ? "otherwise" : branch.Expression ?? $"prose: {branch.Condition}";

    [Theory]
    [InlineData("< 0.95", "$RATIO < 0.95")]
    [InlineData("below 95%", "$RATIO < 0.95")]
    [InlineData("≥ 1,000", "$RATIO >= 1000")]
    [InlineData("at least 2.5M", "$RATIO >= 2500000")]
    [InlineData("90% – 95 %", "$RATIO >= 0.9 <= 0.95")]
    [InlineData("between 0.90 and 0.95", "$RATIO >= 0.9 <= 0.95")]
    [InlineData("> 0.90 and < 0.95", "$RATIO > 0.9 < 0.95")]
    [InlineData("more than 10 minutes", "$RATIO > 600")]
    [InlineData("$OTHER > 3", "$OTHER > 3")]
    [InlineData("99 % and more", "$RATIO >= 0.99")]
    [InlineData("90 % or less", "$RATIO <= 0.9")]
    [InlineData("above 90 %, up to 95 %", "$RATIO > 0.9 <= 0.95")]
    [InlineData("otherwise", "otherwise")]
    [InlineData("the oracle looks wrong", "prose: the oracle looks wrong")]
    [InlineData("more than 3 of the validators disagree", "prose: more than 3 of the validators disagree")]
    public void A_condition_is_limits_of_what_the_column_measures_or_stays_prose(string cell, string said) =>
        Assert.Equal(said, Said(Assert.Single(Branches($"| If $RATIO | Then |\n| --- | --- |\n| {cell} | act |"))).Replace("0.90", "0.9", StringComparison.Ordinal));

    [Fact]
    public void A_link_in_an_action_is_the_runbook_it_leads_to()
    {
        var branches = Branches("| If $X | Then |\n| --- | --- |\n| > 1 | run [the pause](emergency-pause.md) |\n| > 0 | [the pause](emergency-pause.md) may come |\n| <= 0 | continue |");
        Assert.Equal(["emergency-pause", null, null], branches.Select(branch => branch.Runbook));
    }

    [Fact]
    public void Inline_code_in_an_action_is_its_steps()
    {
        var branch = Branches("| If $X | Then |\n| --- | --- |\n| > 1 | `cast send $TOKEN \"pause()\"` |")[0];
        Assert.Equal("pause()", Assert.IsType<SendStep>(Assert.Single(branch.Steps)).Function);
    }

    [Theory]
    [InlineData("Run [the pause](halt.md).", true)]
    [InlineData("Follow [the pause](halt.md) at once.", true)]
    [InlineData("→ [the pause](halt.md)", true)]
    [InlineData("Background is in [the pause](halt.md).", false)]
    [InlineData("See [the pause](halt.md) for reasons.", false)]
    public void A_link_is_ordered_or_mentioned(string sentence, bool ordered)
    {
        var document = RunbookParser.Parse("runbook.md", Encoding.UTF8.GetBytes($"---\ntitle: T\nseverity: warning\n---\n\n# T\n\n1. {sentence}\n"));
        Assert.Equal(ordered, Assert.IsType<LinkStep>(document.Runbooks[0].Steps[0]).Ordered);
    }

    [Theory]
    [InlineData("run halt", "halt")]
    [InlineData("run `halt`", "halt")]
    [InlineData("run [the pause](halt.md)", "halt")]
    public void On_failure_names_a_runbook(string value, string slug)
    {
        var document = RunbookParser.Parse("runbook.md", Encoding.UTF8.GetBytes(
            $"---\ntitle: T\nseverity: warning\n---\n\n# T\n\n```bash\ncast block-number\n```\n\n> on failure: {value}\n"));
        Assert.Empty(document.Findings);
        Assert.Equal(slug, document.Runbooks[0].Steps[0].FailureRunbook);
    }
}
