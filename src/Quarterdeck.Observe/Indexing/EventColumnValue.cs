using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;

namespace Quarterdeck.Observe.Indexing;

/// <summary>How an ABI value is kept in PostgreSQL: which column type, and how it is written.</summary>
internal static class EventColumnValue
{
    /// <summary>
    /// The SQL type: numbers are <c>numeric</c> and exact, addresses EIP-55 text, bytes <c>bytea</c>, arrays and tuples
    /// <c>jsonb</c>. Of an indexed parameter of dynamic type only the hash is logged, so it is <c>bytea</c>.
    /// </summary>
    public static string SqlType(AbiParameter parameter) => parameter switch
    {
        { Indexed: true, Type.IsHashedWhenIndexed: true } => "bytea",
        { Type.Kind: AbiKind.UInt or AbiKind.Int or AbiKind.UFixed or AbiKind.Fixed } => "numeric",
        { Type.Kind: AbiKind.Address or AbiKind.String } => "text",
        { Type.Kind: AbiKind.Bool } => "boolean",
        { Type.Kind: AbiKind.FixedBytes or AbiKind.Bytes or AbiKind.Function } => "bytea",
        _ => "jsonb",
    };

    /// <summary>Writes a parameter of a log as a field. Allocates only for arrays and tuples.</summary>
    /// <exception cref="AbiException">The log's data is malformed.</exception>
    public static void Write(CopyBuffer row, scoped in EventReader log, int index, AbiType type, int decimals, AddressTexts addresses)
    {
        if (log.IsHash(index))
        {
            row.Field(log.Hash(index));
            return;
        }

        switch (type.Kind)
        {
            case AbiKind.UInt or AbiKind.UFixed: row.Numeric(log.UInt256(index), false, decimals); break;
            case AbiKind.Int or AbiKind.Fixed: WriteSigned(row, log, index, type, decimals); break;
            case AbiKind.Address: row.Field(addresses.Of(log.Address(index))); break;
            case AbiKind.Bool: row.Field(log.Bool(index)); break;
            case AbiKind.FixedBytes or AbiKind.Function: WriteFixed(row, log, index, type); break;
            case AbiKind.Bytes: row.Field(log.Bytes(index)); break;
            case AbiKind.String: WriteText(row, log.Bytes(index)); break;
            default: row.Json(Json(log.Value(index), type)!.ToJsonString().Replace("\\u0000", "\\uFFFD", StringComparison.Ordinal)); break;
        }
    }

    /// <summary>Appends bytes as COPY text.</summary>
    public static void AppendBytes(StringBuilder row, ReadOnlySpan<byte> bytes) =>
        row.Append("\\\\x").Append(Convert.ToHexStringLower(bytes));

    /// <summary>Appends text with COPY's escapes.</summary>
    public static void AppendText(StringBuilder row, string text)
    {
        foreach (var c in text)
        {
            switch (c)
            {
                case '\\': row.Append("\\\\"); break;
                case '\n': row.Append("\\n"); break;
                case '\r': row.Append("\\r"); break;
                case '\t': row.Append("\\t"); break;
                default: row.Append(c); break;
            }
        }
    }

    private static void WriteSigned(CopyBuffer row, scoped in EventReader log, int index, AbiType type, int decimals)
    {
        Span<byte> word = stackalloc byte[32];
        log.Word(index, word);
        var negative = (word[32 - type.Size / 8] & 0x80) != 0;
        if (word[..(32 - type.Size / 8)].ContainsAnyExcept(negative ? (byte)0xff : (byte)0))
            throw new AbiException($"{Hex.Data(word)} is not a value of {type}.");
        if (negative)
        {
            // Two's complement: the magnitude is the inverse plus one.
            var carry = 1;
            for (var i = 31; i >= 0; i--)
            {
                var sum = (word[i] ^ 0xff) + carry;
                (word[i], carry) = ((byte)(sum & 0xff), sum >> 8);
            }
        }

        row.Numeric(new UInt256(word), negative, decimals);
    }

    private static void WriteFixed(CopyBuffer row, scoped in EventReader log, int index, AbiType type)
    {
        Span<byte> word = stackalloc byte[32];
        log.Word(index, word);
        if (word[type.Size..].ContainsAnyExcept((byte)0)) throw new AbiException($"{Hex.Data(word)} is not a value of {type}.");
        row.Field(word[..type.Size]);
    }

    private static void WriteText(CopyBuffer row, ReadOnlySpan<byte> utf8)
    {
        // PostgreSQL's text is valid UTF-8 without U+0000; a contract may well emit something else.
        if (Utf8.IsValid(utf8) && !utf8.Contains((byte)0)) row.Field(utf8);
        else row.Field(Encoding.UTF8.GetString(utf8));
    }

    // A tuple whose parts have names is an object.
    private static JsonNode? Json(object? value, AbiType type) => value switch
    {
        null => null,
        object?[] parts when type.Kind == AbiKind.Tuple && type.Components.All(c => c.Name.Length > 0)
            && type.Components.DistinctBy(c => c.Name).Count() == parts.Length =>
            new JsonObject(parts.Select((p, i) => KeyValuePair.Create(type.Components[i].Name, Json(p, type.Components[i].Type)))),
        object?[] parts when type.Kind == AbiKind.Tuple => new JsonArray([.. parts.Select((p, i) => Json(p, type.Components[i].Type))]),
        object?[] items => new JsonArray([.. items.Select(i => Json(i, type.Element!))]),
        BigInteger number => JsonValue.Create(number.ToString(CultureInfo.InvariantCulture)),
        bool flag => JsonValue.Create(flag),
        string text => JsonValue.Create(text),
        byte[] bytes => JsonValue.Create("0x" + Convert.ToHexStringLower(bytes)),
        _ => JsonValue.Create(value.ToString()),
    };
}
