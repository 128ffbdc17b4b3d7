using Quarterdeck.Packs;

namespace Quarterdeck.Benchmarks.Indexing;

/// <summary>The pack that indexes the benchmark's token, as files, since reading them is part of what is measured.</summary>
internal static class BenchPack
{
    public static void Write(string folder, Uri endpoint)
    {
        Directory.CreateDirectory(Path.Combine(folder, "abis"));
        Directory.CreateDirectory(Path.Combine(folder, "environments"));
        File.WriteAllText(Path.Combine(folder, "abis/Token.json"),
            """
            [{"type":"event","name":"Transfer","anonymous":false,"inputs":[{"name":"from","type":"address","indexed":true},
              {"name":"to","type":"address","indexed":true},{"name":"value","type":"uint256","indexed":false}]}]
            """);
        File.WriteAllText(Path.Combine(folder, "protocol.yaml"),
            """
            name: bench
            chains: { devnet: { family: evm } }
            contracts: { Token: { chain: devnet, abi: abis/Token.json } }
            """);
        File.WriteAllText(Path.Combine(folder, "index.yaml"),
            "tables: { transfers: { event: Token.Transfer, start: 1, columns: { sender: from, recipient: to, amount: value } } }\n");
        File.WriteAllText(Path.Combine(folder, "environments/bench.yaml"),
            $$"""
            name: bench
            kind: devnet
            chains: { devnet: { id: "eip155:31337", endpoints: ["{{endpoint}}"], blockTime: 200ms } }
            contracts: { Token: "{{TransferChain.Token}}" }
            """);
    }

    public static BoundPack Load(string folder)
    {
        var loaded = PackLoader.Load(folder);
        var environment = loaded.Pack is null ? null : EnvironmentLoader.Load(loaded.Pack, "bench", _ => null);
        var bound = environment?.Environment is null ? null : BoundPack.Bind(loaded.Pack!, environment.Environment);
        return bound?.Pack ?? throw new InvalidOperationException(
            string.Join('\n', loaded.Findings.Concat(environment?.Findings ?? []).Concat(bound?.Findings ?? [])));
    }
}
