using Quarterdeck.Packs;
using Quarterdeck.Store;
using Quarterdeck.Testing;

namespace Quarterdeck.Observe.Tests;

/// <summary>A migrated database for a test class, with the sample pack's event tables.</summary>
public sealed class ObserveDatabase : PostgresFixture
{
    public SamplePack Sample { get; } = new();

    protected override async Task Migrate(string ownerConnectionString)
    {
        await Migrator.Migrate(ownerConnectionString, [typeof(OperationsStore).Assembly, typeof(WatchedPacks).Assembly]);
        await Observe.Indexing.EventTables.Create(ownerConnectionString, [Sample.Bound], CancellationToken.None);
    }

    public OperationsStore Open() => OperationsStore.Open(Server, TimeProvider.System);

    public override async ValueTask DisposeAsync()
    {
        Sample.Dispose();
        await base.DisposeAsync();
    }
}

/// <summary>A pack of one vault, written to a temporary folder and loaded as any pack is.</summary>
public sealed class SamplePack : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("quarterdeck-pack-");

    public SamplePack(string endpoint = "http://127.0.0.1:1", string vault = "0x00000000000000000000000000000000000000aa")
    {
        Write("abis/Vault.json",
            """
            [{"type":"event","name":"Deposited","anonymous":false,"inputs":[
                {"name":"user","type":"address","indexed":true},{"name":"amount","type":"uint256","indexed":false}]},
             {"type":"event","name":"Note","anonymous":false,"inputs":[
                {"name":"text","type":"string","indexed":false},{"name":"flags","type":"bool[]","indexed":false}]},
             {"type":"function","name":"total","stateMutability":"view","inputs":[],"outputs":[{"name":"","type":"uint256"}]},
             {"type":"function","name":"cap","stateMutability":"view","inputs":[],"outputs":[{"name":"","type":"uint256"}]},
             {"type":"function","name":"paused","stateMutability":"view","inputs":[],"outputs":[{"name":"","type":"bool"}]}]
            """);
        Write("protocol.yaml",
            """
            name: sample
            title: Sample vault
            chains:
              ethereum: { family: evm }
            contracts:
              Vault: { chain: ethereum, abi: abis/Vault.json, variable: VAULT }
            """);
        Write("index.yaml",
            """
            tables:
              deposits: { event: Vault.Deposited, columns: { depositor: user, amount: { from: amount, decimals: 18 } } }
              notes: { event: Vault.Note, columns: { body: text, flags: flags } }
            """);
        Write("metrics.yaml",
            """
            metrics:
              vault_total: { help: What the vault holds., unit: token, call: "Vault.total()(uint256)", decimals: 18 }
              vault_cap: { help: What it may hold., unit: token, call: "Vault.cap()(uint256)", decimals: 18 }
              vault_use_ratio: { help: Share of the cap in use., unit: ratio, formula: "vault_total / vault_cap" }
              vault_deposits_total: { help: Deposits., unit: events, type: counter, events: "Vault.Deposited" }
              vault_deposited_total: { help: Sum of deposits., unit: token, type: counter, events: "Vault.Deposited", sum: amount, decimals: 18 }
            """);
        Write("alerts.yaml",
            """
            groups:
              - name: vault
                rules:
                  - alert: VaultAboveCap
                    expr: vault_total > vault_cap
                    labels: { severity: critical }
                    annotations: { summary: "The vault holds {{ $value }}.", runbook: pause }
            """);
        Write("environments/test.yaml",
            $$"""
            name: test
            kind: devnet
            chains:
              ethereum: { id: "eip155:31337", endpoints: ["{{endpoint}}"] }
            contracts: { Vault: "{{vault}}" }
            """);
        var loaded = PackLoader.Load(_folder.FullName);
        Assert.True(loaded.Pack is not null, string.Join('\n', loaded.Findings));
        var environment = EnvironmentLoader.Load(loaded.Pack!, "test", _ => null);
        Assert.True(environment.Environment is not null, string.Join('\n', environment.Findings));
        Bound = BoundPack.Bind(loaded.Pack!, environment.Environment!).Pack!;
    }

    public BoundPack Bound { get; }

    public void Dispose() => _folder.Delete(recursive: true);

    private void Write(string path, string text)
    {
        var full = Path.Combine(_folder.FullName, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }
}
