using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Rpc;

/// <summary>
/// Walks the logs in an answer to <c>eth_getLogs</c>, in place and without an object for each: the path where millions of
/// logs are read. After <see cref="Next"/> the properties are those of one log, until the next call.
/// </summary>
/// <remarks>Source of the fields: https://ethereum.github.io/execution-apis. Unknown fields are passed over.</remarks>
public ref struct LogScanner
{
    private readonly ReadOnlySpan<byte> _json;
    private int _at;
    private State _state;
    private byte[] _data;
    private int _dataLength;
    private LogTopics _topics;
    private Address _address;
    private Hash32 _blockHash, _transactionHash;

    // Where the last values stand, since neighbours mostly repeat contract, event, block and transaction.
    private int _addressAt, _topicAt, _blockHashAt, _transactionHashAt;

    private enum State { Before, Within, After }

    /// <summary>Begins before the first log.</summary>
    /// <param name="json">The result: a JSON array of logs.</param>
    public LogScanner(ReadOnlySpan<byte> json)
    {
        _json = json;
        _data = new byte[256];
        (_addressAt, _topicAt, _blockHashAt, _transactionHashAt) = (-1, -1, -1, -1);
    }

    /// <summary>The contract that emitted it.</summary>
    public readonly Address Address => _address;

    /// <summary>None to four topics.</summary>
    [UnscopedRef]
    public readonly ref readonly LogTopics Topics => ref _topics;

    /// <summary>The parameters that are not indexed, encoded.</summary>
    public readonly ReadOnlySpan<byte> Data => _data.AsSpan(0, _dataLength);

    /// <summary>Height of its block.</summary>
    public ulong BlockNumber { get; private set; }

    /// <summary>Its block.</summary>
    public readonly Hash32 BlockHash => _blockHash;

    /// <summary>Its transaction.</summary>
    public readonly Hash32 TransactionHash => _transactionHash;

    /// <summary>Place of the transaction in the block, from 0.</summary>
    public int TransactionIndex { get; private set; }

    /// <summary>Place of the log in the block, from 0.</summary>
    public int LogIndex { get; private set; }

    /// <summary>The block's time in Unix seconds where the node gives it with the log; 0 elsewhere.</summary>
    public long BlockTime { get; private set; }

    /// <summary>True where the node says that the log's block was orphaned.</summary>
    public bool Removed { get; private set; }

    /// <summary>Moves to the next log; false after the last.</summary>
    /// <exception cref="FormatException">Not an array of logs, cut off, or a field is not what it should be.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool Next()
    {
        switch (_state)
        {
            case State.Before:
                Expect((byte)'[');
                _state = State.Within;
                if (Peek() == ']') return End();
                break;
            case State.Within:
                if (Peek() == ']') return End();
                Expect((byte)',');
                break;
            default:
                return false;
        }

        ReadLog();
        return true;
    }

    private bool End()
    {
        _at++;
        _state = State.After;
        if (_json[_at..].ContainsAnyExcept(" \t\r\n"u8)) throw new FormatException("more follows than the logs");
        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ReadLog()
    {
        Expect((byte)'{');
        (BlockNumber, TransactionIndex, LogIndex, BlockTime, Removed) = (0, 0, 0, 0, false);
        var seen = 0;
        var (sawBlock, sawTransaction) = (false, false);
        if (Peek() == '}') _at++;
        else
        {
            while (true)
            {
                var name = Text();
                Expect((byte)':');
                if (Peek() == 'n') Literal("null"u8);
                else
                {
                    switch (Field(name))
                    {
                        case LogField.Address: ReadAddress(); seen |= 1; break;
                        case LogField.Topics: ReadTopics(); seen |= 2; break;
                        case LogField.Data: ReadData(); seen |= 4; break;
                        case LogField.BlockNumber: BlockNumber = Quantity(); break;
                        case LogField.BlockHash: ReadHash(ref _blockHash, ref _blockHashAt); sawBlock = true; break;
                        case LogField.BlockTimestamp: BlockTime = (long)Quantity(); break;
                        case LogField.TransactionHash: ReadHash(ref _transactionHash, ref _transactionHashAt); sawTransaction = true; break;
                        case LogField.TransactionIndex: TransactionIndex = (int)Quantity(); break;
                        case LogField.LogIndex: LogIndex = (int)Quantity(); break;
                        case LogField.Removed: Removed = Flag(); break;
                        default: SkipValue(); break;
                    }
                }

                if (Peek() == '}')
                {
                    _at++;
                    break;
                }

                Expect((byte)',');
            }
        }

        if (seen != 7) throw new FormatException($"a log has no {((seen & 1) == 0 ? "address" : (seen & 2) == 0 ? "topics" : "data")}");
        // A log of a pending block has neither.
        if (!sawBlock) (_blockHash, _blockHashAt) = (default, -1);
        if (!sawTransaction) (_transactionHash, _transactionHashAt) = (default, -1);
    }

    private enum LogField { Other, Address, Topics, Data, BlockNumber, BlockHash, BlockTimestamp, TransactionHash, TransactionIndex, LogIndex, Removed }

    private static LogField Field(ReadOnlySpan<byte> name) => name.Length switch
    {
        4 when name.SequenceEqual("data"u8) => LogField.Data,
        6 when name.SequenceEqual("topics"u8) => LogField.Topics,
        7 when name.SequenceEqual("address"u8) => LogField.Address,
        7 when name.SequenceEqual("removed"u8) => LogField.Removed,
        8 when name.SequenceEqual("logIndex"u8) => LogField.LogIndex,
        9 when name.SequenceEqual("blockHash"u8) => LogField.BlockHash,
        11 when name.SequenceEqual("blockNumber"u8) => LogField.BlockNumber,
        14 when name.SequenceEqual("blockTimestamp"u8) => LogField.BlockTimestamp,
        15 when name.SequenceEqual("transactionHash"u8) => LogField.TransactionHash,
        16 when name.SequenceEqual("transactionIndex"u8) => LogField.TransactionIndex,
        _ => LogField.Other,
    };

    private void ReadAddress()
    {
        var digits = Digits(out var start);
        if (IsSame(digits, _addressAt)) return;
        Span<byte> bytes = stackalloc byte[Address.Length];
        FromHex(digits, bytes);
        (_address, _addressAt) = (new Address(bytes), start);
    }

    private void ReadHash(ref Hash32 hash, ref int at)
    {
        var digits = Digits(out var start);
        if (IsSame(digits, at)) return;
        (hash, at) = (HashOf(digits), start);
    }

    private void ReadTopics()
    {
        Expect((byte)'[');
        Span<Hash32> topics = stackalloc Hash32[4];
        var count = 0;
        if (Peek() == ']') _at++;
        else
        {
            while (true)
            {
                if (count == 4) throw new FormatException("a log has more than 4 topics");
                var digits = Digits(out var start);
                topics[count] = count == 0 && IsSame(digits, _topicAt) ? _topics[0] : HashOf(digits);
                if (count == 0) _topicAt = start;
                count++;
                if (Peek() == ']')
                {
                    _at++;
                    break;
                }

                Expect((byte)',');
            }
        }

        if (count == 0) _topicAt = -1;
        _topics = new LogTopics(topics[..count]);
    }

    private void ReadData()
    {
        var digits = Digits(out _);
        _dataLength = digits.Length / 2;
        if (_data.Length < _dataLength) _data = new byte[Math.Max(_dataLength, 2 * _data.Length)];
        FromHex(digits, _data.AsSpan(0, _dataLength));
    }

    private ulong Quantity()
    {
        var digits = Digits(out _);
        if (digits.Length is 0 or > 16) throw Bad(digits);
        ulong value = 0;
        foreach (var digit in digits)
        {
            var nibble = (uint)(digit <= '9' ? digit - '0' : unchecked((digit | 0x20) - 'a' + 10));
            if (nibble > 15 || digit is > (byte)'9' and < (byte)'A') throw Bad(digits);
            value = (value << 4) | nibble;
        }

        return value;
    }

    private bool Flag()
    {
        var flag = Peek() == 't';
        Literal(flag ? "true"u8 : "false"u8);
        return flag;
    }

    private void Literal(ReadOnlySpan<byte> word)
    {
        if (!_json[_at..].StartsWith(word)) throw Unexpected();
        _at += word.Length;
    }

    private void SkipValue()
    {
        var reader = new Utf8JsonReader(_json[_at..], new JsonReaderOptions { MaxDepth = 64 });
        reader.Read();
        reader.Skip();
        _at += (int)reader.BytesConsumed;
    }

    private readonly bool IsSame(ReadOnlySpan<byte> digits, int at) => at >= 0 && _json.Slice(at, digits.Length).SequenceEqual(digits);

    // Hex digits of a string, without 0x.
    private ReadOnlySpan<byte> Digits(out int start)
    {
        var text = Text();
        if (text.Length < 2 || text[0] != '0' || text[1] != 'x') throw Bad(text);
        start = _at - 1 - text.Length + 2;
        return text[2..];
    }

    private ReadOnlySpan<byte> Text()
    {
        Expect((byte)'"');
        var rest = _json[_at..];
        var end = rest.IndexOfAny((byte)'"', (byte)'\\');
        // No name or value here needs an escape; one that has it is passed over as unknown only where it is a value.
        if (end < 0 || rest[end] == '\\') throw Unexpected();
        _at += end + 1;
        return rest[..end];
    }

    private static Hash32 HashOf(ReadOnlySpan<byte> digits)
    {
        Span<byte> bytes = stackalloc byte[32];
        FromHex(digits, bytes);
        return new Hash32(bytes);
    }

    private static void FromHex(ReadOnlySpan<byte> digits, Span<byte> bytes)
    {
        if (digits.Length != 2 * bytes.Length || Convert.FromHexString(digits, bytes, out _, out _) != OperationStatus.Done) throw Bad(digits);
    }

    private void Expect(byte token)
    {
        if (Peek() != token) throw Unexpected();
        _at++;
    }

    private byte Peek()
    {
        while (_at < _json.Length)
        {
            var next = _json[_at];
            if (next is not ((byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')) return next;
            _at++;
        }

        throw new FormatException("the logs are cut off");
    }

    private readonly FormatException Unexpected() =>
        new($"the logs are not what they should be at byte {_at}: {Hex.Shorten(System.Text.Encoding.UTF8.GetString(_json.Slice(_at, Math.Min(40, _json.Length - _at))))}");

    private static FormatException Bad(ReadOnlySpan<byte> text) => new($"hex was expected, not {Hex.Shorten(System.Text.Encoding.UTF8.GetString(text))}");
}
