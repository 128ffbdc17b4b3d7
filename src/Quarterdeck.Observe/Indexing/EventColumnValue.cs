using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json.Nodes;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Amounts;

namespace Quarterdeck.Observe.Indexing;

/// <summary>
/// How an ABI value is kept in PostgreSQL: which column type, and how COPY's text format writes it.
/// Source: https://www.postgresql.org/docs/current/sql-copy.html
/// </summary>
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

    /// <summary>Appends the value as COPY text; a number is divided by ten to the power of <paramref name="decimals"/>, exactly.</summary>
    public static void Append(StringBuilder row, object? value, string sqlType, int? decimals)
    {
        switch (value, sqlType)
        {
            case (null, _): row.Append("\\N"); break;
            case (Hash32 hash, "bytea"): AppendBytes(row, hash.ToArray()); break;
            case (byte[] bytes, "bytea"): AppendBytes(row, bytes); break;
            case (BigInteger number, "numeric"): AppendNumber(row, number, decimals ?? 0); break;
            case (Address address, "text"): row.Append(address.ToString()); break;
            // PostgreSQL's text cannot hold U+0000, which a contract may well emit.
            case (string text, "text"): AppendText(row, text.Replace('\0', '\uFFFD')); break;
            case (bool flag, "boolean"): row.Append(flag ? 't' : 'f'); break;
            case (_, "jsonb"):
                AppendText(row, Json(value)!.ToJsonString().Replace("\\u0000", "\\uFFFD", StringComparison.Ordinal));
                break;
            default:
                throw new InvalidOperationException($"A value of {value.GetType().Name} does not go into a column of {sqlType}.");
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

    private static void AppendNumber(StringBuilder row, BigInteger raw, int decimals) =>
        row.Append(decimals == 0
            ? raw.ToString(CultureInfo.InvariantCulture)
            : Rational.FromScaled(raw, decimals).ToString(decimals));

    private static JsonNode? Json(object? value) => value switch
    {
        null => null,
        object?[] items => new JsonArray([.. items.Select(Json)]),
        BigInteger number => JsonValue.Create(number.ToString(CultureInfo.InvariantCulture)),
        bool flag => JsonValue.Create(flag),
        string text => JsonValue.Create(text),
        byte[] bytes => JsonValue.Create("0x" + Convert.ToHexStringLower(bytes)),
        _ => JsonValue.Create(value.ToString()),
    };
}
