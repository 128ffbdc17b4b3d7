using System.Globalization;
using System.Text;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Primitives;

namespace Quarterdeck.Observe.Indexing;

/// <summary>One row in COPY's text format, line end included.</summary>
internal static class EventRow
{
    /// <summary>A decoded log. The event must match the log.</summary>
    public static ReadOnlyMemory<char> Text(string chain, EventTableDefinition table, EvmLog log, DateTimeOffset blockTime)
    {
        var values = table.Event.Decode(log.Topics.Span, log.Data).Values;
        var row = new StringBuilder(256);
        EventColumnValue.AppendText(row, chain);
        row.Append('\t').Append(log.BlockNumber).Append('\t');
        EventColumnValue.AppendBytes(row, log.BlockHash.ToArray());
        row.Append('\t').Append(blockTime.ToString("O", CultureInfo.InvariantCulture)).Append('\t');
        EventColumnValue.AppendBytes(row, log.TransactionHash.ToArray());
        row.Append('\t').Append(log.LogIndex);
        foreach (var column in table.Columns)
        {
            row.Append('\t');
            EventColumnValue.Append(row, values[column.Position].Value, column.SqlType, column.Decimals);
        }

        return row.Append('\n').ToString().AsMemory();
    }

    /// <summary>A block.</summary>
    public static ReadOnlyMemory<char> Text(string pack, string chain, BlockRef block)
    {
        var row = new StringBuilder(256);
        EventColumnValue.AppendText(row, pack);
        row.Append('\t');
        EventColumnValue.AppendText(row, chain);
        row.Append('\t').Append(block.Number).Append('\t');
        EventColumnValue.AppendBytes(row, block.Hash.ToArray());
        row.Append('\t');
        EventColumnValue.AppendBytes(row, block.ParentHash.ToArray());
        row.Append('\t').Append(block.Time.ToString("O", CultureInfo.InvariantCulture));
        return row.Append('\n').ToString().AsMemory();
    }
}
