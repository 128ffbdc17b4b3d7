using Quarterdeck.Primitives.Findings;

namespace Quarterdeck.Packs.Tests;

/// <summary>A pack in a folder of its own that goes with the test.</summary>
internal sealed class TemporaryPack : IDisposable
{
    public const string TokenAbi = """
        [{"type":"function","name":"pause","inputs":[],"outputs":[],"stateMutability":"nonpayable"},
         {"type":"function","name":"unpause","inputs":[],"outputs":[],"stateMutability":"nonpayable"},
         {"type":"function","name":"paused","inputs":[],"outputs":[{"type":"bool","name":""}],"stateMutability":"view"},
         {"type":"function","name":"totalSupply","inputs":[],"outputs":[{"type":"uint256","name":""}],"stateMutability":"view"},
         {"type":"function","name":"grantRole","inputs":[{"type":"bytes32","name":"role"},{"type":"address","name":"account"}],"outputs":[],"stateMutability":"nonpayable"},
         {"type":"function","name":"setSupplyCap","inputs":[{"type":"uint256","name":"cap"}],"outputs":[],"stateMutability":"nonpayable"},
         {"type":"function","name":"balanceOf","inputs":[{"type":"address","name":"account"}],"outputs":[{"type":"uint256","name":""}],"stateMutability":"view"},
         {"type":"event","name":"Transfer","anonymous":false,"inputs":[{"type":"address","name":"from","indexed":true},{"type":"address","name":"to","indexed":true},{"type":"uint256","name":"value","indexed":false}]}]
        """;

    public const string Protocol = """
        name: demo
        chains: { ethereum: { family: evm } }
        contracts:
          Token: { chain: ethereum, abi: abis/Token.json, variable: TOKEN, decimals: 18,
                   pause: { call: "pause()", state: "paused()(bool)", role: PAUSER_ROLE, inverse: "unpause()", inverseRole: ADMIN_ROLE } }
        services:
          relay: { probe: { http: "${RELAY_URL}/health" }, job: relay, aliases: [deployment/relay] }
        """;

    public TemporaryPack(string? protocol = Protocol)
    {
        Root = Directory.CreateTempSubdirectory("pack").FullName;
        Write("abis/Token.json", TokenAbi);
        if (protocol is not null) Write("protocol.yaml", protocol);
    }

    public string Root { get; }

    public TemporaryPack Write(string path, string text)
    {
        var full = Path.Combine(Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
        return this;
    }

    public PackLoadResult Load() => PackLoader.Load(Root);

    public ProtocolPack LoadedPack()
    {
        var result = Load();
        Assert.True(result.Pack is not null, string.Join("\n", result.Findings));
        return result.Pack;
    }

    public Finding SingleError()
    {
        var result = Load();
        Assert.Null(result.Pack);
        return Assert.Single(result.Findings, f => f.Severity == FindingSeverity.Error);
    }

    public void Dispose() => Directory.Delete(Root, true);
}
