using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Quarterdeck.Primitives.Audit;

/// <summary>
/// The one byte form of a JSON value (RFC 8785, JSON Canonicalization Scheme): no white space, keys sorted by UTF-16 code
/// units, numbers as ECMAScript prints them, UTF-8. What is hashed and signed.
/// </summary>
public static class CanonicalJson
{
    /// <summary>The canonical bytes.</summary>
    /// <exception cref="FormatException">
    /// A number is not finite or an integer that a double cannot hold (write it as a string), or text holds half of a surrogate pair.
    /// </exception>
    public static byte[] Serialize(JsonNode? node)
    {
        var output = new ArrayBufferWriter<byte>(256);
        Write(node, output);
        return output.WrittenSpan.ToArray();
    }

    internal static void Write(JsonNode? node, ArrayBufferWriter<byte> output)
    {
        switch (node)
        {
            case null:
                output.Write("null"u8);
                break;
            case JsonObject members:
                WriteObject(members, output);
                break;
            case JsonArray items:
                output.Write("["u8);
                for (var i = 0; i < items.Count; i++)
                {
                    if (i > 0) output.Write(","u8);
                    Write(items[i], output);
                }

                output.Write("]"u8);
                break;
            case JsonValue value:
                WriteValue(value, output);
                break;
        }
    }

    private static void WriteObject(JsonObject members, ArrayBufferWriter<byte> output)
    {
        KeyValuePair<string, JsonNode?>[] sorted;
        try
        {
            sorted = [.. members];
        }
        catch (ArgumentException e)
        {
            throw new FormatException($"An object has two members of one name, so it has no canonical form: {e.Message}", e);
        }

        Array.Sort(sorted, (a, b) => string.CompareOrdinal(a.Key, b.Key));
        output.Write("{"u8);
        for (var i = 0; i < sorted.Length; i++)
        {
            if (i > 0) output.Write(","u8);
            WriteString(sorted[i].Key, output);
            output.Write(":"u8);
            Write(sorted[i].Value, output);
        }

        output.Write("}"u8);
    }

    private static void WriteValue(JsonValue value, ArrayBufferWriter<byte> output)
    {
        switch (value.GetValueKind())
        {
            case JsonValueKind.True:
                output.Write("true"u8);
                break;
            case JsonValueKind.False:
                output.Write("false"u8);
                break;
            case JsonValueKind.Null:
                output.Write("null"u8);
                break;
            case JsonValueKind.Number:
                Span<byte> digits = stackalloc byte[32];
                output.Write(digits[..EcmaNumber.Write(Number(value), digits)]);
                break;
            case JsonValueKind.String when value.TryGetValue<string>(out var text):
                WriteString(text, output);
                break;
            default:
                // Other CLR values (a date, a Guid, an enum) have the string form that the serializer gives them.
                Write(JsonNode.Parse(value.ToJsonString()), output);
                break;
        }
    }

    private static double Number(JsonValue value)
    {
        if (value.TryGetValue<double>(out var already) && value.GetValue<object>() is double or float) return Finite(already);
        var text = value.ToJsonString();
        if (!double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var number))
            throw new FormatException($"'{text}' is not a number.");
        Finite(number);
        if (text.AsSpan().IndexOfAny('.', 'e', 'E') < 0 && text != "-0" && EcmaNumber.ToText(number) != text)
        {
            throw new FormatException(
                $"The integer {text} does not survive as a JSON number (IEEE 754 double). Write it as a string.");
        }

        return number;
    }

    private static double Finite(double number) => double.IsFinite(number)
        ? number
        : throw new FormatException($"{number} has no JSON form.");

    internal static void WriteString(string text, ArrayBufferWriter<byte> output)
    {
        output.Write("\""u8);
        var rest = text.AsSpan();
        while (rest.Length > 0)
        {
            var special = rest.IndexOfAny(Special);
            var plain = special < 0 ? rest : rest[..special];
            WriteUtf8(plain, output);
            if (special < 0) break;
            WriteEscape(rest[special], output);
            rest = rest[(special + 1)..];
        }

        output.Write("\""u8);
    }

    private static void WriteUtf8(ReadOnlySpan<char> text, ArrayBufferWriter<byte> output)
    {
        try
        {
            var written = Strict.GetBytes(text, output.GetSpan(Strict.GetMaxByteCount(text.Length)));
            output.Advance(written);
        }
        catch (EncoderFallbackException e)
        {
            throw new FormatException("A text holds half of a surrogate pair, so it has no UTF-8 form.", e);
        }
    }

    private static void WriteEscape(char c, ArrayBufferWriter<byte> output)
    {
        switch (c)
        {
            case '"': output.Write("\\\""u8); break;
            case '\\': output.Write("\\\\"u8); break;
            case '\b': output.Write("\\b"u8); break;
            case '\f': output.Write("\\f"u8); break;
            case '\n': output.Write("\\n"u8); break;
            case '\r': output.Write("\\r"u8); break;
            case '\t': output.Write("\\t"u8); break;
            default:
                output.Write("\\u00"u8);
                output.Write([(byte)"0123456789abcdef"[c >> 4], (byte)"0123456789abcdef"[c & 15]]);
                break;
        }
    }

    private static readonly UTF8Encoding Strict = new(false, true);

    private static readonly SearchValues<char> Special = SearchValues.Create(
        "\"\\" + string.Concat(Enumerable.Range(0, 32).Select(i => (char)i)));
}
