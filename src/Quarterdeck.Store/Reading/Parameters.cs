using System.Collections;
using System.Collections.Concurrent;
using System.Numerics;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Npgsql;
using NpgsqlTypes;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Amounts;

namespace Quarterdeck.Store.Reading;

/// <summary>Turns an object's properties into named parameters, with the domain's types as columns hold them.</summary>
internal static class Parameters
{
    private static readonly ConcurrentDictionary<Type, PropertyInfo[]> Properties = new();

    public static NpgsqlCommand Command(NpgsqlConnection connection, string sql, object? args)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var (name, type, value) in Of(args)) command.Parameters.Add(Parameter(name, type, value));
        return command;
    }

    private static IEnumerable<(string Name, Type Type, object? Value)> Of(object? args) => args switch
    {
        null => [],
        IReadOnlyDictionary<string, object?> map => map.Select(p => (p.Key, p.Value?.GetType() ?? typeof(object), p.Value)),
        _ => Properties.GetOrAdd(args.GetType(), t => t.GetProperties(BindingFlags.Instance | BindingFlags.Public))
            .Select(p => (p.Name, p.PropertyType, p.GetValue(args))),
    };

    private static NpgsqlParameter Parameter(string name, Type declared, object? value)
    {
        var parameter = new NpgsqlParameter { ParameterName = name };
        var type = Nullable.GetUnderlyingType(declared) ?? declared;
        if (value is null)
        {
            parameter.Value = DBNull.Value;
            if (NullType(type) is { } known) parameter.NpgsqlDbType = known;
            return parameter;
        }

        switch (value)
        {
            case JsonNode or JsonElement or JsonDocument:
                parameter.NpgsqlDbType = NpgsqlDbType.Jsonb;
                parameter.Value = value is JsonNode node ? node.ToJsonString() : JsonSerializer.Serialize(value);
                break;
            case string or byte[] or bool or char:
                parameter.Value = value;
                break;
            case Array or IList when ElementType(value.GetType()) is { } element && element != typeof(byte):
                parameter.Value = List((IEnumerable)value, element, parameter);
                break;
            default:
                parameter.Value = Scalar(value);
                break;
        }

        return parameter;
    }

    private static object Scalar(object value) => value switch
    {
        DateTimeOffset time => time.ToUniversalTime(),
        DateTime time => time.ToUniversalTime(),
        Hash32 hash => hash.ToArray(),
        ulong number => number <= long.MaxValue ? (long)number : (decimal)number,
        uint number => (long)number,
        ushort or byte or sbyte => Convert.ToInt32(value, System.Globalization.CultureInfo.InvariantCulture),
        Enum name => EnumText.Write(name),
        Rational => throw new NotSupportedException(
            "A ratio has no column type that keeps it exact: write its Numerator and Denominator."),
        _ when TextParse.Of(value.GetType()) is not null => value.ToString()!,
        _ => value,
    };

    private static object List(IEnumerable values, Type element, NpgsqlParameter parameter)
    {
        if (element == typeof(JsonNode) || element == typeof(JsonObject) || element == typeof(JsonElement))
        {
            parameter.NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Jsonb;
            return values.Cast<object?>().Select(v => v is JsonNode n ? n.ToJsonString() : JsonSerializer.Serialize(v)).ToArray();
        }

        var target = element switch
        {
            _ when element == typeof(Hash32) => typeof(byte[]),
            _ when element == typeof(ulong) => typeof(decimal),
            _ when element == typeof(uint) => typeof(long),
            { IsEnum: true } => typeof(string),
            _ when element == typeof(DateTimeOffset) => typeof(DateTimeOffset),
            _ when TextParse.Of(element) is not null => typeof(string),
            _ => null,
        };
        if (target is null) return values;
        var items = values.Cast<object?>().Select(v => v switch
        {
            null => null,
            ulong number => (decimal)number,
            _ => Scalar(v),
        }).ToArray();
        var typed = Array.CreateInstance(target, items.Length);
        for (var i = 0; i < items.Length; i++) typed.SetValue(items[i], i);
        return typed;
    }

    private static Type? ElementType(Type list) => list.IsArray
        ? list.GetElementType()
        : list.GetInterfaces().FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IList<>))
            ?.GetGenericArguments()[0];

    private static NpgsqlDbType? NullType(Type type) => type switch
    {
        _ when type == typeof(string) => NpgsqlDbType.Text,
        _ when type == typeof(byte[]) || type == typeof(Hash32) => NpgsqlDbType.Bytea,
        _ when type == typeof(int) || type == typeof(short) => NpgsqlDbType.Integer,
        _ when type == typeof(long) || type == typeof(ulong) || type == typeof(uint) => NpgsqlDbType.Bigint,
        _ when type == typeof(bool) => NpgsqlDbType.Boolean,
        _ when type == typeof(double) => NpgsqlDbType.Double,
        _ when type == typeof(decimal) || type == typeof(BigInteger) => NpgsqlDbType.Numeric,
        _ when type == typeof(DateTimeOffset) || type == typeof(DateTime) => NpgsqlDbType.TimestampTz,
        _ when type == typeof(TimeSpan) => NpgsqlDbType.Interval,
        _ when type == typeof(Guid) => NpgsqlDbType.Uuid,
        _ when typeof(JsonNode).IsAssignableFrom(type) || type == typeof(JsonElement) => NpgsqlDbType.Jsonb,
        { IsEnum: true } => NpgsqlDbType.Text,
        _ when TextParse.Of(type) is not null => NpgsqlDbType.Text,
        _ => null,
    };
}
