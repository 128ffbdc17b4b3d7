using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Primitives;

namespace Quarterdeck.Benchmarks.Indexing;

/// <summary>Transfer logs decoded in a second on one core.</summary>
internal static class DecodeRate
{
    private static readonly EventDecoder Transfer = new(AbiEvent.Parse("event Transfer(address indexed from, address indexed to, uint256 value)"));

    /// <summary>
    /// From hex text to typed values, which is what viem is given and gives; and from the node's JSON, which viem leaves to
    /// the engine's own parser.
    /// </summary>
    public static async Task<(double FromHex, double FromJson)> Measure(TransferChain chain, CancellationToken cancel)
    {
        await using var transport = new JsonRpcTransport(chain.Endpoint, RpcMethods.ReadOnly);
        var reader = new EvmReader(transport);
        var answers = new List<byte[]>();
        for (var from = 1; from <= chain.Blocks; from += 20)
        {
            answers.Add(await reader.Logs(
                new LogFilter { FromBlock = (ulong)from, ToBlock = (ulong)Math.Min(chain.Blocks, from + 19), Addresses = [Address.Parse(TransferChain.Token)] },
                json => json.ToArray(), cancel));
        }

        var texts = answers.SelectMany(a => JsonNode.Parse(a)!.AsArray()).Select(log => (
            From: Text(log!["topics"]![0]!), To: Text(log["topics"]![1]!), Third: Text(log["topics"]![2]!), Data: Text(log["data"]!))).ToArray();
        // The rounds before the last five bring the code to its final form.
        return (Best(texts.Length, () => Hex(texts)), Best(texts.Length, () => answers.Sum(Json)));
    }

    private static double Best(int events, Func<int> decode)
    {
        List<double> seconds = [];
        for (var round = 0; round < 20; round++)
        {
            var began = Stopwatch.GetTimestamp();
            if (decode() != events) throw new InvalidOperationException("Not every log was decoded.");
            seconds.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
        }

        return events / Alerts.PrometheusPeer.Median(seconds.TakeLast(5));
    }

    private static int Hex((byte[] First, byte[] Second, byte[] Third, byte[] Data)[] logs)
    {
        Span<Hash32> topics = stackalloc Hash32[3];
        Span<byte> word = stackalloc byte[32];
        Span<byte> data = stackalloc byte[32];
        var count = 0;
        foreach (var (first, second, third, body) in logs)
        {
            topics[0] = Word(first, word);
            topics[1] = Word(second, word);
            topics[2] = Word(third, word);
            Convert.FromHexString(body.AsSpan(2), data, out _, out _);
            if (Transfer.TryRead(topics, data, out var log) && !log.Address(0).IsZero && !log.Address(1).IsZero && !log.UInt256(2).IsZero) count++;
        }

        return count;
    }

    private static int Json(byte[] answer)
    {
        var logs = new LogScanner(answer);
        var count = 0;
        while (logs.Next())
            if (Transfer.TryRead(logs.Topics.Span, logs.Data, out var log) && !log.Address(0).IsZero && !log.Address(1).IsZero && !log.UInt256(2).IsZero) count++;
        return count;
    }

    private static Hash32 Word(byte[] text, Span<byte> word)
    {
        Convert.FromHexString(text.AsSpan(2), word, out _, out _);
        return new Hash32(word);
    }

    private static byte[] Text(JsonNode node) => Encoding.ASCII.GetBytes(node.GetValue<string>());
}
