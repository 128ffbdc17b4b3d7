using System.Diagnostics;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Testing;

namespace Quarterdeck.Chains.Tests.Evm.Abi;

public sealed class AbiRandomTests
{
    [Fact]
    public void What_is_encoded_is_decoded_again_and_its_text_is_read_again()
    {
        for (var seed = 0; seed < 2000; seed++)
        {
            var random = new RandomAbi(seed);
            var types = random.Types();
            var values = random.Values(types);
            var decoded = AbiCodec.Decode(types, AbiCodec.Encode(types, values));
            for (var i = 0; i < types.Count; i++)
            {
                var text = AbiText.Print(types[i].Type, values[i]);
                Assert.Equal(text, AbiText.Print(types[i].Type, decoded[i]));
                Assert.Equal(text, AbiText.Print(types[i].Type, AbiText.Parse(types[i].Type, text)));
            }
        }
    }

    [Fact]
    public void Mutated_data_gives_values_or_a_typed_error_and_allocates_in_proportion()
    {
        for (var seed = 0; seed < 4000; seed++)
        {
            var random = new RandomAbi(seed);
            var types = random.Types();
            var data = AbiCodec.Encode(types, random.Values(types));
            for (var i = 0; i < 1 + seed % 4; i++) data[random.Next(data.Length)] = (byte)(random.Next(3) switch { 0 => 0xff, 1 => 0, _ => random.Next(256) });
            if (random.Next(3) == 0) data = data[..random.Next(data.Length)];
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                AbiCodec.Decode(types, data);
            }
            catch (AbiException)
            {
            }

            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 64 * 1024 + 200 * data.Length, $"seed {seed}");
        }
    }

    // cast is what the runbooks are written for, so that it is the judge.
    [Fact]
    [Trait("slow", "true")]
    public async Task Encodings_and_decodings_equal_those_of_cast()
    {
        var cast = TestPackages.Cast();
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new RandomAbi(seed);
            var types = random.Types();
            var values = random.Values(types);
            var signature = $"f{AbiType.TupleOf(types).Name}";
            string[] texts = [.. types.Select((t, i) => AbiText.Print(t.Type, values[i]))];
            var encoded = Hex.Data(AbiCodec.Encode(types, values));
            Assert.Equal(encoded, await Run(cast, ["abi-encode", signature, "--", .. texts]));
            var printed = string.Join('\n', types.Select((t, i) => AbiText.Print(t.Type, values[i], exponent: true)));
            Assert.Equal(printed, await Run(cast, ["decode-abi", $"f(){AbiType.TupleOf(types).Name}", encoded]));
        }
    }

    private static async Task<string> Run(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{string.Join(' ', arguments)}: {await errors}");
        return output.TrimEnd('\n');
    }
}
