using System.Buffers;
using System.Collections;
using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Rpc;

/// <summary>JSON-RPC 2.0 on the wire: writes requests, finds results and errors in answers without building a tree.</summary>
internal static class RpcMessages
{
    public static void Write(IBufferWriter<byte> output, IReadOnlyList<RpcRequest> requests, long firstId, bool batch)
    {
        using var json = new Utf8JsonWriter(output);
        if (batch) json.WriteStartArray();
        for (var i = 0; i < requests.Count; i++)
        {
            json.WriteStartObject();
            json.WriteString("jsonrpc"u8, "2.0"u8);
            json.WriteNumber("id"u8, firstId + i);
            json.WriteString("method"u8, requests[i].Method);
            json.WritePropertyName("params"u8);
            Value(json, requests[i].Parameters);
            json.WriteEndObject();
        }

        if (batch) json.WriteEndArray();
    }

    private static void Value(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null: json.WriteNullValue(); break;
            case string text: json.WriteStringValue(text); break;
            case bool flag: json.WriteBooleanValue(flag); break;
            case int number: json.WriteNumberValue(number); break;
            case double number: json.WriteNumberValue(number); break;
            case ulong or uint: json.WriteStringValue(Hex.Quantity(Convert.ToUInt64(value, CultureInfo.InvariantCulture))); break;
            case long number: json.WriteStringValue(Hex.Quantity(new BigInteger(number))); break;
            case BigInteger number: json.WriteStringValue(Hex.Quantity(number)); break;
            case UInt256 number: json.WriteStringValue(Hex.Quantity(number.ToBigInteger())); break;
            case Address address: json.WriteStringValue(address.ToLowerHex()); break;
            case Hash32 hash: json.WriteStringValue(hash.ToString()); break;
            case byte[] data: json.WriteStringValue(Hex.Data(data)); break;
            case ReadOnlyMemory<byte> data: json.WriteStringValue(Hex.Data(data.Span)); break;
            case JsonElement element: element.WriteTo(json); break;
            case JsonNode node: node.WriteTo(json); break;
            case IEnumerable<KeyValuePair<string, object?>> fields:
                json.WriteStartObject();
                foreach (var (name, field) in fields)
                {
                    json.WritePropertyName(name);
                    Value(json, field);
                }

                json.WriteEndObject();
                break;
            case IEnumerable items:
                json.WriteStartArray();
                foreach (var item in items) Value(json, item);
                json.WriteEndArray();
                break;
            default: throw new ArgumentException($"A {value.GetType().Name} cannot be a JSON-RPC parameter.", nameof(value));
        }
    }

    /// <summary>One answer: its id, where its result stands, or its error.</summary>
    public readonly record struct Answer(long? Id, Range Result, RpcException? Error);

    /// <summary>All answers in a body: one object, or an array of them.</summary>
    /// <exception cref="JsonException">Not JSON, cut off, or not JSON-RPC.</exception>
    public static List<Answer> Read(ReadOnlySpan<byte> body)
    {
        if (body.Length >= LargeBody && Large(body) is { } large) return [large];
        var answers = new List<Answer>(1);
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = 256 });
        Next(ref reader);
        if (reader.TokenType == JsonTokenType.StartArray)
        {
            while (Next(ref reader) == JsonTokenType.StartObject) answers.Add(One(ref reader));
            if (reader.TokenType != JsonTokenType.EndArray) throw new JsonException("An answer in the batch is no object.");
        }
        else if (reader.TokenType == JsonTokenType.StartObject)
        {
            answers.Add(One(ref reader));
        }
        else throw new JsonException("The answer is neither an object nor an array.");

        if (reader.Read()) throw new JsonException("More follows than one answer.");
        return answers;
    }

    private const int LargeBody = 1 << 16;

    // Most nodes write id and version before a result that ends the answer. Then its place is known without reading all of
    // it twice; that it is whole JSON is checked by whoever reads it.
    private static Answer? Large(ReadOnlySpan<byte> body)
    {
        const string Before = """{"jsonrpc":"2.0","id":""";
        var end = body.TrimEnd(" \r\n\t"u8).Length;
        if (!body.StartsWith(System.Text.Encoding.ASCII.GetBytes(Before)) || body[end - 1] != '}') return null;
        if (!System.Buffers.Text.Utf8Parser.TryParse(body[Before.Length..], out long id, out var digits)) return null;
        var at = Before.Length + digits;
        if (!body[at..].StartsWith(",\"result\":["u8) || body[end - 2] != ']') return null;
        return new Answer(id, (at + 10)..(end - 1), null);
    }

    private static Answer One(ref Utf8JsonReader reader)
    {
        long? id = null;
        Range? result = null;
        RpcException? error = null;
        while (Next(ref reader) == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("id"u8))
            {
                Next(ref reader);
                if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number)) id = number;
                else if (reader.TokenType == JsonTokenType.String && long.TryParse(reader.GetString(), NumberStyles.None, null, out number)) id = number;
            }
            else if (reader.ValueTextEquals("result"u8))
            {
                Next(ref reader);
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                result = new Range(start, (int)reader.BytesConsumed);
            }
            else if (reader.ValueTextEquals("error"u8))
            {
                Next(ref reader);
                if (reader.TokenType == JsonTokenType.Null) continue;
                using var document = JsonDocument.ParseValue(ref reader);
                error = Error(document.RootElement);
            }
            else
            {
                Next(ref reader);
                reader.Skip();
            }
        }

        if (result is null && error is null) throw new JsonException("The answer holds neither a result nor an error.");
        return new Answer(id, result ?? default, error);
    }

    private static JsonTokenType Next(ref Utf8JsonReader reader) =>
        reader.Read() ? reader.TokenType : throw new JsonException("The answer is cut off.");

    private static RpcException Error(JsonElement error)
    {
        if (error.ValueKind != JsonValueKind.Object) return new RpcException(0, error.ToString());
        var code = error.TryGetProperty("code", out var c) && c.ValueKind == JsonValueKind.Number && c.TryGetInt32(out var number) ? number : 0;
        var message = error.TryGetProperty("message", out var m) && m.ValueKind == JsonValueKind.String ? m.GetString()! : "error without a message";
        return new RpcException(code, message, error.TryGetProperty("data", out var data) ? RevertData(data) : null);
    }

    // Nodes differ: hex text, "Reverted 0x…", or an object that holds it under "data" or "result".
    private static byte[]? RevertData(JsonElement data)
    {
        switch (data.ValueKind)
        {
            case JsonValueKind.String:
                var text = data.GetString()!;
                var start = text.IndexOf("0x", StringComparison.Ordinal);
                return start >= 0 && Hex.TryParseData(text.AsSpan(start), out var bytes) ? bytes : null;
            case JsonValueKind.Object:
                if (data.TryGetProperty("data", out var inner)) return RevertData(inner);
                return data.TryGetProperty("result", out inner) ? RevertData(inner) : null;
            default:
                return null;
        }
    }
}
