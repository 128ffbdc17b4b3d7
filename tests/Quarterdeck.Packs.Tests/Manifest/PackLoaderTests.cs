using Quarterdeck.Packs.Manifest;
using Quarterdeck.Primitives.Findings;

namespace Quarterdeck.Packs.Tests.Manifest;

public sealed class PackLoaderTests
{
    [Fact]
    public void A_pack_loads_with_contracts_services_metrics_policies_and_faults()
    {
        using var files = new TemporaryPack().Write("metrics.yaml", """
            metrics:
              supply: { help: Supply, unit: token, call: "Token.totalSupply()(uint256)", decimals: 18 }
              paused: { help: Paused, call: "${contract}.paused()(bool)", each: [ { contract: Token } ] }
              transfers_total: { help: Transfers, events: Token.Transfer, sum: value, decimals: 18 }
              up: { help: Up, probe: relay, labels: { job: relay } }
              ratio: { help: Ratio, formula: "supply / 2" }
            """).Write("index.yaml", """
            tables:
              transfers: { event: Token.Transfer, columns: { sender: from, amount: { from: value, decimals: 18 } } }
            """).Write("policies.yaml", """
            policies:
              fast: { approvals: 2, roles: [approver], requesterCounts: false, expires: 30m }
            classes: { pause: fast }
            propose: [stop]
            """).Write("faults.yaml", """
            faults:
              boom: { alert: Boom, runbook: stop, contained: [Token], steps: [ { send: "Token.setSupplyCap(uint256)", args: ["1"], as: deployer }, { stop: relay }, { warp: 2h }, { rpc: anvil_setBalance, params: ["@Token", "0x1"] } ] }
            """).Write("runbooks/stop.md", "---\nseverity: critical\n---\n# Stop\n");

        var pack = files.LoadedPack();

        Assert.Equal("PAUSER_ROLE", pack.Contracts["Token"].Pause!.Role);
        Assert.Same(pack.Contracts["Token"], pack.FindContract("$TOKEN"));
        var source = Assert.IsType<CallSource>(pack.Metrics[0].Series[0].Source);
        Assert.Equal(("Token", "totalSupply()(uint256)", 18), (source.Contract, source.Function, source.Decimals));
        Assert.Equal("Token", pack.Metrics[1].Series[0].Labels["contract"]);
        Assert.Equal("paused()(bool)", ((CallSource)pack.Metrics[1].Series[0].Source).Function);
        Assert.Equal(MetricType.Counter, pack.Metrics[2].Type);
        Assert.Equal(18, pack.Index[0].Columns[1].Decimals);
        Assert.Equal(2, pack.Policies.For(ActionClass.Pause).Approvals);
        Assert.Same(ApprovalPolicy.Strict, pack.Policies.For(ActionClass.Funds));
        Assert.Equal(TimeSpan.FromHours(2), ((FaultWarp)pack.Faults[0].Steps[2]).By);
    }

    [Fact]
    public void A_metric_of_the_protocols_own_exporter_has_labels_and_no_source()
    {
        using var files = new TemporaryPack().Write("metrics.yaml", """
            metrics:
              dwell_seconds: { help: Dwell, unit: seconds, type: histogram, external: true, labels: [state, chain] }
              holders: { help: Holders, unit: holders, http: "${URL}/h", path: "$.${_field}.count", each: [ { basis: all, _field: total } ] }
            """);

        var metrics = files.LoadedPack().Metrics;

        Assert.True(metrics[0].External);
        Assert.Equal((MetricType.Histogram, 0), (metrics[0].Type, metrics[0].Series.Count));
        Assert.Equal(["state", "chain"], metrics[0].LabelNames);
        Assert.Equal("$.total.count", Assert.IsType<HttpSource>(metrics[1].Series[0].Source).Path);
        Assert.Equal(["basis"], metrics[1].LabelNames);
        Assert.False(metrics[1].External);
    }

