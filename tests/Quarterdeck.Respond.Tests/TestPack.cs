using Quarterdeck.Chains.Evm;
using Quarterdeck.Devnet.Chain;
using Quarterdeck.Packs;

namespace Quarterdeck.Respond.Tests;

/// <summary>A pack on disk with pausable contracts, and the contracts themselves on a development chain.</summary>
internal sealed class TestPack : IDisposable
{
    /// <summary>pause(), unpause(), paused() with OpenZeppelin's events and errors, written as EVM code.</summary>
    private const string Pausable =
        "0x5f3560e01c80638456cb59146026578063" + "3f4ba83a1460595780635c975abb14608c575f5ffd" +
        "5b5f5460955760015f55335f527f62e78cea01bee320cd4e420270b5ea74000d11b0c9f74754ebdbfc544b05a25860205fa100" +
        "5b5f541560a4575f5f55335f527f5db9ee0a495bf2e6ff9c91a7834c1ba4fdd244a5e8aa4e537bd38aeae4b073aa60205fa100" +
        "5b5f545f5260205ff3" + "5b63d93c066560e01b5f5260045ffd" + "5b638dfc202b60e01b5f5260045ffd";

    public const string Paused = "0x62e78cea01bee320cd4e420270b5ea74000d11b0c9f74754ebdbfc544b05a258";

    private const string Abi =
        """
        [{"type":"function","name":"pause","inputs":[],"outputs":[],"stateMutability":"nonpayable"},
         {"type":"function","name":"unpause","inputs":[],"outputs":[],"stateMutability":"nonpayable"},
         {"type":"function","name":"paused","inputs":[],"outputs":[{"type":"bool","name":""}],"stateMutability":"view"},
         {"type":"event","name":"Paused","anonymous":false,"inputs":[{"type":"address","name":"account","indexed":false}]},
         {"type":"event","name":"Unpaused","anonymous":false,"inputs":[{"type":"address","name":"account","indexed":false}]},
         {"type":"error","name":"EnforcedPause","inputs":[]},{"type":"error","name":"ExpectedPause","inputs":[]}]
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("quarterdeck-pack-");

    public TestPack(Uri endpoint, IReadOnlyDictionary<string, string> runbooks, string operators = "", string account = "unlocked: true", int confirmations = 1,
        string policies = "", string blockTime = "1s", int agree = 1, IEnumerable<Uri>? more = null, string manifest = "",
        string kind = "devnet", Func<string, string>? edit = null)
    {
        Write("abis/Pausable.json", Abi);
        var contracts = string.Concat(Names.Select(name =>
            $$"""  {{name}}: { chain: ethereum, abi: abis/Pausable.json, variable: {{name.ToUpperInvariant()}}, pause: { call: "pause()", state: "paused()(bool)", inverse: "unpause()" } }""" + "\n"));
        Write("protocol.yaml", $$"""
            name: test
            title: Test
            chains:
              ethereum: { family: evm }
            contracts:

            """ + contracts + manifest + "\n");
        Write("policies.yaml", (edit ?? (text => text))("""
            policies:
              emergency-pause: { approvals: 2, roles: [approver], requesterCounts: false, expires: 30m }
              unpause: { approvals: 2, roles: [approver], requesterCounts: false, expires: 24h }
            classes: { pause: emergency-pause, unpause: unpause, service: unpause, database: unpause, other: unpause }
            propose: [PROPOSED]

            """.Replace("PROPOSED", runbooks.ContainsKey("pause") ? "pause" : "", StringComparison.Ordinal) + policies));
        Write("environments/test.yaml", $$"""
            name: test
            kind: {{kind}}
            chains: { ethereum: { id: "eip155:31337", endpoints: [{{string.Join(", ", (more ?? []).Prepend(endpoint).Select(e => $"\"{e}\""))}}], agree: {{agree}}, blockTime: {{blockTime}}, confirmations: {{confirmations}} } }
            contracts:
            {{string.Join("\n", Names.Select((name, i) => $"  {name}: \"{AddressOf(i)}\""))}}
            accounts:
              deployer: { address: "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", {{account}} }
            {{operators}}
            """);
        foreach (var (name, text) in runbooks) Write($"runbooks/{name}.md", text);
    }

    public static string[] Names { get; } = ["Alpha", "Beta", "Gamma", "Delta"];

    public string Folder => _folder.FullName;

    public static Address AddressOf(int index) => Address.Parse($"0x{index + 1:x2}00000000000000000000000000000000000c0d");

    /// <summary>A runbook that pauses the contracts in order.</summary>
    public static string PauseRunbook(params string[] names) =>
        """
        ---
        title: Pause
        severity: critical
        policy: emergency-pause
        ---

        # Pause

        """ + string.Concat(names.Select(name => $"""

        ## {name}

        ```bash
        cast send ${name.ToUpperInvariant()} "pause()" --account deployer
        ```

        > on failure: continue

        """));

    public static async Task PutContracts(DevnetRpc rpc)
    {
        for (var i = 0; i < Names.Length; i++)
            await rpc.Send("anvil_setCode", [AddressOf(i).ToString(), Pausable], CancellationToken.None);
    }

    public static async Task<bool> IsPaused(DevnetRpc rpc, string name)
    {
        var answer = await rpc.Send(
            "eth_call", [new { to = AddressOf(Array.IndexOf(Names, name)).ToString(), data = "0x5c975abb" }, "latest"], CancellationToken.None);
        return answer.GetString()!.EndsWith('1');
    }

    /// <summary>The contracts that announced a pause, in the order of the chain.</summary>
    public static async Task<IReadOnlyList<string>> PausedEvents(DevnetRpc rpc)
    {
        var logs = await rpc.Send("eth_getLogs", [new { fromBlock = "0x0", toBlock = "latest", topics = new[] { Paused } }], CancellationToken.None);
        return [.. logs.EnumerateArray().Select(log => Names[Array.FindIndex(Names, name =>
            AddressOf(Array.IndexOf(Names, name)).ToString().Equals(log.GetProperty("address").GetString(), StringComparison.OrdinalIgnoreCase))])];
    }

    public static BoundPack Load(string folder)
    {
        var loaded = PackLoader.Load(folder);
        Assert.True(loaded.Pack is not null, string.Join("\n", loaded.Findings));
        var environment = EnvironmentLoader.Load(loaded.Pack, "test", Environment.GetEnvironmentVariable);
        Assert.True(environment.Environment is not null, string.Join("\n", environment.Findings));
        var bound = BoundPack.Bind(loaded.Pack, environment.Environment);
        return bound.Pack ?? throw new InvalidOperationException(string.Join("\n", bound.Findings));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private void Write(string path, string text)
    {
        var file = Path.Combine(Folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
