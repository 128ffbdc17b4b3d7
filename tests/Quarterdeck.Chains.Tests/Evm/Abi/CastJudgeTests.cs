using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Chains.Evm.Signatures;
using Quarterdeck.Chains.Evm.Transactions;
using Quarterdeck.Devnet.Keys;
using Quarterdeck.Testing;

namespace Quarterdeck.Chains.Tests.Evm.Abi;

/// <summary>cast is what runbooks are written for: what it says of random values and of all its notations is what we say.</summary>
[Trait("slow", "true")]
public sealed class CastJudgeTests
{
    private const string Who = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
    private readonly string _cast = TestPackages.Cast();

    public static TheoryData<string, string[]> Notations
    {
        get
        {
            var data = new TheoryData<string, string[]>
            {
                {
                    "uint256",
                    [
                        "1", "0x10", "0X10", "1e18", "1.5e18", "1E18", "1e+18", "1e-1", "10e-1", "1.0", "1.5", "1.", ".5e1", "1.50e1", "1ether", "1 ether",
                        "1.5 gwei", "1  gwei", "1gwei ", "1 ", " 1", "1 Gwei", "1kwei", "1finney", "1eth", "1e3gwei", "0x10 gwei", "1.123456789gwei",
                        "1.1234567891gwei", "1_000", "0b101", "0b12", "0o17", "0o8", "0x", "007", "-1", "+1", "-0", "", "abc", "1e77", "1e78", "1e256", "١",
                        "115792089237316195423570985008687907853269984665640564039457584007913129639935",
                        "115792089237316195423570985008687907853269984665640564039457584007913129639936",
                    ]
                },
                { "int256", ["-5", "+5", "- 5", "--5", "-0b11", "-5 gwei", "+0x5", "-0", "-1.5e1", "-1e18", "-0x10"] },
                { "uint8", ["255", "256", "1e2", "1gwei"] },
                { "bool", ["true", "false", "1", "0", "True", "TRUE", "yes", " true", "true "] },
                { "address", [Who, Who.ToLowerInvariant(), Who[2..], "0X" + Who[2..], " " + Who, "0x1", "vitalik.eth", Who + "00"] },
                { "bytes", ["0x", "0x1234", "1234", "0x123", "", "0xZZ", "\"0x12\"", "0XAB", "0x12 34", " 0x12"] },
                { "bytes4", ["0x12345678", "0x1234", "12345678", "0x1234567890"] },
                {
                    "string",
                    [
                        "hello", "\"hello\"", "'hello'", "", "\"\"", "  spaced  ", "a\\nb", "a\nb", "he said \"hi\"", "\"he said \\\"hi\\\"\"", "ünïcødé 🎉",
                        "0x1234", "[a,b]", "(a,b)", "a,b", "'mixed\"", "\"open", "\"a\" ", " \"a\"", "\"a\"b", "a\n", " ",
                    ]
                },
                { "uint256[]", ["[1,2,3]", "[]", "[ ]", "[ 1 , 2 ]", "[1,2,]", "[1,2,,]", "[,1]", "1,2", "[1e3,0x10]", "[1 ether,2]", "[1,2", "[1,2]]", "(1,2)", " [1]", "[1] ", "[\"1\"]"] },
                { "uint256[3]", ["[1,2,3]", "[1,2]", "[1,2,3,4]"] },
                { "uint256[2][]", ["[[1,2],[3,4]]", "[[1,2],[3]]", "[[1,2],[3,4],]", "[]"] },
                {
                    "string[]",
                    [
                        "[\"a\",\"b\"]", "[a,b]", "['a','b']", "[\"a,b\",\"c]d\"]", "[]", "[\"\"]", "[,]", "[ a , b ]", "[a(b),c]", "[a(b,c]", "[a)b,c]", "[a]b,c]",
                        "[  a,b]", "[a\"b,c]", "[a,]", "[\"a\" ]", "[ \"a\"]", "[a,, b]", "[\"a\",\" b\"]", "[\"a\"x]", "[it's,ok]", "[\"a\" , \"b\"]", "['it\"s']",
                    ]
                },
                { "bytes[]", ["[0x12,0x]", "[12]", "[]", "[,]", "[ 0x12 , 0x ]"] },
                { "bool[]", ["[true,false]", "[ true , false ]"] },
                { "(string,uint256)", ["(a,1)", "(a b,1)", "(a(b),1)", "(a)b,1)", "(,1)", "(\"\",1)", "(\"a,b\",1)"] },
                { "(uint256,uint256)", ["(1,2)", "( 1 , 2 )", "(1)", "(1,2,3)", "(1,2,)", "[1,2]", " (1,2)", "(1,2) "] },
                { "(int8,bytes2[2])[]", ["[(-5,[0x1111,0x2222])]", "[]", "[(-5,[0x1111])]"] },
                { "(uint256,(bool,string[]))", ["(1,(true,[a,\"b\"]))", "(1,(true,[] ))"] },
                { "function", ["0x" + new string('a', 48), "0xaa"] },
            };
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Notations))]
    public async Task Every_notation_is_read_or_refused_as_cast_does(string type, string[] texts)
    {
        foreach (var text in texts)
        {
            var (code, output) = await Cast("abi-encode", $"f({type})", "--", text);
            string? ours;
            try
            {
                var parameter = AbiCodec.ParseTypes($"({type})");
                ours = Hex.Data(AbiCodec.Encode(parameter, AbiText.Parse(parameter[0].Type, text)));
            }
            catch (AbiException)
            {
                ours = null;
            }

            Assert.True((code == 0 ? output : null) == ours, $"{type} '{text}': cast says {(code == 0 ? output : "no")}, we say {ours ?? "no"}");
        }
    }

    [Fact]
    public async Task Random_events_have_the_topics_and_data_that_cast_gives_them()
    {
        var hashed = 0;
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new RandomAbi(seed + 10_000);
            // cast gives events with tuples no topics and data.
            var types = random.Types().Where(t => !t.Type.Name.Contains('(', StringComparison.Ordinal)).Take(3)
                .Select((t, i) => new AbiParameter(t.Type, $"p{i}", random.Next(2) == 0)).ToList();
            if (types.Count == 0) continue;
            var description = new AbiEvent("E", types);
            var signature = $"E({string.Join(",", types.Select(t => $"{t.Type} {(t.Indexed ? "indexed " : "")}{t.Name}"))})";
            var values = random.Values(types);
            var (code, said) = await Cast(["abi-encode-event", signature, "--", .. types.Select((t, i) => AbiText.Print(t.Type, values[i]).Replace(", ", ",", StringComparison.Ordinal))]);
            Assert.True(code == 0, $"seed {seed}: {signature}");
            var (topics, data) = description.Encode(values);
            Assert.Equal(AbiCodec.Encode([.. types.Where(t => !t.Indexed)], [.. types.Zip(values).Where(t => !t.First.Indexed).Select(t => t.Second)]), data);
            // Contracts hash the content in place; cast hashes the whole encoding, and leaves arrays of fixed size and more than a word out.
            var own = topics.ToList();
            foreach (var (place, input) in types.Where(t => t.Indexed).Index().Where(t => t.Item.Type.IsHashedWhenIndexed))
            {
                var encoded = AbiCodec.Encode([input], [values[types.IndexOf(input)]]);
                own[place + 1] = input.Type.Kind is AbiKind.Array or AbiKind.Bytes or AbiKind.String ? Keccak256.Hash(encoded)
                    : encoded.Length == 32 ? new(encoded) : default;
                hashed++;
            }

            // And it encodes what is not indexed value by value.
            data = [.. types.Zip(values).Where(t => !t.First.Indexed).SelectMany(t => AbiCodec.Encode([t.First], [t.Second]))];
            var lines = own.Select((topic, i) => $"[topic{i}]: {topic}");
            Assert.Equal(said, string.Join("\n", data.Length == 0 ? lines : lines.Append($"[data]: {Hex.Data(data)}")));
        }

        Assert.True(hashed > 50, $"{hashed}");
    }

    [Fact]
    public async Task Random_packed_encodings_equal_those_of_cast()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new RandomAbi(seed + 20_000);
            var types = random.Types().Where(t => t.Type.Kind < AbiKind.Array).ToList();
            if (types.Count == 0) continue;
            var values = random.Values(types);
            var (code, said) = await Cast(["abi-encode", "--packed", $"f({string.Join(",", types)})", "--", .. types.Select((t, i) => AbiText.Print(t.Type, values[i]))]);
            Assert.True(code == 0, $"seed {seed}");
            Assert.Equal(said, Hex.Data(AbiCodec.EncodePacked(types, values)));
        }
    }

    [Fact]
    public async Task Random_custom_errors_are_decoded_as_by_cast()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new RandomAbi(seed + 30_000);
            var types = random.Types();
            var error = new AbiError("Refused", types);
            byte[] data = [.. Keccak256.Hash(error.Signature).ToArray().AsSpan(0, 4), .. AbiCodec.Encode(types, random.Values(types))];
            var (code, said) = await Cast("decode-error", "--sig", error.Signature, Hex.Data(data));
            Assert.True(code == 0, $"seed {seed}");
            var decoded = AbiCodec.Decode(types, data.AsSpan(4));
            Assert.Equal(said, string.Join("\n", types.Select((t, i) => AbiText.Print(t.Type, decoded[i], exponent: true))));
        }
    }

    [Fact]
    public async Task Random_data_and_text_have_the_hash_that_cast_gives_them()
    {
        for (var length = 0; length < 300; length += 3)
        {
            var bytes = RandomNumberGenerator.GetBytes(length);
            Assert.Equal((await Cast("keccak", Hex.Data(bytes))).Output, Keccak256.Hash(bytes).ToString());
            var text = "t" + Convert.ToBase64String(bytes);
            Assert.Equal((await Cast("keccak", text)).Output, Keccak256.Hash(text).ToString());
        }
    }

    [Fact]
    public async Task Messages_and_typed_data_are_signed_by_cast_over_the_hashes_that_are_ours()
    {
        for (var i = 0; i < 60; i++)
        {
            var secret = RandomNumberGenerator.GetBytes(32);
            var key = DevKey.FromSecret(secret);
            var text = $"message {i} " + Convert.ToBase64String(RandomNumberGenerator.GetBytes(i * 3)) + " ünï";
            var signature = EcdsaSignature.Parse((await Cast("wallet", "sign", "--private-key", Hex.Data(secret), text)).Output);
            Assert.Equal(key.Address, signature.Recover(Eip191.Hash(text)));
            var random = new RandomAbi(i + 40_000);
            var (chain, amount, memo, whos) = (random.Next(1_000_000), random.Next(int.MaxValue), random.Bytes(random.Next(40)), random.Next(4));
            var data = $$"""
                {"types":{"EIP712Domain":[{"name":"name","type":"string"},{"name":"chainId","type":"uint256"},{"name":"verifyingContract","type":"address"}],
                "Order":[{"name":"to","type":"Person[]"},{"name":"amount","type":"uint128"},{"name":"memo","type":"bytes"},{"name":"low","type":"int64"},{"name":"on","type":"bool"}],
                "Person":[{"name":"name","type":"string"},{"name":"wallet","type":"address"}]},
                "primaryType":"Order","domain":{"name":"Test {{i}}","chainId":{{chain}},"verifyingContract":"{{Who}}"},
                "message":{"to":[{{string.Join(",", Enumerable.Range(0, whos).Select(n => $$"""{"name":"n{{n}} ü","wallet":"{{Who}}"}"""))}}],"amount":"{{amount}}","memo":"{{Hex.Data(memo)}}","low":"-{{i}}","on":{{(i % 2 == 0 ? "true" : "false")}} } }
                """;
            var typed = await Cast("wallet", "sign", "--private-key", Hex.Data(secret), "--data", data);
            Assert.True(typed.Code == 0, data);
            Assert.Equal(key.Address, EcdsaSignature.Parse(typed.Output).Recover(Eip712.FromJson(data).Hash()));
        }
    }

    [Fact]
    public async Task Transactions_of_each_type_are_the_bytes_that_cast_makes()
    {
        var secret = RandomNumberGenerator.GetBytes(32);
        for (var i = 0; i < 40; i++)
        {
            var random = new RandomAbi(i + 50_000);
            var (nonce, gas, price, value, data) = (random.Next(100_000), 21_000 + random.Next(1_000_000), 1 + random.Next(int.MaxValue), random.Next(int.MaxValue), random.Bytes(4 + random.Next(100)));
            List<string> arguments =
            [
                "mktx", "--private-key", Hex.Data(secret), "--chain", "31337", "--nonce", Text(nonce), "--gas-limit", Text(gas), "--gas-price", Text(price),
                "--value", Text(value),
            ];
            arguments.AddRange(i % 2 == 0 ? ["--legacy"] : ["--priority-gas-price", "1"]);
            var (code, raw) = await Cast([.. arguments, Who, Hex.Data(data), "--rpc-url", "http://127.0.0.1:1"]);
            Assert.True(code == 0, $"{i}: {raw}");
            var decoded = SignedTransaction.Decode(Hex.ParseData(raw));
            Assert.Equal(DevKey.FromSecret(secret).Address, decoded.Sender());
            Assert.Equal(raw, Hex.Data(decoded.Transaction.Encode(decoded.Signature)));
            Assert.Equal((ulong)nonce, decoded.Transaction.Nonce);
            Assert.Equal(data, decoded.Transaction.Data);
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private async Task<(int Code, string Output)> Cast(params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(_cast, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return process.ExitCode == 0 ? (0, output.TrimEnd('\n')) : (process.ExitCode, (await errors).Trim());
    }
}
