using System.Numerics;
using Microsoft.Extensions.Logging.Abstractions;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Chains.Evm.Endpoints;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Devnet.Postgres;
using Quarterdeck.Observe.Indexing;
using Quarterdeck.Packs;
using Quarterdeck.Primitives;
using Quarterdeck.Store;
using Quarterdeck.Testing;

namespace Quarterdeck.Observe.Tests.Indexing;

/// <summary>Events beyond the usual: anonymous, of tuples and arrays, with hashed parameters, of contracts whose factory a factory made.</summary>
public sealed class OddEventsTests(ObserveDatabase database, AnvilFixture chain) : IClassFixture<ObserveDatabase>, IClassFixture<AnvilFixture>, IAsyncLifetime
{
    // Calldata: how many topics (0 to 4), the topics, the data; it is emitted as a log.
    private const string Code = "0x"
        + "600035600014602e57600035600114604057600035600214605557600035600314606d57600035600414608857005b602036"
        + "036020600037602036036000a0005b604036036040600037602035604036036000a1005b6060360360606000376040356020"
        + "35606036036000a2005b608036036080600037606035604035602035608036036000a3005b60a0360360a060003760803560"
        + "603560403560203560a036036000a400";

    private static readonly CancellationToken Cancel = CancellationToken.None;
    private static readonly Address Root = Address.Parse("0x00000000000000000000000000000000000000F1");
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("quarterdeck-pack-");
    private readonly ChainHealth _health = new(TimeProvider.System);
    private OperationsStore _store = null!;
    private BoundPack _pack = null!;

    private static Address Made(int number) => Address.Parse("0x" + (0xB000 + number).ToString("x40", System.Globalization.CultureInfo.InvariantCulture));

