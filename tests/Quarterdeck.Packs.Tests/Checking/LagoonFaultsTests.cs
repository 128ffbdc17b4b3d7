using System.Text;
using System.Text.RegularExpressions;
using Quarterdeck.Packs.Checking;
using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Primitives.Findings;

namespace Quarterdeck.Packs.Tests.Checking;

/// <summary>Three runbooks in other house styles over other contracts, with faults that were written down before they were looked for.</summary>
public sealed partial class LagoonFaultsTests(DeployedLagoon chain) : IClassFixture<DeployedLagoon>
{
    private async Task<IReadOnlyList<Finding>> Check(string markdown, Func<CheckScope, CheckScope>? change = null)
    {
        await using var chains = await LiveChains.Open([("", null, chain.Endpoint)], CancellationToken.None);
        var document = RunbookParser.Parse("r.md", Encoding.UTF8.GetBytes(markdown));
        var scope = await LooseScope.Bind(LooseScope.Abis(DeployedLagoon.Artifacts), chain.Variables, chains, null, document, CancellationToken.None);
        scope = scope with { Runbooks = document.Runbooks, Folder = DeployedLagoon.Folder };
        return await new LiveChecker(chains, change?.Invoke(scope) ?? scope).Check(document, CancellationToken.None);
    }

    [Theory]
    [InlineData("shareprice.md")]
    [InlineData("weekly.md")]
    [InlineData("sheet.md")]
    public async Task Each_planted_fault_is_found_on_its_line_and_nothing_else_is_an_error(string name)
    {
        var markdown = File.ReadAllText(Path.Combine(DeployedLagoon.Folder, name));
        var found = await Check(Planted().Replace(markdown, ""));
        var lines = markdown.Split('\n');
        for (var line = 1; line <= lines.Length; line++)
        {
            var here = found.Where(f => f.Line == line).ToArray();
            var said = $"line {line}, {lines[line - 1]}: {string.Join("; ", here.AsEnumerable())}";
            if (Planted().Match(lines[line - 1]) is { Success: true } planted)
                Assert.True(here.Any(f => f.Code == planted.Groups[1].Value && f.Severity != FindingSeverity.Note && f.Remedy.Length > 10), said);
            else Assert.True(here.All(f => f.Severity != FindingSeverity.Error), said);
        }
    }

    [Fact]
    public async Task One_transaction_that_cannot_be_paid_for_does_not_hide_what_the_others_do()
    {
        var found = await Check("# R\n\n```bash\ncast send $ROUTER \"sendMessage(uint32,address)\" 2 $INTERN --value 1ether --from $SAFE\ncast send $LAGOON_VAULT \"grantRole(bytes32,address)\" $(cast keccak \"lagoon.curator\") $INTERN --from $DEPLOYER\ncast send $LAGOON_VAULT \"setDepositCap(uint256)\" 9000000000000 --from $INTERN\n```\n");
        var error = Assert.Single(found, f => f.Severity == FindingSeverity.Error);
        Assert.Equal(("QD5001", 4), (error.Code, error.Line));
    }

    [Fact]
    public async Task What_another_procedure_makes_valid_is_no_error()
    {
        const string End = "# End\n\n```bash\ncast send $ENGINE \"uncage()\" --from $DEPLOYER\n```\n";
        Assert.Contains(await Check("# Ops\n\n## Other\n\n```bash\ncast call $ENGINE \"live()(uint256)\"\n```\n\n" + End), f => f.Severity == FindingSeverity.Error);
        Assert.DoesNotContain(await Check("# Ops\n\n## Begin\n\n```bash\ncast send $ENGINE \"cage()\" --from $DEPLOYER\n```\n\n#" + End), f => f.Severity == FindingSeverity.Error);
    }

    [Theory]
    [InlineData("| If | Then |\n|---|---|\n| ratio < 1 | `cast send $ENGINE \"cage()\" --from $INTERN` |\n", 5, "QD5002")]
    [InlineData("```bash\nif [ -f x ]; then\n  cast send $ENGINE \"cage()\" --from $INTERN\nfi\n```\n", 5, "QD5002")]
    [InlineData("```bash\ncase \"$1\" in\n  stop) cast send $ENGINE \"cage()\" --from $INTERN ;;\nesac\n```\n", 5, "QD5002")]
    [InlineData("```bash\ncast call $ENGINE \"live()(uint256)\" || { cast call $ENGINE \"dead()(uint256)\"; exit 1; }\n```\n", 4, "QD4002")]
    public async Task What_is_done_only_in_some_case_is_checked_too(string block, int line, string code) =>
        Assert.Contains(await Check("# R\n\n" + block), f => f.Line == line && f.Code == code && f.Severity == FindingSeverity.Error);

