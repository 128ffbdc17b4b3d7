using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Quarterdeck.Devnet.Environments;
using Quarterdeck.Devnet.Postgres;
using Quarterdeck.Devnet.Services;
using Quarterdeck.Server.Hosting;

namespace Quarterdeck.Acceptance.Packs;

/// <summary>Broken packs beside a good one, held against the real chain when a server starts.</summary>
[Collection(OneEnvironment.Name)]
public sealed class RefusedPackTests(RunningEnvironment running) : IAsyncLifetime
{
    // Kept for a pack as it is served: contracts are deployed and services run by the environment.
    private static readonly string[] Left = ["contracts", "services", "node_modules"];

    private readonly string _folder = Directory.CreateTempSubdirectory("quarterdeck-packs-").FullName;
    private readonly string _database = $"packs_{Guid.NewGuid():N}";
    private readonly List<(string Pack, string File, int Line, string Code, string Says)> _expected = [];

    [Fact]
    public async Task Each_broken_pack_is_refused_with_file_line_and_remedy_and_the_good_one_is_served()
    {
        Copy("musd");
        Break("no-code", "environments/devnet.yaml", "contracts: {}", "contracts: { Treasury: \"0x00000000000000000000000000000000000c0de5\" }", "QD5003", "which is named as Treasury");
        Break("other-code", "environments/devnet.yaml", "contracts: {}", $"contracts: {{ PriceOracle: \"{running.Deployed.Contracts["USDC"]}\" }}", null, "");
        Break("no-function", "metrics.yaml", "MUSD.totalSupply()(uint256)", "MUSD.totalSupplies()(uint256)", "QD1010", "totalSupplies");
        Break("no-halt", "runbooks/emergency-pause.md", "cast send $SMUSD \"pause()\"", "cast send $SMUSD \"halt()\"", "QD4002", "halt");
        Break("bad-rule", "alerts.yaml", "expr: up{job=\"relay\"} == 0", "expr: up{job=\"relay\" == 0", "QD3", "");
        Break("bad-runbook", "runbooks/emergency-pause.md", "title: Emergency pause", "title: [Emergency pause", null, "");
        Break("wrong-chain", "environments/devnet.yaml", "eip155:31337", "eip155:1", "QD5009", "eip155:31337");

        await using var app = await Start();
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        var health = await http.GetFromJsonAsync<JsonElement>("/health");

        Assert.Equal("degraded", health.GetProperty("status").GetString());
        var refused = health.GetProperty("refused").EnumerateArray().Select(finding => new
        {
            File = finding.GetProperty("file").GetString()!,
            Line = finding.GetProperty("line").ValueKind == JsonValueKind.Number ? finding.GetProperty("line").GetInt32() : 0,
            Code = finding.GetProperty("code").GetString()!,
            Message = finding.GetProperty("message").GetString()!,
            Remedy = finding.GetProperty("remedy").GetString(),
        }).ToList();
        foreach (var (pack, file, line, code, says) in _expected)
        {
            Assert.True(
                refused.Any(f => f.File == $"{pack}/{file}" && f.Line == line && f.Code.StartsWith(code, StringComparison.Ordinal)
                                 && f.Message.Contains(says, StringComparison.Ordinal) && f.Remedy!.Length > 10),
                $"{pack}/{file}:{line} {code} {says} is not among:\n{string.Join("\n", refused)}");
        }

        Assert.Contains(refused, f => f.File.StartsWith("other-code/runbooks/", StringComparison.Ordinal) && f.Code == "QD5004" && f.Line > 0);
        // YAML finds the bracket that is not closed where the next thing does not fit.
        Assert.Contains(refused, f => f.File == "bad-runbook/runbooks/emergency-pause.md" && f.Line is >= 1 and < 6);
        Assert.DoesNotContain(refused, f => f.File.StartsWith("musd/", StringComparison.Ordinal));

        // The good one goes on: its chain is followed.
        await RunningEnvironment.Until("the good pack is indexed", async () =>
        {
            var chains = (await http.GetFromJsonAsync<JsonElement>("/health")).GetProperty("chains").EnumerateArray().ToList();
            return chains.Count == 1 && chains[0].GetProperty("head").ValueKind == JsonValueKind.Number ? "so" : null;
        });
        Assert.Contains("quarterdeck_packs_loaded 1", await http.GetStringAsync(new Uri("/metrics", UriKind.Relative)), StringComparison.Ordinal);
        await app.StopAsync();
    }

    public async ValueTask InitializeAsync() => await running.Environment.Postgres.EnsureDatabase(_database, "template0", CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        await running.Environment.Postgres.DropDatabase(_database, CancellationToken.None);
    }

    private async Task<WebApplication> Start()
    {
        var variables = new Dictionary<string, string>
        {
            ["QUARTERDECK_DEVNET_RPC"] = running.Environment.Anvil.Endpoint.ToString().TrimEnd('/'),
            ["QUARTERDECK_STATE"] = running.Environment.State,
        };
        foreach (var (name, key) in running.Environment.Keys.Operators) variables[DevnetKeys.VariableOf(name)] = key.Address.ToString();
        foreach (var service in running.Pack.Services.Keys) variables[PackServices.VariableOf(service)] = "http://127.0.0.1:9";
        var settings = new ServerSettings(
            running.Environment.Postgres.ConnectionString(_database, EmbeddedPostgres.Server),
            running.Environment.Postgres.ConnectionString(_database, EmbeddedPostgres.Owner),
            [.. Directory.GetDirectories(_folder).Order(StringComparer.Ordinal)], "devnet", Path.Combine(_folder, "..", $"{_database}-state"), "http://127.0.0.1:0",
            new Uri("http://localhost:8080"));
        var app = await Composition.Build(settings, name => variables.GetValueOrDefault(name));
        await app.StartAsync();
        return app;
    }

    private string Copy(string name)
    {
        var pack = Path.Combine(_folder, name);
        foreach (var file in Directory.EnumerateFiles(RunningEnvironment.Musd, "*", SearchOption.AllDirectories))
        {
            var relative = Path.GetRelativePath(RunningEnvironment.Musd, file);
            if (Left.Contains(relative.Split(Path.DirectorySeparatorChar)[0])) continue;
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(pack, relative))!);
            File.Copy(file, Path.Combine(pack, relative));
        }

        var manifest = Path.Combine(pack, "protocol.yaml");
        File.WriteAllText(manifest, File.ReadAllText(manifest).Replace("name: musd", $"name: {name}", StringComparison.Ordinal));
        return pack;
    }

    private void Break(string name, string file, string from, string to, string? code, string says)
    {
        var path = Path.Combine(Copy(name), file);
        var lines = File.ReadAllLines(path);
        var at = Array.FindIndex(lines, line => line.Contains(from, StringComparison.Ordinal));
        Assert.True(at >= 0, $"{file} has no '{from}'.");
        lines[at] = lines[at].Replace(from, to, StringComparison.Ordinal);
        File.WriteAllLines(path, lines);
        if (code is not null) _expected.Add((name, file, at + 1, code, says));
    }
}
