using Quarterdeck.Chains.Evm;
using Quarterdeck.Devnet.Chain;
using Quarterdeck.Packs;

namespace Quarterdeck.Benchmarks.Responding;

/// <summary>A pack with four pausable contracts and the runbook that pauses them in order.</summary>
internal sealed class PausePack : IDisposable
{
    // pause(), unpause(), paused() with OpenZeppelin's events and errors, written as EVM code.
    private const string Pausable =
        "0x5f3560e01c80638456cb59146026578063" + "3f4ba83a1460595780635c975abb14608c575f5ffd"
        + "5b5f5460955760015f55335f527f62e78cea01bee320cd4e420270b5ea74000d11b0c9f74754ebdbfc544b05a25860205fa100"
        + "5b5f541560a4575f5f55335f527f5db9ee0a495bf2e6ff9c91a7834c1ba4fdd244a5e8aa4e537bd38aeae4b073aa60205fa100"
        + "5b5f545f5260205ff3" + "5b63d93c066560e01b5f5260045ffd" + "5b638dfc202b60e01b5f5260045ffd";

    private const string Abi =
        """
        [{"type":"function","name":"pause","inputs":[],"outputs":[],"stateMutability":"nonpayable"},
         {"type":"function","name":"paused","inputs":[],"outputs":[{"type":"bool","name":""}],"stateMutability":"view"}]
        """;

    private static readonly string[] Names = ["Alpha", "Beta", "Gamma", "Delta"];
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("quarterdeck-bench-pack-");

    public PausePack(Uri endpoint)
    {
        Write("abis/Pausable.json", Abi);
        Write("protocol.yaml", "name: bench\ntitle: Bench\nchains:\n  ethereum: { family: evm }\ncontracts:\n" + string.Concat(Names.Select(name =>
            $"  {name}: {{ chain: ethereum, abi: abis/Pausable.json, variable: {name.ToUpperInvariant()}, pause: {{ call: \"pause()\", state: \"paused()(bool)\" }} }}\n")));
        Write("policies.yaml", "policies:\n  two: { approvals: 2, roles: [approver], requesterCounts: false, expires: 30m }\nclasses: { pause: two, other: two }\n");
        Write("environments/bench.yaml",
            $"name: bench\nkind: devnet\nchains: {{ ethereum: {{ id: \"eip155:31337\", endpoints: [\"{endpoint}\"], blockTime: 1s, confirmations: 1 }} }}\ncontracts:\n"
            + string.Concat(Names.Select((name, i) => $"  {name}: \"{Contracts[i]}\"\n"))
            + "accounts:\n  deployer: { address: \"" + Sender + "\", unlocked: true }\n");
        Write("runbooks/pause.md", "---\ntitle: Pause\nseverity: critical\npolicy: two\n---\n\n# Pause\n\n```bash\n"
            + string.Concat(Names.Select(name => $"cast send ${name.ToUpperInvariant()} \"pause()\" --account deployer\n")) + "```\n\n> on failure: continue\n");
    }

    public static IReadOnlyList<Address> Contracts { get; } = [.. Enumerable.Range(1, 4).Select(i => Address.Parse($"0x{i:x2}00000000000000000000000000000000000c0d"))];

    public static Address Sender { get; } = Devnet.Keys.DevKey.Account(0).Address;

    public BoundPack Load()
    {
        var pack = PackLoader.Load(_folder.FullName).Pack ?? throw new InvalidOperationException("The benchmark's pack does not load.");
        var environment = EnvironmentLoader.Load(pack, "bench", _ => null).Environment ?? throw new InvalidOperationException("The benchmark's environment does not load.");
        return BoundPack.Bind(pack, environment).Pack ?? throw new InvalidOperationException("The benchmark's pack does not fit its environment.");
    }

    /// <summary>Four contracts that are not paused.</summary>
    public static async Task Reset(DevnetRpc rpc, CancellationToken cancel)
    {
        foreach (var contract in Contracts)
        {
            await rpc.Send("anvil_setCode", [contract.ToString(), Pausable], cancel);
            await rpc.Send("anvil_setStorageAt", [contract.ToString(), "0x0", "0x" + new string('0', 64)], cancel);
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private void Write(string path, string text)
    {
        var file = Path.Combine(_folder.FullName, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