    public async ValueTask InitializeAsync()
    {
        await chain.Clean();
        foreach (var address in Enumerable.Range(0, 6).Select(Made).Append(Root)) await chain.Rpc.Send("anvil_setCode", [address.ToString(), Code], Cancel);
        Write("abis/Root.json",
            """
            [{"type":"event","name":"LogNote","anonymous":true,"inputs":[{"name":"sig","type":"bytes4","indexed":true},
                {"name":"usr","type":"address","indexed":true},{"name":"data","type":"bytes","indexed":false}]},
             {"type":"event","name":"Named","inputs":[{"name":"name","type":"string","indexed":true},{"name":"text","type":"string","indexed":false}]},
             {"type":"event","name":"Order","inputs":[{"name":"id","type":"uint256","indexed":true},
                {"name":"order","type":"tuple","components":[{"name":"maker","type":"address"},{"name":"legs","type":"tuple[]","components":[{"name":"token","type":"address"},{"name":"amount","type":"int128"}]}]},
                {"name":"path","type":"bytes32[2][]"}]},
             {"type":"event","name":"Order","inputs":[{"name":"id","type":"uint256","indexed":true}]},
             {"type":"event","name":"FactoryMade","inputs":[{"name":"factory","type":"address","indexed":false}]}]
            """);
        Write("abis/Factory.json", """[{"type":"event","name":"PoolMade","inputs":[{"name":"pool","type":"address","indexed":true}]}]""");
        Write("abis/Pool.json", """[{"type":"event","name":"Swapped","inputs":[{"name":"amount","type":"uint256","indexed":false}]}]""");
        Write("protocol.yaml",
            """
            name: odd
            chains: { ethereum: { family: evm } }
            contracts: { Root: { chain: ethereum, abi: abis/Root.json } }
            """);
        Write("index.yaml",
            """
            factories:
              Factory: { abi: abis/Factory.json, event: Root.FactoryMade, address: factory }
              Pool: { abi: abis/Pool.json, event: Factory.PoolMade, address: pool }
            tables:
              notes: { event: Root.LogNote, start: 1, columns: { sig: sig, usr: usr, body: data } }
              named: { event: Root.Named, start: 1, columns: { name_hash: name, body: text } }
              orders: { event: "Root.Order(uint, (address, (address, int128)[]), bytes32[2][])", start: 1, columns: { id: id, terms: order, path: path } }
              made: { event: Factory.PoolMade, start: 1, columns: { factory: $address, pool: pool } }
              swaps: { event: Pool.Swapped, start: 1, columns: { pool: $address, amount: amount } }
            """);
        Write("metrics.yaml", "metrics: { odd_swaps_total: { help: Swaps., events: Pool.Swapped }, odd_amount_total: { help: Amounts., events: Pool.Swapped, sum: amount } }\n");
        Write("environments/test.yaml",
            $$"""
            name: test
            kind: devnet
            chains: { ethereum: { id: "eip155:31337", endpoints: ["{{chain.Endpoint}}"] } }
            contracts: { Root: "{{Root}}" }
            """);
        var loaded = PackLoader.Load(_folder.FullName);
        Assert.True(loaded.Pack is not null, string.Join('\n', loaded.Findings));
        _pack = BoundPack.Bind(loaded.Pack!, EnvironmentLoader.Load(loaded.Pack!, "test", _ => null).Environment!).Pack!;
        var name = await database.FreshDatabase();
        await EventTables.Create(database.Postgres.ConnectionString(name, EmbeddedPostgres.Owner), [_pack], Cancel);
        _store = OperationsStore.Open(database.Postgres.ConnectionString(name, EmbeddedPostgres.Server), TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_kind_of_event_becomes_a_row_filled_or_followed(bool followed)
    {
        if (followed)
        {
            await chain.Anvil.Mine(3, Cancel);
            await Index(EmitAll);
        }
        else
        {
            await EmitAll();
            await chain.Anvil.Mine(200, Cancel);
            await Index(() => Task.CompletedTask);
        }

        Assert.Equal(("01020304", Root.ToString(), "0909"),
            await _store.QueryFirstOrDefault<(string, string, string)>("SELECT encode(sig, 'hex'), usr, encode(body, 'hex') FROM odd.notes"));
        Assert.Equal(1, await _store.QueryFirstOrDefault<long>("SELECT count(*) FROM odd.notes"));
        Assert.Equal((Convert.ToHexStringLower(Keccak256.Hash("alpha").ToArray()), "beta"),
            await _store.QueryFirstOrDefault<(string, string)>("SELECT encode(name_hash, 'hex'), body FROM odd.named"));
        Assert.Equal((BigInteger.Pow(2, 256) - 1, Root.ToString(), "-5", "0x" + new string('0', 62) + "07"),
            await _store.QueryFirstOrDefault<(BigInteger, string, string, string)>(
                "SELECT id, terms->>'maker', terms->'legs'->0->>'amount', path->0->>1 FROM odd.orders"));
        // The pool of a factory that was announced in the same block, and one of a contract that is no factory.
        Assert.Equal([(Made(0).ToString(), Made(1).ToString()), (Made(0).ToString(), Made(2).ToString())],
            await _store.Query<(string, string)>("SELECT factory, pool FROM odd.made ORDER BY block_number, log_index", null, Cancel));
        Assert.Equal([(Made(1).ToString(), (BigInteger)11), (Made(2).ToString(), (BigInteger)12)],
            await _store.Query<(string, BigInteger)>("SELECT pool, amount FROM odd.swaps ORDER BY block_number, log_index", null, Cancel));
        var head = (await _store.Cursor("odd", "ethereum", Cancel))!;
        var (samples, failures) = await new Observe.Metrics.EventSampler(_store, _pack, "ethereum").Sample(new BlockRef((ulong)head.BlockNumber, head.BlockHash, default, head.BlockTime), Cancel);
        Assert.Empty(failures);
        Assert.Equal([2.0, 23.0], samples.Select(s => s.Value));
        Assert.Equal(0, _health.Chains[0].Undecodable);
    }

    private async Task EmitAll()
    {
        await chain.Rpc.Send("evm_setAutomine", [false], Cancel);
        var named = AbiEvent.Parse("event Named(string indexed name, string text)");
        var order = AbiEvent.Parse("event Order(uint256 indexed id, (address maker, (address token, int128 amount)[] legs) order, bytes32[2][] path)");
        var factory = AbiEvent.Parse("event FactoryMade(address factory)");
        var pool = AbiEvent.Parse("event PoolMade(address indexed pool)");
        var swapped = AbiEvent.Parse("event Swapped(uint256 amount)");
        await Emit(Root, [[1, 2, 3, 4, .. new byte[28]], Word(Root)], Encode("(bytes)", new byte[] { 9, 9 }));
        await Emit(Root, [named.Topic0.ToArray(), Keccak256.Hash("alpha").ToArray()], Encode("(string)", "beta"));
        await Emit(Root, [order.Topic0.ToArray(), [.. Enumerable.Repeat((byte)0xff, 32)]], AbiCodec.Encode(
            [.. order.Inputs.Skip(1)],
            [new object?[] { Root, new object?[] { new object?[] { Made(1), new BigInteger(-5) } } }, new object?[] { new object?[] { new byte[32], Word(7) } }]));
        await Emit(Made(1), [swapped.Topic0.ToArray()], Word(10));
        await chain.Anvil.Mine(1, Cancel);
        await Emit(Root, [factory.Topic0.ToArray()], Word(Made(0)));
        await Emit(Made(0), [pool.Topic0.ToArray(), Word(Made(1))], []);
        await Emit(Made(1), [swapped.Topic0.ToArray()], Word(11));
        await Emit(Made(5), [pool.Topic0.ToArray(), Word(Made(3))], []);
        await chain.Anvil.Mine(1, Cancel);
        await Emit(Made(0), [pool.Topic0.ToArray(), Word(Made(2))], []);
        await Emit(Made(2), [swapped.Topic0.ToArray()], Word(12));
        await Emit(Made(3), [swapped.Topic0.ToArray()], Word(13));
        await chain.Anvil.Mine(1, Cancel);
        await chain.Rpc.Send("evm_setAutomine", [true], Cancel);
    }

    private static byte[] Encode(string types, object value) => AbiCodec.Encode([new AbiParameter(AbiType.Parse(types[1..^1]))], [value]);

    private static byte[] Word(Address address) => [.. new byte[12], .. address.ToArray()];

    private static byte[] Word(byte number) => [.. new byte[31], number];

    private async Task Emit(Address contract, byte[][] topics, byte[] data) => await chain.Rpc.Send("eth_sendTransaction",
        [new Dictionary<string, object?>
        {
            ["from"] = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
            ["to"] = contract.ToString(),
            ["gas"] = "0x7a120",
            ["data"] = Hex.Data([.. Word((byte)topics.Length), .. topics.SelectMany(t => t), .. data]),
        }], Cancel);

    private async Task Index(Func<Task> meanwhile)
    {
        var lease = (await _store.Leases.TryAcquire($"test:{Guid.NewGuid()}", TimeSpan.FromMinutes(5), Cancel))!;
        await using var endpoints = new RpcEndpoints([new JsonRpcTransport(chain.Endpoint, RpcMethods.ReadOnly)]);
        var reader = new EvmReader(endpoints);
        using var stop = new CancellationTokenSource();
        var running = new IndexingLoop(_store, _pack, "ethereum", endpoints, reader, null, _health, NullLogger.Instance).Run(lease, stop.Token);
        await meanwhile();
        var began = TimeProvider.System.GetTimestamp();
        while ((await _store.Cursor("odd", "ethereum", Cancel))?.BlockHash is var at && at != (await reader.Head(Cancel)).Hash)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(30), $"Not at the head: {string.Join(' ', _health.Chains)}");
            if (running.IsFaulted) await running;
            await Task.Delay(20, Cancel);
        }

        await stop.CancelAsync();
        await ((Task)running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Write(string path, string text)
    {
        var full = Path.Combine(_folder.FullName, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }
}
