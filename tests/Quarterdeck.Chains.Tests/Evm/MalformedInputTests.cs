using System.Text;
using System.Text.Json;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Chains.Evm.Signatures;
using Quarterdeck.Chains.Evm.Transactions;
using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Tests.Evm;

/// <summary>
/// Whatever comes from a node, a file or a person: a reader gives a value or its typed error, never another exception, and
/// takes memory in proportion to what it was given.
/// </summary>
public sealed class MalformedInputTests
{
    private const string Who = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
    private static readonly string H = "0x" + new string('a', 64);
    private static readonly AbiEvent Noted = AbiEvent.Parse("Noted(uint256 indexed id, string text, (bytes,int8[])[] parts, bytes4 indexed tag)");
    private static readonly EventDecoder Decoder = new(Noted);
    private static readonly IReadOnlyList<AbiParameter> Nested = AbiCodec.ParseTypes("(uint256,(address,bytes[2])[],string)");

    private static readonly Dictionary<string, (Action<byte[]> Read, byte[][] Seeds)> Readers = new()
    {
        ["rlp"] = (bytes => Walk(new RlpReader(bytes)), [Bytes("0xc88363617483646f67"), Bytes("0xf83a" + string.Concat(Enumerable.Repeat("c0", 58))), Bytes("0xb838" + new string('1', 112))]),
        ["transaction"] = (bytes => Again(SignedTransaction.Decode(bytes)), [.. Transactions.TransactionTests.Raws.Select(Bytes)]),
        ["abi"] = (bytes => AbiCodec.Decode(Nested, bytes),
            [AbiCodec.Encode(Nested, 1, new object?[] { new object?[] { Address.Parse(Who), new object?[] { new byte[3], new byte[70] } } }, "text")]),
        ["event"] = (ReadEvent, [EncodedEvent()]),
        ["revert"] = (bytes => new RevertDecoder().Decode(bytes), [Bytes("0x08c379a0" + Hex.Data(AbiCodec.Encode(AbiCodec.ParseTypes("(string)"), "no"))[2..]), Bytes("0x4e487b71" + new string('0', 62) + "11")]),
        ["signature"] = (bytes => EcdsaSignature.Parse(bytes), [Bytes("0x28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa63627667cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d831b")]),
        ["function text"] = (OfText(text => AbiFunction.Parse(text)), [Utf8("function f(uint256[2][] calldata a, (bytes b, tuple(int8,string)[3] c) d) external view returns (bool ok, address)")]),
        ["event text"] = (OfText(text => AbiEvent.Parse(text)), [Utf8("event E(address indexed a, (uint8,bytes32)[] b) anonymous;")]),
        ["error text"] = (OfText(text => AbiError.Parse(text)), [Utf8("error Refused(address who, uint256[] what)")]),
        ["type"] = (OfText(text => AbiType.Parse(text)), [Utf8("((uint256,string[4])[2],fixed128x18)[][7]")]),
        ["argument"] = (OfText(text => AbiText.Parse(AbiType.Parse("(int8,(string,bytes[])[],address)"), text)), [Utf8($"(-5,[(\"a,b\",[0x12,0x]),(c d,[])],{Who})")]),
        ["number"] = (OfText(text => AbiText.Parse(AbiType.Parse("int256"), text)), [Utf8("-1.5e18"), Utf8("115792089237316195423570985008687907853"), Utf8("12 gwei"), Utf8("0x7f")]),
        ["address"] = (OfText(text => Address.Parse(text)), [Utf8(Who)]),
        ["hash"] = (OfText(text => Hash32.Parse(text)), [Utf8(H)]),
        ["abi file"] = (OfText(text => ContractAbi.FromJson(text)),
        [
            Utf8("""{"contractName":"A","abi":[{"type":"function","name":"f","inputs":[{"name":"a","type":"tuple[2][]","components":[{"name":"b","type":"uint8"}]}],"outputs":[],"stateMutability":"view"},"event E(uint256)",{"type":"constructor","inputs":[]}],"bytecode":{"object":"0x6001"}}"""),
        ]),
        ["typed data"] = (OfText(text => Eip712.FromJson(text).Hash()),
        [
            Utf8($$$"""{"types":{"Order":[{"name":"to","type":"Person[]"},{"name":"amount","type":"uint128"}],"Person":[{"name":"name","type":"string"},{"name":"wallet","type":"address"}]},"primaryType":"Order","domain":{"name":"T","chainId":1},"message":{"to":[{"name":"a","wallet":"{{{Who}}}"}],"amount":"5"}}"""),
        ]),
        ["block"] = (OfAnswer(json => LogsReader.Block(json)), [Answer($$"""{"number":"0x1","hash":"{{H}}","parentHash":"{{H}}","timestamp":"0x66","gasLimit":"0x1","baseFeePerGas":"0x7","miner":"{{Who}}","transactions":["{{H}}"]}""")]),
        ["logs"] = (OfAnswer(json => LogsReader.Read(json)), [Answer($$"""[{"address":"{{Who}}","topics":["{{H}}"],"data":"0x00","blockNumber":"0x1","blockHash":"{{H}}","transactionHash":"{{H}}","transactionIndex":"0x0","logIndex":"0x0","blockTimestamp":"0x66","removed":false}]""")]),
        ["receipt"] = (OfAnswer(json => RpcJson.ParseOrNull(json, RpcJson.Receipt)), [Answer($$"""{"transactionHash":"{{H}}","status":"0x1","blockHash":"{{H}}","blockNumber":"0x1","transactionIndex":"0x0","from":"{{Who}}","gasUsed":"0x5","logs":[]}""")]),
        ["mined transaction"] = (OfAnswer(json => RpcJson.ParseOrNull(json, RpcJson.Transaction)), [Answer($$"""{"hash":"{{H}}","from":"{{Who}}","to":null,"nonce":"0x1","value":"0x2","input":"0x","type":"0x2","gas":"0x5"}""")]),
        ["fee history"] = (OfAnswer(json => RpcJson.Parse(json, RpcJson.FeeHistory)), [Answer("""{"oldestBlock":"0x1","baseFeePerGas":["0x1"],"gasUsedRatio":[0.5],"reward":[["0x1"]]}""")]),
        ["quantity"] = (OfAnswer(json => RpcJson.UInt64(json)), [Answer("\"0x10\"")]),
        ["error answer"] = (OfAnswer(json => RpcJson.Data(json)), [Utf8("""[{"jsonrpc":"2.0","id":1,"error":{"code":3,"message":"execution reverted","data":{"data":{"result":"0x08c379a0"}}}}]""")]),
    };

