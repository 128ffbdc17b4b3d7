using System.Globalization;
using System.Text;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Observe.Indexing;

namespace Quarterdeck.Observe.Tests.Indexing;

/// <summary>Conditions of index.yaml over the path that every log of a fill takes, from the node's JSON to rows.</summary>
public sealed class RowConditionTests
{
    private const int Logs = 2000;

    // up is true for every second log, and large_swaps takes those that are true and at least 100.
    [Theory]
    [InlineData("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", 0)]
    [InlineData("8000000000000000000000000000000000000000000000000000000000000000", 0)]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000", 0)]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000063", 0)]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000064", Logs / 2)]
    [InlineData("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", Logs / 2)]
    public void A_condition_on_a_signed_number_keeps_negative_ones_below_all_others(string amount, int taken)
    {
        using var pack = new FactoryPack("http://127.0.0.1:1");
        var router = new LogRouter("ethereum", EventTableDefinition.Of(pack.Bound, "ethereum"));
        router.Announce("Pool", FactoryPack.Pool(0), 1);
        Assert.Equal(Logs + taken, Rows(router, Encoding.UTF8.GetBytes(Answer(amount))));
    }

    private static int Rows(LogRouter router, ReadOnlySpan<byte> json)
    {
        using var rows = new RowBatch(router.Tables.Count);
        var logs = new LogScanner(json);
        while (logs.Next())
        {
            router.Write(rows, new LogFields
            {
                Address = logs.Address,
                Topics = logs.Topics.Span,
                Data = logs.Data,
                BlockNumber = logs.BlockNumber,
                BlockHash = logs.BlockHash,
                TransactionHash = logs.TransactionHash,
                LogIndex = logs.LogIndex,
                BlockTime = logs.BlockTime,
            });
        }

        Assert.Equal(0, rows.Undecodable);
        return rows.Rows;
    }

    private static string Answer(string? amount = null)
    {
        var swapped = AbiEvent.Parse("event Swapped(address indexed user, int256 amount, bool up)").Topic0;
        var logs = Enumerable.Range(0, Logs).Select(i => string.Create(CultureInfo.InvariantCulture,
            $$"""{"address":"{{FactoryPack.Pool(0)}}","topics":["{{swapped}}","0x{{0xA000 + i % 50:x64}}"],"data":"0x{{amount ?? $"{20_000 + i:x64}"}}{{i % 2:x64}}","blockNumber":"0x{{2 + i / 100:x}}","blockHash":"0x{{2 + i / 100:x64}}","transactionHash":"0x{{i:x64}}","transactionIndex":"0x0","logIndex":"0x{{i % 100:x}}","blockTimestamp":"0x66000000","removed":false}"""));
        return $"[{string.Join(',', logs)}]";
    }
}
