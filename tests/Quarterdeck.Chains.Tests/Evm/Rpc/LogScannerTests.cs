using System.Text;
using System.Text.Json;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Tests.Evm.Rpc;

public sealed class LogScannerTests
{
    [Fact]
    public void Each_log_is_read_as_it_was_written_whatever_the_order_spaces_and_further_fields()
    {
        var random = new Random(7);
        for (var round = 0; round < 200; round++)
        {
            var expected = Enumerable.Range(0, random.Next(6)).Select(_ => RandomLog(random)).ToList();
            var json = Encoding.UTF8.GetBytes(Json(expected, random));
            var scanner = new LogScanner(json);
            foreach (var log in expected)
            {
                Assert.True(scanner.Next());
                Assert.Equal((log.Address, log.BlockNumber, log.BlockHash, log.TransactionHash, log.LogIndex, log.Removed),
                    (scanner.Address, scanner.BlockNumber, scanner.BlockHash, scanner.TransactionHash, scanner.LogIndex, scanner.Removed));
                Assert.Equal(log.Topics, scanner.Topics);
                Assert.Equal(log.Data, scanner.Data.ToArray());
            }

            Assert.False(scanner.Next());
        }
    }

    [Fact]
    public void What_is_cut_off_or_changed_anywhere_is_refused_or_read_but_never_crashes()
    {
        var random = new Random(8);
        var json = Encoding.UTF8.GetBytes(Json([RandomLog(random), RandomLog(random)], random));
        for (var cut = 0; cut < json.Length; cut++)
        {
            var at = cut;
            Assert.True(Record.Exception(() => Count(json.AsSpan(0, at))) is FormatException or JsonException);
        }

        for (var i = 0; i < 20_000; i++)
        {
            var changed = (byte[])json.Clone();
            for (var n = random.Next(1, 4); n > 0; n--) changed[random.Next(changed.Length)] = (byte)random.Next(256);
            try
            {
                Count(changed);
            }
            catch (Exception e) when (e is FormatException or JsonException or OverflowException)
            {
                // Refused: right too.
            }
        }
    }

    [Fact]
    public void A_log_without_a_field_that_every_log_has_names_it() =>
        Assert.Contains("no topics", Assert.Throws<FormatException>(() => Count("""[{"address":"0x00000000000000000000000000000000000000aa","data":"0x"}]"""u8)).Message, StringComparison.Ordinal);

    [Fact]
    public void Reading_a_hundred_thousand_logs_allocates_nothing_for_any_of_them()
    {
        var random = new Random(9);
        var json = Encoding.UTF8.GetBytes(Json([.. Enumerable.Repeat(RandomLog(random) with { Data = new byte[64] }, 1000)], null));
        Count(json);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++) Assert.Equal(1000, Count(json));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100 * 1000);
    }

    private static int Count(ReadOnlySpan<byte> json)
    {
        var scanner = new LogScanner(json);
        var count = 0;
        while (scanner.Next()) count++;
        return count;
    }

    private static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private static EvmLog RandomLog(Random random) => new()
    {
        Address = new Address(Bytes(random, 20)),
        Topics = new LogTopics([.. Enumerable.Range(0, random.Next(5)).Select(_ => new Hash32(Bytes(random, 32)))]),
        Data = Bytes(random, random.Next(400)),
        BlockNumber = (ulong)random.NextInt64(),
        BlockHash = new Hash32(Bytes(random, 32)),
        TransactionHash = new Hash32(Bytes(random, 32)),
        LogIndex = random.Next(),
        Removed = random.Next(2) == 0,
    };

    private static string Json(IReadOnlyList<EvmLog> logs, Random? random)
    {
        string Space() => random?.Next(6) == 0 ? " \n\t" : "";
        var items = logs.Select(log =>
        {
            List<string> fields =
            [
                $"\"address\":{Space()}\"{log.Address.ToLowerHex()}\"", $"\"topics\":[{string.Join("," + Space(), log.Topics.Select(t => $"\"{t}\""))}{Space()}]",
                $"\"data\":\"{Hex.Data(log.Data)}\"", $"\"blockNumber\" : \"{Hex.Quantity(log.BlockNumber)}\"", $"\"blockHash\":\"{log.BlockHash}\"",
                $"\"transactionHash\":\"{log.TransactionHash}\"", $"\"logIndex\":\"{Hex.Quantity((ulong)log.LogIndex)}\"", $"\"removed\":{(log.Removed ? "true" : "false")}",
                "\"blockTimestamp\":null", "\"l1\":{\"a\":[1,{\"b\":\"}]\\\"\"}],\"c\":null}", "\"fee\":1.5e3",
            ];
            var shuffled = fields.ToArray();
            random?.Shuffle(shuffled);
            return "{" + Space() + string.Join(Space() + ",", shuffled) + Space() + "}";
        });
        return Space() + "[" + string.Join(",", items) + Space() + "]" + Space();
    }
}