    public static TheoryData<string> Names => [.. Readers.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void What_is_malformed_gives_a_value_or_a_typed_error_and_takes_memory_in_proportion(string reader) => Fuzz(reader, 3_000);

    [Theory]
    [Trait("slow", "true")]
    [MemberData(nameof(Names))]
    public void The_same_holds_for_a_hundred_thousand_more_of_each(string reader) => Fuzz(reader, 100_000);

    // Each level of what is read recursively is one of the stack's, whose end no handler catches.
    [Theory]
    [MemberData(nameof(Names))]
    public void What_nests_without_end_is_refused(string reader)
    {
        foreach (var opening in (string[])["(", "[", "((", "[(", "{\"a\":", "[[", "(uint8,(", "[\"", "{\"error\":{\"data\":", "()", "[]", "a[", "\u00ff", "-", "0"])
        {
            var text = new StringBuilder();
            while (text.Length < 200_000) text.Append(opening);
            Try(reader, Encoding.UTF8.GetBytes(text.ToString()));
        }

        // RLP lists, each with the rest in it, and ABI data that is nothing but offsets to itself.
        byte[] lists = [.. Enumerable.Range(0, 60_000).SelectMany(i => (byte[])[0xfa, (byte)(0x30000 - 4 * i >> 16), (byte)(0x30000 - 4 * i >> 8 & 0xff), (byte)(0x30000 - 4 * i & 0xff)])];
        Try(reader, lists);
        Try(reader, new byte[200_000]);
        Try(reader, [.. Enumerable.Repeat((byte)0xff, 200_000)]);
        Try(reader, [.. Enumerable.Range(0, 200_000).Select(i => (byte)(i % 32 == 31 ? 0x20 : 0))]);
    }

    [Fact]
    public void Typed_data_whose_types_refer_to_each_other_without_end_is_refused()
    {
        var types = string.Join(",", Enumerable.Range(0, 100_000).Select(i => $$"""  "T{{i}}":[{"name":"a","type":"T{{i + 1}}"}]"""));
        var data = Eip712.FromJson($$$"""{"types":{{{{types}}},"T100000":[{"name":"a","type":"bool"}]},"primaryType":"T0","domain":{"name":"x"},"message":{}}""");
        Assert.Contains("deeper", Assert.Throws<AbiException>(() => data.EncodeType("T0")).Message, StringComparison.Ordinal);
    }

    private static void Fuzz(string reader, int rounds)
    {
        var (random, seeds) = (new Random(20261121), Readers[reader].Seeds);
        foreach (var seed in seeds) Assert.True(Record.Exception(() => Readers[reader].Read(seed)) is null or RpcException, reader);
        for (var round = 0; round < rounds; round++) Try(reader, Mutated(random, seeds));
    }

    private static void Try(string reader, byte[] input)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            Readers[reader].Read(input);
        }
        catch (Exception e) when (e is FormatException or TransientException or RpcException)
        {
            // Refused: right too.
        }
        catch (Exception e)
        {
            Assert.Fail($"{reader}: {e.GetType().Name} ({e.Message}) for {Excerpt(input)}\n{e.StackTrace}");
        }

