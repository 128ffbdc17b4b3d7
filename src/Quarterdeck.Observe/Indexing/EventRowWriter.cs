using System.Runtime.CompilerServices;
using System.Text;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Primitives;

namespace Quarterdeck.Observe.Indexing;

/// <summary>Turns the logs of one event into rows of its table, without allocating. Safe for concurrent use.</summary>
internal sealed class EventRowWriter
{
    private const long PostgresEpoch = 946_684_800;
    private readonly EventDecoder _decoder;
    private readonly EventTableDefinition _table;
    private readonly Source[] _sources;
    private readonly RowCondition[] _where;
    private readonly byte[] _chain;
    private readonly AddressTexts _addresses;

    public EventRowWriter(string chain, EventTableDefinition table, AddressTexts addresses)
    {
        (_table, _decoder, _chain, _addresses) = (table, new EventDecoder(table.Event), Encoding.UTF8.GetBytes(chain), addresses);
        _where = [.. table.Where];
        _sources = [.. table.Columns.Select(c => new Source(
            c.Position, c.Position < 0 ? null : table.Event.Inputs[c.Position].Type, c.Decimals ?? 0, c.Constant is null ? null : c.ConstantField()))];
        CopyCommand = $"COPY {table.QualifiedName} (chain, block_number, block_hash, block_time, transaction_hash, log_index"
            + $"{string.Concat(table.Columns.Select(c => ", " + EventTableDefinition.Quote(c.Name)))}) FROM STDIN (FORMAT BINARY)";
    }

    /// <summary>The statement that takes the rows.</summary>
    public string CopyCommand { get; }

    /// <summary>The table.</summary>
    public EventTableDefinition Table => _table;

    /// <summary>
    /// Appends the log as a row. Of two things it is not a row: another event's log, or one that the table's conditions leave
    /// out. Returns where the block time stands, −1 where there is no row.
    /// </summary>
    /// <exception cref="AbiException">The log's data is malformed; nothing was appended.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int Write(CopyBuffer rows, scoped in LogFields log)
    {
        if (log.BlockNumber < _table.Start || !_decoder.TryRead(log.Topics, log.Data, out var reader))
        {
            // An event with the same first topic and other indexed fields is another event; one of ours that is too short is malformed.
            return log.BlockNumber >= _table.Start && !_table.Event.Anonymous && _table.Event.Matches(log.Topics)
                ? throw new AbiException($"A log of {_table.Event.Signature} has only {log.Data.Length} bytes of data.")
                : -1;
        }

        if (_table.Event.Anonymous && log.Topics.Length > 0 && _table.OtherTopics.Contains(log.Topics[0])) return -1;
        var start = rows.Length;
        try
        {
            foreach (var condition in _where)
                if (!condition.Holds(reader, log.Address)) return -1;
            rows.Int16((short)(6 + _sources.Length));
            rows.Field(_chain);
            rows.Field((long)log.BlockNumber);
            rows.Field(log.BlockHash);
            var time = rows.Length + 4;
            rows.Field(Time(log.BlockTime));
            rows.Field(log.TransactionHash);
            rows.Field(log.LogIndex);
            foreach (ref readonly var source in _sources.AsSpan())
            {
                if (source.Type is not null) EventColumnValue.Write(rows, reader, source.Position, source.Type, source.Decimals, _addresses);
                else if (source.Constant is not null) source.Constant.CopyTo(rows.Take(source.Constant.Length));
                else rows.Field(_addresses.Of(log.Address));
            }

            return time;
        }
        catch (AbiException)
        {
            rows.CutTo(start);
            throw;
        }
    }

    /// <summary>PostgreSQL's microseconds of Unix seconds.</summary>
    public static long Time(long unixSeconds) => (unixSeconds - PostgresEpoch) * 1_000_000;

    private readonly record struct Source(int Position, AbiType? Type, int Decimals, byte[]? Constant);
}

/// <summary>One log, wherever it was read from.</summary>
internal readonly ref struct LogFields
{
    public required Address Address { get; init; }

    public required ReadOnlySpan<Hash32> Topics { get; init; }

    public required ReadOnlySpan<byte> Data { get; init; }

    public required ulong BlockNumber { get; init; }

    public required Hash32 BlockHash { get; init; }

    public required Hash32 TransactionHash { get; init; }

    public required int LogIndex { get; init; }

    /// <summary>Unix seconds.</summary>
    public required long BlockTime { get; init; }
}