    [Theory]
    [InlineData("m: { help: M, external: true, call: \"Token.totalSupply()(uint256)\" }", "QD1006", "Keep one")]
    [InlineData("m: { help: M, external: true, labels: [9x] }", "QD1006", "letters, digits and underscores")]
    [InlineData("m: { help: M, type: histogram, probe: relay }", "QD1006", "external: true")]
    [InlineData("m: { help: M }", "QD1005", "external: true")]
    public void A_metric_is_read_by_Quarterdeck_or_served_by_an_exporter(string metric, string code, string remedy)
    {
        using var files = new TemporaryPack().Write("metrics.yaml", $"metrics:\n  {metric}\n");
        var error = files.SingleError();
        Assert.Equal(code, error.Code);
        Assert.Contains(remedy, error.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("contracts:\n  T: { chain: ethereum, abbi: abis/Token.json, abi: abis/Token.json }", "QD1004", "'abi'", 4)]
    [InlineData("contracts:\n  T: { chain: etherium, abi: abis/Token.json }", "QD1009", "'ethereum'", 4)]
    [InlineData("contracts:\n  T: { chain: ethereum, abi: ../outside.json }", "QD1007", "abis folder", 4)]
    [InlineData("contracts:\n  T: { chain: ethereum, abi: /etc/passwd }", "QD1007", "relative path", 4)]
    [InlineData("contracts:\n  T: { chain: ethereum, abi: abis/None.json }", "QD1001", "forge inspect", 4)]
    [InlineData("contracts:\n  T: { chain: ethereum, abi: abis/Token.json, pause: { call: \"pausee()\", state: \"paused()(bool)\" } }", "QD1010", "'pause'", 4)]
    [InlineData("contracts:\n  T: { chain: ethereum, abi: abis/Token.json, pause: { call: \"pause(bool)\", state: \"paused()(bool)\" } }", "QD1010", "'pause()'", 4)]
    [InlineData("services:\n  s: { probe: { http: x, timeout: soon } }", "QD1006", "30m", 4)]
    public void A_mistake_in_the_manifest_names_its_line_and_remedy(string part, string code, string remedy, int line)
    {
        using var files = new TemporaryPack($"name: demo\nchains: {{ ethereum: {{ family: evm }} }}\n{part}");
        var error = files.SingleError();
        Assert.Equal((code, line, "protocol.yaml"), (error.Code, error.Line, error.File));
        Assert.Contains(remedy, error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_that_leads_out_of_the_pack_is_refused()
    {
        using var files = new TemporaryPack("name: demo\nchains: { e: { family: evm } }\ncontracts:\n  T: { chain: e, abi: abis/Link.json }");
        var outside = Path.GetTempFileName();
        File.WriteAllText(outside, TemporaryPack.TokenAbi);
        File.CreateSymbolicLink(Path.Combine(files.Root, "abis/Link.json"), outside);
        Assert.Equal("QD1007", files.SingleError().Code);
        File.Delete(outside);
    }

    [Fact]
    public void A_yaml_bomb_is_refused_before_it_is_expanded()
    {
        var bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + string.Join("\n", "bcdefgh".Select((c, i) =>
            $"{c}: &{c} [{string.Join(",", Enumerable.Repeat($"*{(char)('a' + i)}", 9))}]"));
        using var files = new TemporaryPack(bomb);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        Assert.Equal("QD1003", files.SingleError().Code);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), "The reader must not expand the aliases.");
    }

    [Theory]
    [InlineData("name: [", "QD1002")]
    [InlineData("name: demo\nname: demo", "QD1002")]
    [InlineData("- a\n- b", "QD1002")]
    [InlineData("name: demo\n---\nname: other", "QD1002")]
    [InlineData("a: *missing", "QD1002")]
    public void Malformed_yaml_is_one_finding(string text, string code)
    {
        using var files = new TemporaryPack(text);
        Assert.Equal(code, files.SingleError().Code);
    }

    [Fact]
    public void Deep_nesting_is_refused_without_exhausting_the_stack()
    {
        using var files = new TemporaryPack("a: " + new string('[', 100_000));
        Assert.Equal("QD1003", files.SingleError().Code);
    }

    [Fact]
    public void A_broken_pack_does_not_stop_another()
    {
        using var broken = new TemporaryPack("name: {");
        using var good = new TemporaryPack();
        var results = PackLoader.LoadAll([broken.Root, good.Root, "/no/such/folder"]);
        Assert.Null(results[0].Pack);
        Assert.Equal("demo", results[1].Pack!.Name);
        Assert.Equal("QD1001", Assert.Single(results[2].Findings).Code);
    }

    [Fact]
    public void Two_packs_of_one_name_are_refused_but_the_first_stays()
    {
        using var first = new TemporaryPack();
        using var second = new TemporaryPack();
        var results = PackLoader.LoadAll([first.Root, second.Root]);
        Assert.NotNull(results[0].Pack);
        Assert.Null(results[1].Pack);
        Assert.Contains(results[1].Findings, f => f is { Code: "QD1016", Severity: FindingSeverity.Error });
    }

    [Theory]
    [InlineData("metrics.yaml", "metrics:\n  m: { call: \"Token.totalSuply()(uint256)\" }", "QD1010", "'totalSupply'")]
    [InlineData("metrics.yaml", "metrics:\n  m: { call: \"Tokn.totalSupply()(uint256)\" }", "QD1009", "'Token'")]
    [InlineData("metrics.yaml", "metrics:\n  m: { help: nothing }", "QD1005", "exactly one")]
    [InlineData("metrics.yaml", "metrics:\n  m: { events: Token.Transfr }", "QD1010", "'Transfer'")]
    [InlineData("index.yaml", "tables:\n  t: { event: Token.Transfer, columns: { a: amount } }", "QD1010", "value")]
    [InlineData("policies.yaml", "policies: { a: { approvals: 2 } }\nclasses: { pause: b }", "QD1009", "'a'")]
    [InlineData("policies.yaml", "policies: { a: { approvals: many } }", "QD1006", "approvals")]
    [InlineData("schedules.yaml", "schedules: { s: { cron: daily, runbook: r } }", "QD1006", "five fields")]
    [InlineData("schedules.yaml", "schedules: { s: { cron: \"0 9 * * *\", runbook: rr } }", "QD1009", "'r'")]
    [InlineData("policies.yaml", "policies: { a: { approvals: 2 } }\npropose: [q]", "QD1009", "Use one of r")]
    [InlineData("faults.yaml", "faults: { f: { alert: A, steps: [ { stop: rely } ] } }", "QD1009", "'relay'")]
    public void A_mistake_in_another_file_names_what_was_meant(string file, string text, string code, string remedy)
    {
        using var files = new TemporaryPack().Write(file, text).Write("runbooks/r.md", "---\nseverity: info\n---\n# R\n");
        var error = files.SingleError();
        Assert.Equal((code, file), (error.Code, error.File));
        Assert.Contains(remedy, error.Remedy, StringComparison.Ordinal);
    }
}
