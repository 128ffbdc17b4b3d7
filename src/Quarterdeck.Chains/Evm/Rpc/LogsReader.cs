using System.Buffers;
using System.Text.Json;
using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Rpc;

/// <summary>Reads eth_getLogs and block headers straight from UTF-8, since they are most of what a node sends.</summary>
internal static class LogsReader
{
    public static List<EvmLog> Read(ReadOnlySpan<byte> json)
    {
        var logs = new List<EvmLog>();
        var scanner = new LogScanner(json);
        while (scanner.Next())
        {
            logs.Add(new EvmLog
            {
                Address = scanner.Address,
                Topics = scanner.Topics,
                Data = scanner.Data.ToArray(),
                BlockNumber = scanner.BlockNumber,
                BlockHash = scanner.BlockHash,
                TransactionHash = scanner.TransactionHash,
                TransactionIndex = scanner.TransactionIndex,
                LogIndex = scanner.LogIndex,
                Removed = scanner.Removed,
                BlockTime = scanner.BlockTime == 0 ? null : DateTimeOffset.FromUnixTimeSeconds(scanner.BlockTime),
            });
        }

        return logs;
    }

    /// <summary>A header, or null where the node says null.</summary>
    public static EvmBlock? Block(ReadOnlySpan<byte> json)
    {
        if (json.SequenceEqual("null"u8)) return null;
        var reader = new Utf8JsonReader(json);
        Expect(ref reader, JsonTokenType.StartObject);
        ulong? number = null, time = null;
        ulong gasLimit = 0, gasUsed = 0;
        Hash32? hash = null, parent = null;
        System.Numerics.BigInteger? baseFee = null;
        Address recipient = default;
        byte[] bloom = [];
        IReadOnlyList<Hash32> transactions = [];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            if (reader.TokenType == JsonTokenType.Null) continue;
            switch (name)
            {
                case "number": number = UInt64(ref reader); break;
                case "hash": hash = Hash(ref reader); break;
                case "parentHash": parent = Hash(ref reader); break;
                case "timestamp": time = UInt64(ref reader); break;
                case "gasLimit": gasLimit = UInt64(ref reader); break;
                case "gasUsed": gasUsed = UInt64(ref reader); break;
                case "baseFeePerGas": baseFee = Hex.ParseQuantity(reader.GetString()); break;
                case "miner": recipient = Address(ref reader); break;
                case "logsBloom": bloom = Data(ref reader); break;
                case "transactions": transactions = Transactions(ref reader); break;
                default: reader.Skip(); break;
            }
        }

        if (number is null || hash is null || parent is null || time is null)
            throw new FormatException("a block lacks its number, hash, parentHash or timestamp");
        return new EvmBlock
        {
            Ref = new BlockRef(number.Value, hash.Value, parent.Value, DateTimeOffset.FromUnixTimeSeconds((long)time.Value)),
            GasLimit = gasLimit,
            GasUsed = gasUsed,
            BaseFeePerGas = baseFee,
            FeeRecipient = recipient,
            LogsBloom = bloom,
            TransactionHashes = transactions,
        };
    }

    private static List<Hash32> Transactions(ref Utf8JsonReader reader)
    {
        var hashes = new List<Hash32>();
        if (reader.TokenType != JsonTokenType.StartArray) throw new FormatException("transactions are not an array");
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.String) hashes.Add(Hash(ref reader));
            else hashes.Add(RpcJson.HashOf(JsonElement.ParseValue(ref reader), "hash"));
        }

        return hashes;
    }

    private static ulong UInt64(ref Utf8JsonReader reader)
    {
        var digits = Digits(ref reader);
        ulong value = 0;
        if (digits.Length is 0 or > 16) throw Bad(ref reader);
        foreach (var digit in digits)
        {
            var nibble = HexToNibble(digit);
            if (nibble > 15) throw Bad(ref reader);
            value = (value << 4) | nibble;
        }

        return value;
    }

    private static Hash32 Hash(ref Utf8JsonReader reader)
    {
        Span<byte> bytes = stackalloc byte[32];
        FromHex(ref reader, bytes);
        return new Hash32(bytes);
    }

    private static Address Address(ref Utf8JsonReader reader)
    {
        Span<byte> bytes = stackalloc byte[20];
        FromHex(ref reader, bytes);
        return new Address(bytes);
    }

    private static byte[] Data(ref Utf8JsonReader reader)
    {
        var bytes = new byte[Digits(ref reader).Length / 2];
        FromHex(ref reader, bytes);
        return bytes;
    }

    private static void FromHex(ref Utf8JsonReader reader, scoped Span<byte> bytes)
    {
        var digits = Digits(ref reader);
        if (digits.Length != 2 * bytes.Length ||
            Convert.FromHexString(digits, bytes, out _, out _) != OperationStatus.Done)
            throw Bad(ref reader);
    }

    private static ReadOnlySpan<byte> Digits(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String || reader.ValueIsEscaped) throw Bad(ref reader);
        var text = reader.ValueSpan;
        return text.StartsWith("0x"u8) ? text[2..] : throw Bad(ref reader);
    }

    private static uint HexToNibble(byte digit) => digit switch
    {
        >= (byte)'0' and <= (byte)'9' => (uint)(digit - '0'),
        >= (byte)'a' and <= (byte)'f' => (uint)(digit - 'a' + 10),
        >= (byte)'A' and <= (byte)'F' => (uint)(digit - 'A' + 10),
        _ => 16,
    };

    private static FormatException Bad(ref Utf8JsonReader reader) =>
        new($"hex was expected, not {Hex.Shorten(System.Text.Encoding.UTF8.GetString(reader.ValueSpan))}");

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType token)
    {
        if (!reader.Read() || reader.TokenType != token) throw new FormatException($"{token} was expected, not {reader.TokenType}");
    }
}
