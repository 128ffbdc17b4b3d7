using System.Numerics;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Devnet.Chain;
using Quarterdeck.Packs;

namespace Quarterdeck.Observe.Tests.Indexing;

/// <summary>A pack of a registry that announces pools, and the EVM code that emits whatever it is called with.</summary>
internal sealed class FactoryPack : IDisposable
{
    /// <summary>Emits a log of two topics: calldata is topic, topic, data.</summary>
    private const string EmitterCode = "0x6020356000356040360380604060003760" + "00a200";

    private static readonly AbiEvent Created = AbiEvent.Parse("event Created(address indexed pool)");
    private static readonly AbiEvent Swapped = AbiEvent.Parse("event Swapped(address indexed user, int256 amount, bool up)");
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("quarterdeck-pack-");

    public FactoryPack(string endpoint, string chain = "", string start = "start: 1")
    {
        Write("abis/Registry.json",
            """[{"type":"event","name":"Created","inputs":[{"name":"pool","type":"address","indexed":true}]}]""");
        Write("abis/Pool.json",
            """
            [{"type":"event","name":"Swapped","inputs":[
                {"name":"user","type":"address","indexed":true},{"name":"amount","type":"int256","indexed":false},{"name":"up","type":"bool","indexed":false}]}]
            """);
        Write("protocol.yaml",
            """
            name: pools
            chains: { ethereum: { family: evm } }
            contracts: { Registry: { chain: ethereum, abi: abis/Registry.json, variable: REGISTRY } }
            """);
        Write("index.yaml",
            $$"""
            factories:
              Pool: { abi: abis/Pool.json, event: Registry.Created, address: pool }
            tables:
              created: { event: Registry.Created, {{start}}, columns: { pool: pool } }
              swaps: { event: Pool.Swapped, {{start}}, columns: { pool: $address, user: user, amount: { from: amount, decimals: 2 }, up: up,
                       source: { constant: chain }, weight: { constant: 1.50, type: numeric } } }
              large_swaps: { event: Pool.Swapped, {{start}}, where: { amount: ">= 100", up: "true" }, columns: { amount: amount } }
            """);
        Write("environments/test.yaml",
            $$"""
            name: test
            kind: devnet
            chains: { ethereum: { id: "eip155:31337", endpoints: ["{{endpoint}}"]{{chain}} } }
            contracts: { Registry: "{{Registry}}" }
            """);
        var loaded = PackLoader.Load(_folder.FullName);
        Assert.True(loaded.Pack is not null, string.Join('\n', loaded.Findings));
        var environment = EnvironmentLoader.Load(loaded.Pack!, "test", _ => null);
        Assert.True(environment.Environment is not null, string.Join('\n', environment.Findings));
        Bound = BoundPack.Bind(loaded.Pack!, environment.Environment!).Pack!;
    }

    public static Address Registry { get; } = Address.Parse("0x00000000000000000000000000000000000000F0");

    public BoundPack Bound { get; }

    /// <summary>Where its files are.</summary>
    public string Folder => _folder.FullName;

    public static Address Pool(int number) => Address.Parse("0x" + (0xA000 + number).ToString("x40", System.Globalization.CultureInfo.InvariantCulture));

    public static async Task Deploy(DevnetRpc rpc, int pools)
    {
        foreach (var address in Enumerable.Range(0, pools).Select(Pool).Append(Registry))
            await rpc.Send("anvil_setCode", [address.ToString(), EmitterCode], CancellationToken.None);
    }

    public static Task Announce(DevnetRpc rpc, int pool) => Emit(rpc, Registry, [.. Created.Topic0.ToArray(), .. Word(Pool(pool))]);

    public static Task Swap(DevnetRpc rpc, int pool, BigInteger amount, bool up = true) => Emit(rpc, Pool(pool),
        [.. Swapped.Topic0.ToArray(), .. Word(Registry), .. AbiCodec.Encode([new AbiParameter(AbiType.Parse("int256")), new AbiParameter(AbiType.Parse("bool"))], [amount, up])]);

    /// <summary>A log of the pool's event whose data is too short.</summary>
    public static Task Malformed(DevnetRpc rpc, int pool) => Emit(rpc, Pool(pool), [.. Swapped.Topic0.ToArray(), .. Word(Registry), 1, 2, 3]);

    public void Dispose() => _folder.Delete(recursive: true);

    private static byte[] Word(Address address) => [.. new byte[12], .. address.ToArray()];

    private static async Task Emit(DevnetRpc rpc, Address contract, byte[] calldata)
    {
        var hash = await rpc.Send("eth_sendTransaction",
            [new Dictionary<string, object?> { ["from"] = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", ["to"] = contract.ToString(), ["data"] = Hex.Data(calldata), ["gas"] = "0x186a0" }],
            CancellationToken.None);
        if (!(await rpc.Send("anvil_getAutomine", [], CancellationToken.None)).GetBoolean()) return;
        // The answer can come before the block does.
        while ((await rpc.Send("eth_getTransactionReceipt", [hash.GetString()], CancellationToken.None)).ValueKind == System.Text.Json.JsonValueKind.Null)
            await Task.Delay(1);
    }

    private void Write(string path, string text)
    {
        var full = Path.Combine(_folder.FullName, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }
}
