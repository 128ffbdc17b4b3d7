using Quarterdeck.Packs.Alerts;
using Quarterdeck.Packs.Checking;
using Quarterdeck.Primitives.Findings;

namespace Quarterdeck.Packs.Tests.Manifest;

public sealed class OwnPacksTests
{
    [Theory]
    [InlineData("coinscious")]
    [InlineData("conxian")]
    [InlineData("musd")]
    [InlineData("paco")]
    [InlineData("vagus")]
    public void Every_pack_is_without_errors_and_warnings_and_has_a_runbook_for_each_alert(string name)
    {
        var result = PackLoader.Load(Path.Combine(Repository.Root, "protocols", name));
        Assert.NotNull(result.Pack);
        var scope = CheckScope.Of(result.Pack, null);
        var found = result.Findings.Concat(RunbookChecker.CheckPack(result.Pack)).Concat(result.Pack.RunbookDocuments.SelectMany(d => RunbookChecker.Check(d, scope)));
        Assert.DoesNotContain(found, f => f.Severity != FindingSeverity.Note);
        var answered = result.Pack.Runbooks.SelectMany(r => r.Alerts).ToHashSet();
        Assert.All(result.Pack.Rules.SelectMany(f => f.Groups).SelectMany(g => g.Rules).OfType<AlertingRule>(), rule => Assert.Contains(rule.Name, answered));
    }

    [Fact]
    public void The_mUSD_pack_loads_without_an_error()
    {
        var result = PackLoader.Load(Path.Combine(Repository.Root, "protocols", "musd"));
        Assert.True(result.Pack is not null, string.Join("\n", result.Findings));
        Assert.Equal(["BorrowModule", "SMUSD", "DirectMintV2", "BLEBridgeV9"], result.Pack.Contracts.Keys.Take(4));
    }
}
