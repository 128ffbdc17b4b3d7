using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using NpgsqlTypes;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Amounts;

namespace Quarterdeck.Observe.Indexing;

/// <summary>How an ABI value is kept in PostgreSQL: which column type, and which value.</summary>
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

    /// <summary>The type that COPY is told.</summary>
    public static NpgsqlDbType DbType(string sqlType) => sqlType switch
    {
        "bytea" => NpgsqlDbType.Bytea,
        "numeric" => NpgsqlDbType.Numeric,
        "text" => NpgsqlDbType.Text,
        "boolean" => NpgsqlDbType.Boolean,
        "jsonb" => NpgsqlDbType.Jsonb,
        _ => throw new InvalidOperationException($"No column has the type {sqlType}."),
    };

    /// <summary>The value for that column; a number is divided by ten to the power of <paramref name="decimals"/>.</summary>
    public static object From(object? value, string sqlType, int? decimals) => (value, sqlType) switch
    {
        (null, _) => DBNull.Value,
        (Hash32 hash, "bytea") => hash.ToArray(),
        (byte[] bytes, "bytea") => bytes,
        (BigInteger number, "numeric") when decimals is > 0 => Numeric(number, decimals.Value),
        (BigInteger number, "numeric") => number,
        (Address address, "text") => address.ToString(),
        // PostgreSQL's text cannot hold U+0000, which a contract may well emit.
        (string text, "text") => text.Replace("\0", "\uFFFD", StringComparison.Ordinal),
        (bool flag, "boolean") => flag,
        (_, "jsonb") => Json(value)!.ToJsonString().Replace("\\u0000", "\\uFFFD", StringComparison.Ordinal),
        _ => throw new InvalidOperationException($"A value of {value.GetType().Name} does not go into a column of {sqlType}."),
    };

    private static object Numeric(BigInteger raw, int decimals)
    {
        // .NET's decimal holds 28 digits; a wider amount goes in as the text PostgreSQL reads exactly.
        var text = Rational.FromScaled(raw, decimals).ToString(decimals);
        return decimal.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var small)
            && small.ToString(System.Globalization.CultureInfo.InvariantCulture).TrimEnd('0') == text.TrimEnd('0')
            ? small
            : new WideNumber(text);
    }

    private static JsonNode? Json(object? value) => value switch
    {
        null => null,
        object?[] items => new JsonArray([.. items.Select(Json)]),
        BigInteger number => JsonValue.Create(number.ToString(System.Globalization.CultureInfo.InvariantCulture)),
        bool flag => JsonValue.Create(flag),
        string text => JsonValue.Create(text),
        byte[] bytes => JsonValue.Create("0x" + Convert.ToHexStringLower(bytes)),
        _ => JsonValue.Create(value.ToString()),
    };
}

/// <summary>A decimal number with more digits than <see cref="decimal"/> holds, as PostgreSQL reads it.</summary>
internal sealed record WideNumber(string Text);
