using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Npgsql;
using Quarterdeck.Primitives;

namespace Quarterdeck.Store.Reading;

/// <summary>Reads one column into one type, and says which column where it cannot.</summary>
internal static class ColumnValue
{
    private static readonly HashSet<Type> Plain =
    [
        typeof(string), typeof(bool), typeof(short), typeof(int), typeof(long), typeof(byte), typeof(ushort), typeof(uint),
        typeof(ulong), typeof(double), typeof(float), typeof(decimal), typeof(BigInteger), typeof(DateTimeOffset),
        typeof(DateTime), typeof(TimeSpan), typeof(Guid), typeof(byte[]), typeof(Hash32), typeof(JsonElement),
        typeof(JsonNode), typeof(JsonObject), typeof(JsonArray), typeof(object), typeof(DateOnly),
    ];

    public static bool IsScalar(Type type)
    {
        var core = Nullable.GetUnderlyingType(type) ?? type;
        return Plain.Contains(core) || core.IsEnum || core.IsArray || TextParse.Of(core) is not null;
    }

    public static Func<NpgsqlDataReader, object?> Reader(Type type, int column, NpgsqlDataReader reader)
    {
        var core = Nullable.GetUnderlyingType(type) ?? type;
        var nullable = core != type || !type.IsValueType;
        var name = reader.GetName(column);
        var read = Core(core, column, reader.GetFieldType(column));
        return row =>
        {
            if (row.IsDBNull(column))
            {
                return nullable
                    ? null
                    : throw new InvalidCastException($"Column '{name}' is null; {type.Name} cannot hold that. Read it as {type.Name}?.");
            }

            try
            {
                return read(row);
            }
            catch (Exception e) when (e is InvalidCastException or FormatException or OverflowException or ArgumentException)
            {
                throw new InvalidCastException($"Column '{name}' cannot be read as {type.Name}: {e.Message}", e);
            }
        };
    }

    private static Func<NpgsqlDataReader, object> Core(Type type, int c, Type stored)
    {
        if (type == typeof(string)) return r => r.GetString(c);
        if (type == typeof(bool)) return r => r.GetBoolean(c);
        if (type == typeof(DateTimeOffset)) return r => r.GetFieldValue<DateTimeOffset>(c);
        if (type == typeof(Hash32)) return stored == typeof(string)
            ? r => Hash32.Parse(r.GetString(c))
            : r => new Hash32(r.GetFieldValue<byte[]>(c));
        if (type == typeof(BigInteger)) return stored == typeof(decimal)
            ? r => r.GetFieldValue<BigInteger>(c)
            : r => BigInteger.Parse(Convert.ToString(r.GetValue(c), CultureInfo.InvariantCulture)!, CultureInfo.InvariantCulture);
        if (type == typeof(JsonElement)) return r => JsonDocument.Parse(r.GetString(c)).RootElement.Clone();
        if (typeof(JsonNode).IsAssignableFrom(type))
        {
            return r => JsonNode.Parse(r.GetString(c)) is { } node && type.IsInstanceOfType(node)
                ? node
                : throw new InvalidCastException("the JSON is of another kind");
        }

        if (type.IsEnum) return stored == typeof(string)
            ? r => EnumText.Read(type, r.GetString(c))
            : r => Enum.ToObject(type, r.GetValue(c));
        if (type == typeof(object)) return r => r.GetValue(c);
        if (type.IsArray && type != typeof(byte[])) return Array(type.GetElementType()!, c);
        if (TextParse.Of(type) is { } parse) return r => parse(r.GetString(c));
        if (type == stored) return r => r.GetValue(c);
        return type.IsPrimitive || type == typeof(decimal)
            ? r => Convert.ChangeType(r.GetValue(c), type, CultureInfo.InvariantCulture)
            : r => typeof(NpgsqlDataReader).GetMethod(nameof(NpgsqlDataReader.GetFieldValue))!
                .MakeGenericMethod(type).Invoke(r, [c])!;
    }

    private static Func<NpgsqlDataReader, object> Array(Type element, int c) => r =>
    {
        var stored = (Array)r.GetValue(c);
        if (stored.GetType().GetElementType() == element) return stored;
        var typed = System.Array.CreateInstance(element, stored.Length);
        for (var i = 0; i < stored.Length; i++) typed.SetValue(Element(element, stored.GetValue(i)!), i);
        return typed;
    };

    private static object Element(Type type, object value) => (type, value) switch
    {
        (_, byte[] bytes) when type == typeof(Hash32) => new Hash32(bytes),
        (_, string text) when type.IsEnum => EnumText.Read(type, text),
        (_, string text) when TextParse.Of(type) is { } parse => parse(text),
        (_, DateTime time) when type == typeof(DateTimeOffset) => new DateTimeOffset(time),
        _ => Convert.ChangeType(value, type, CultureInfo.InvariantCulture),
    };
}