    [Theory]
    [InlineData("docker compose restrat keeper", FindingSeverity.Error)]
    [InlineData("systemctl restrt keeper", FindingSeverity.Error)]
    [InlineData("cast sned $ENGINE \"cage()\"", FindingSeverity.Error)]
    [InlineData("kubectl restart deployment keeper", FindingSeverity.Error)]
    [InlineData("kubectl rolout restart deployment/keeper", FindingSeverity.Error)]
    [InlineData("kubectl somebodys-plugin keeper", FindingSeverity.Warning)]
    [InlineData("docker frobnicate keeper", FindingSeverity.Warning)]
    public async Task A_mistyped_verb_is_an_error_and_an_unknown_one_a_warning(string command, FindingSeverity severity) =>
        Assert.Contains(await Check($"# R\n\n```bash\n{command}\n```\n"), f => f.Code == "QD4021" && f.Severity == severity);

    [Theory]
    [InlineData("oc adm cordon node-1")]
    [InlineData("oc rsh -c etcdctl etcd-0")]
    [InlineData("docker scout cves image")]
    [InlineData("systemctl --user daemon-reload")]
    [InlineData("docker compose -f a.yml up -d --force-recreate")]
    [InlineData("docker container ls")]
    public async Task Verbs_that_are_there_are_not_told(string command) =>
        Assert.DoesNotContain(await Check($"# R\n\n```bash\n{command}\n```\n"), f => f.Code == "QD4021");

    [Fact]
    public async Task Ether_that_is_read_from_the_chain_is_not_taken_for_none_and_what_is_no_amount_is_told()
    {
        var found = await Check("# R\n\n```bash\ncast send $ROUTER \"sendMessage(uint32,address)\" 1 $INTERN --value $(cast call $ROUTER \"quote(uint32)(uint256)\" 1) --from $DEPLOYER\ncast send $ROUTER \"sendMessage(uint32,address)\" 1 $INTERN --value plenty --from $DEPLOYER\n```\n");
        var error = Assert.Single(found, f => f is { Severity: FindingSeverity.Error, Code: "QD4004" });
        Assert.Equal(5, error.Line);
        Assert.DoesNotContain(found, f => f.Line == 4 && f.Severity == FindingSeverity.Error);
    }

    [Fact]
    public async Task What_looks_odd_and_is_right_is_no_error()
    {
        var found = await Check(File.ReadAllText(Path.Combine(DeployedLagoon.Folder, "odd-but-right.md")));
        Assert.DoesNotContain(found, f => f.Severity == FindingSeverity.Error);
    }

    [Theory]
    [InlineData("VAULT=0x5FbDB2315678afecb367f032d93F642f64180aa3\n")]
    [InlineData("# production\r\nexport VAULT='0x5FbDB2315678afecb367f032d93F642f64180aa3'; # the vault\r\n")]
    [InlineData("BASE=0x5FbDB2315678afecb367f032d93F642f64180aa3\nexport VAULT=\"${BASE}\"  # comment\n")]
    [InlineData("VAULT: 0x5FbDB2315678afecb367f032d93F642f64180aa3\n")]
    [InlineData("{ \"network\": \"x\", \"contracts\": { \"VAULT\": \"0x5FbDB2315678afecb367f032d93F642f64180aa3\" } }")]
    [InlineData("{ \"deployments\": { \"mainnet\": { \"Vault\": { \"address\": \"0x5FbDB2315678afecb367f032d93F642f64180aa3\", \"block\": 5 } } } }")]
    public void Variables_are_read_from_files_of_several_shapes(string text)
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, text);
        var variables = LooseScope.Variables(file);
        File.Delete(file);
        Assert.Equal("0x5FbDB2315678afecb367f032d93F642f64180aa3", variables["VAULT"]);
    }

    [GeneratedRegex(@" ## (QD\d{4})")]
    private static partial Regex Planted();
}
