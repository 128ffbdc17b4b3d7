using Quarterdeck.Packs.Environments;
using Quarterdeck.Primitives.Findings;

namespace Quarterdeck.Packs.Tests.Environments;

public sealed class EnvironmentLoaderTests
{
    private const string Token = "0x5FbDB2315678afecb367f032d93F642f64180aa3";

    private static readonly Dictionary<string, string> Process = new()
    {
        ["RPC"] = "http://127.0.0.1:8545",
        ["STATE"] = "/var/lib/demo",
        ["RELAY"] = "http://127.0.0.1:9",
    };

    private const string Devnet = """
        name: devnet
        kind: devnet
        chains: { ethereum: { id: "eip155:31337", endpoints: ["${RPC}"], blockTime: 1s, confirmations: 1 } }
        deployment: deployment.json
        accounts:
          deployer: { keystore: "${STATE}/keys/deployer.json", password: "file:${STATE}/keys/password" }
        operators:
          - { name: alice, roles: [operator, approver], wallet: "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266" }
        variables: { COLLATERAL: "${contract:Token}", RELAY_URL: "${env:RELAY}", JWT: { secret: "env:DEMO_JWT" } }
        """;

    private static EnvironmentLoadResult Load(TemporaryPack files, string text)
    {
        files.Write("environments/devnet.yaml", text);
        return EnvironmentLoader.Load(files.LoadedPack(), "devnet", name => Process.GetValueOrDefault(name));
    }

    [Theory]
    [InlineData("driver: process, control: \"${STATE}/control\"", null)]
    [InlineData("driver: kubernetes, target: deployment/relay", "on a devnet")]
    [InlineData("driver: process", "no 'control'")]
    [InlineData("driver: process, control: c, verbs: [restart, undo]", "'undo', which its driver has not")]
    [InlineData("driver: process, control: c, target: \"--all\"", "'target'")]
    public void A_service_is_bound_to_a_driver_that_the_environment_may_have(string binding, string? refused)
    {
        using var files = new TemporaryPack().Write("environments/deployment.json", $$"""{"contracts":{"Token":"{{Token}}"},"block":7}""");
        var loaded = Load(files, Devnet + $"\nservices:\n  relay: {{ {binding} }}");
        if (refused is null) Assert.Equal("/var/lib/demo/control", loaded.Environment!.Services["relay"].Control);
        else Assert.Contains(loaded.Findings, finding => finding.ToString().Contains(refused, StringComparison.Ordinal));
    }

    [Fact]
    public void An_environment_binds_names_variables_and_addresses_to_one_contract()
    {
        using var files = new TemporaryPack().Write("environments/deployment.json", $$"""{"contracts":{"Token":"{{Token}}"},"block":7}""");
        var loaded = Load(files, Devnet);
        Assert.True(loaded.Environment is not null, string.Join("\n", loaded.Findings));
        var bound = BoundPack.Bind(files.LoadedPack(), loaded.Environment).Pack!;

        Assert.Equal(7ul, loaded.Environment.DeploymentBlock);
        foreach (var text in new[] { "Token", "$TOKEN", "${TOKEN}", "$COLLATERAL", Token })
            Assert.Equal(Token, bound.Contract(text)!.Address.ToString());
        Assert.Equal($"http://127.0.0.1:9/health of {Token} for $NOBODY and $JWT",
            bound.Expand("$RELAY_URL/health of ${TOKEN} for $NOBODY and $JWT").Text);
        Assert.Equal(["NOBODY", "JWT"], bound.Expand("$NOBODY $JWT").Unresolved);
        Assert.True(bound.IsSecret("JWT"));
    }

    [Fact]
    public async Task A_secret_is_read_when_asked_and_never_shown()
    {
        using var files = new TemporaryPack().Write("environments/deployment.json", $$$"""{"contracts":{"Token":"{{{Token}}}"}}""");
        var environment = Load(files, Devnet).Environment!;
        var secret = environment.Secrets["JWT"];
        Assert.Equal("s3cret", await secret.Read(n => n == "DEMO_JWT" ? "s3cret" : null, CancellationToken.None));
        Assert.Equal("[secret from environment]", secret.ToString());
        Assert.DoesNotContain("/var/lib/demo/keys/password", environment.Accounts["deployer"].Signer.ToString()!, StringComparison.Ordinal);
        var missing = await Assert.ThrowsAsync<InvalidOperationException>(() => secret.Read(_ => null, CancellationToken.None));
        Assert.Contains("DEMO_JWT is not set", missing.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("password: hunter2", "QD1011")]
    [InlineData("password: \"env:bad name\"", "QD1006")]
    public void A_secret_written_out_is_refused_and_not_repeated(string password, string code)
    {
        using var files = new TemporaryPack();
        var result = Load(files, $"kind: devnet\naccounts:\n  a: {{ keystore: k.json, {password} }}");
        var error = Assert.Single(result.Findings, f => f.Severity == FindingSeverity.Error);
        Assert.Equal(code, error.Code);
        Assert.DoesNotContain("hunter2", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("chains: { ethereum: { id: mainnet, endpoints: [\"http://x\"] } }", "QD1006", "eip155:1")]
    [InlineData("chains: { ethereum: { id: \"eip155:1\", endpoints: [\"${NOT_SET}\"] } }", "QD1012", "NOT_SET")]
    [InlineData("contracts: { Token: \"0x5FbDB2315678afecb367f032d93F642f64180aA3\" }", "QD1013", "checksum")]
    [InlineData("deployment: ../../secrets.json", "QD1007", "beside")]
    [InlineData("kind2: x", "QD1004", "kind")]
    public void A_mistake_in_an_environment_names_its_line_and_remedy(string part, string code, string remedy)
    {
        using var files = new TemporaryPack();
        var error = Assert.Single(Load(files, $"kind: devnet\n{part}").Findings, f => f.Severity == FindingSeverity.Error);
        Assert.Equal((code, 2), (error.Code, error.Line));
        Assert.Contains(remedy, error.Message + error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Operators_in_a_production_file_are_refused()
    {
        using var files = new TemporaryPack();
        var result = Load(files, "kind: production\noperators: [ { name: mallory, roles: [admin], wallet: \"0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266\" } ]");
        Assert.Null(result.Environment);
    }

    [Fact]
    public void A_contract_without_address_and_a_chain_without_endpoint_stop_the_binding()
    {
        using var files = new TemporaryPack();
        var environment = Load(files, "kind: devnet").Environment!;
        var bound = BoundPack.Bind(files.LoadedPack(), environment);
        Assert.Null(bound.Pack);
        Assert.Equal(["QD1017", "QD1014"], bound.Findings.Select(f => f.Code));
    }

    [Fact]
    public void A_secret_reference_is_only_ever_a_place()
    {
        Assert.Null(SecretReference.Parse("hunter2"));
        Assert.Equal(SecretKind.File, SecretReference.Parse("file:/run/secrets/x")!.Kind);
    }
}
