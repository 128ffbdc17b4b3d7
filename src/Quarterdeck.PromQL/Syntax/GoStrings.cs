using System.Globalization;
using System.Text;

namespace Quarterdeck.PromQL;

/// <summary>
/// Go's quoted strings, which PromQL and rule files use. Bytes that are not valid UTF-8 (from <c>\xNN</c>) are kept as lone
/// low surrogates U+DC80…U+DCFF, so that they print as they were written.
/// </summary>
public static class GoStrings
{
    /// <summary>The text in double quotes, escaped as Go's <c>%q</c> does.</summary>
    public static string Quote(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var result = new StringBuilder(text.Length + 2).Append('"');
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            switch (c)
            {
                case '"': result.Append("\\\""); break;
                case '\\': result.Append("\\\\"); break;
                case '\n': result.Append("\\n"); break;
                case '\r': result.Append("\\r"); break;
                case '\t': result.Append("\\t"); break;
                case '\a': result.Append("\\a"); break;
                case '\b': result.Append("\\b"); break;
                case '\f': result.Append("\\f"); break;
                case '\v': result.Append("\\v"); break;
                case < ' ' or '\x7f': result.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}"); break;
                default:
                    if (char.IsSurrogate(c) && i + 1 < text.Length && char.IsSurrogatePair(c, text[i + 1]))
                        result.Append(c).Append(text[++i]);
                    else if (c is >= '\uDC80' and <= '\uDCFF')
                        result.Append(CultureInfo.InvariantCulture, $"\\x{c - 0xDC00:x2}");
                    else
                        result.Append(c);
                    break;
            }
        }

        return result.Append('"').ToString();
    }

    /// <summary>Reads a literal in double, single or back quotes.</summary>
    /// <exception cref="FormatException">The literal is not closed or holds an unknown escape.</exception>
    public static string Unquote(ReadOnlySpan<char> literal)
    {
        if (literal.Length < 2 || literal[0] != literal[^1]) throw new FormatException("missing closing quote");
        var quote = literal[0];
        var body = literal[1..^1];
        if (quote == '`') return body.ToString().Replace("\r", "", StringComparison.Ordinal);
        if (body.IndexOf('\\') < 0) return body.ToString();

        var bytes = new List<byte>(body.Length);
        Span<byte> utf8 = stackalloc byte[4];
        for (var i = 0; i < body.Length;)
        {
            if (body[i] != '\\')
            {
                if (Rune.DecodeFromUtf16(body[i..], out var rune, out var used) == System.Buffers.OperationStatus.Done)
                    bytes.AddRange(utf8[..rune.EncodeToUtf8(utf8)]);
                i += used;
                continue;
            }

            i = Escape(body, i + 1, quote, bytes);
        }

        return Decode(bytes);
    }

    private static int Escape(ReadOnlySpan<char> body, int i, char quote, List<byte> bytes)
    {
        if (i >= body.Length) throw new FormatException("escape sequence is not complete");
        var c = body[i++];
        switch (c)
        {
            case 'a': bytes.Add(7); return i;
            case 'b': bytes.Add(8); return i;
            case 'f': bytes.Add(12); return i;
            case 'n': bytes.Add(10); return i;
            case 'r': bytes.Add(13); return i;
            case 't': bytes.Add(9); return i;
            case 'v': bytes.Add(11); return i;
            case '\\': bytes.Add((byte)'\\'); return i;
            case 'x': bytes.Add((byte)Digits(body, i, 2, 16)); return i + 2;
            case 'u' or 'U':
                var length = c == 'u' ? 4 : 8;
                var code = Digits(body, i, length, 16);
                if (!Rune.IsValid(code)) throw new FormatException("escape sequence is an invalid Unicode code point");
                bytes.AddRange(Encoding.UTF8.GetBytes(new Rune(code).ToString()));
                return i + length;
            case >= '0' and <= '7':
                var octal = Digits(body, i - 1, 3, 8);
                if (octal > 255) throw new FormatException("octal escape is above 255");
                bytes.Add((byte)octal);
                return i + 2;
            default:
                if (c != quote) throw new FormatException($"unknown escape sequence '\\{c}'");
                bytes.Add((byte)c);
                return i;
        }
    }

    private static int Digits(ReadOnlySpan<char> body, int start, int length, int @base)
    {
        if (start + length > body.Length) throw new FormatException("escape sequence is not complete");
        long value = 0;
        foreach (var c in body.Slice(start, length))
        {
            var digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : @base;
            if (digit >= @base) throw new FormatException($"'{c}' does not belong in an escape sequence");
            value = value * @base + digit;
        }

        return value > int.MaxValue ? int.MaxValue : (int)value;
    }

    private static string Decode(List<byte> bytes)
    {
        var text = new StringBuilder(bytes.Count);
        ReadOnlySpan<byte> rest = bytes.ToArray();
        Span<char> pair = stackalloc char[2];
        while (!rest.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(rest, out var rune, out var used) == System.Buffers.OperationStatus.Done)
            {
                text.Append(pair[..rune.EncodeToUtf16(pair)]);
                rest = rest[used..];
            }
            else
            {
                text.Append((char)(0xDC00 + rest[0]));
                rest = rest[1..];
            }
        }

        return text.ToString();
    }
}