        var taken = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(taken < 256 * 1024 + 300L * input.Length, $"{reader}: {taken} bytes for {input.Length}: {Excerpt(input)}");
    }

    private static byte[] Mutated(Random random, byte[][] seeds)
    {
        const string Structure = "()[]{}\",:0x9e-. \\n";
        List<byte> bytes = [.. seeds[random.Next(seeds.Length)]];
        for (var n = random.Next(1, 6); n > 0 && bytes.Count > 0; n--)
        {
            var (at, length) = (random.Next(bytes.Count), random.Next(1, 12));
            switch (random.Next(7))
            {
                case 0: bytes[at] = (byte)random.Next(256); break;
                case 1: bytes[at] = (byte)Structure[random.Next(Structure.Length)]; break;
                case 2: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 3: bytes.RemoveRange(at, Math.Min(length, bytes.Count - at)); break;
                case 4: bytes.InsertRange(at, [.. bytes.Skip(random.Next(bytes.Count)).Take(length)]); break;
                case 5: bytes.InsertRange(at, Enumerable.Repeat((byte)Structure[random.Next(Structure.Length)], random.Next(1, 300))); break;
                default: bytes.RemoveRange(at, bytes.Count - at); break;
            }
        }

        return [.. bytes];
    }

    private static void ReadEvent(byte[] data)
    {
        Hash32[] topics = [Noted.Topic0, default, default];
        if (Decoder.TryRead(topics, data, out var reader))
        {
            _ = reader.Bytes(1).Length;
            _ = reader.UInt256(0);
            _ = reader.Value(2);
        }

        Noted.Decode(topics, data);
    }

    private static byte[] EncodedEvent() => Noted.Encode(
        1, "text", new object?[] { new object?[] { new byte[3], new object?[] { -1, 2 } } }, new byte[4]).Data;

    private static Action<byte[]> OfText(Func<string, object?> read) => bytes => read(Encoding.UTF8.GetString(bytes));

    // As a transport reads it: what is no JSON-RPC, or not what was asked for, is a fault of the endpoint.
    private static Action<byte[]> OfAnswer<T>(RpcResultReader<T> read) => bytes =>
    {
        using var body = new RpcBody(bytes.Length + 1);
        bytes.CopyTo(body.Free);
        body.Advance(bytes.Length, int.MaxValue, "node");
        body.Read("node", (whole, answers) =>
        {
            foreach (var answer in answers)
            {
                if (answer.Error is { } error) throw error;
                read(whole[answer.Result]);
            }

            return true;
        });
    };

    private static byte[] Answer(string result) => Utf8($$"""{"jsonrpc":"2.0","id":1,"result":{{result}}}""");

    private static void Walk(RlpReader reader, int depth = 0)
    {
        while (!reader.AtEnd)
        {
            if (reader.NextIsList && depth < 64) Walk(reader.ReadList(), depth + 1);
            else reader.Skip();
        }
    }

    private static void Again(SignedTransaction signed) => Assert.Equal(signed.Raw, SignedTransaction.Decode(signed.Raw).Raw);

    private static byte[] Bytes(string hex) => Hex.ParseData(hex);

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static string Excerpt(byte[] input) => JsonSerializer.Serialize(Encoding.Latin1.GetString(input, 0, Math.Min(input.Length, 600)));
}
