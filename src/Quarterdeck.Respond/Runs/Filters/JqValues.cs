using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Quarterdeck.Primitives.Amounts;

namespace Quarterdeck.Respond.Runs.Filters;

/// <summary>What jq says of values: truth, order, numbers, access.</summary>
internal static class JqValues
{
    public static string? Text(JsonNode? value) => value?.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

    public static bool IsTrue(JsonNode? value) => value is not null && value.GetValueKind() != JsonValueKind.False;

    public static string TypeOf(JsonNode? value) => value?.GetValueKind() switch
    {
        null => "null",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        JsonValueKind.Number => "number",
        JsonValueKind.String => "string",
        JsonValueKind.Array => "array",
        _ => "object",
    };

    /// <summary>The number, exactly where it is a plain decimal.</summary>
    public static Rational Number(JsonNode? value)
    {
        if (value?.GetValueKind() != JsonValueKind.Number) throw new FilterException($"jq: {Shown(value)} is no number.");
        var text = value.ToJsonString();
        try
        {
            if (text.AsSpan().IndexOfAny('e', 'E') is >= 0 and var at)
            {
                var power = int.Parse(text.AsSpan(at + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
                if (Math.Abs(power) > 400) throw new FilterException($"jq: {text} is out of range.");
                var scale = new Rational(System.Numerics.BigInteger.Pow(10, Math.Abs(power)));
                return power < 0 ? Rational.Parse(text[..at]) / scale : Rational.Parse(text[..at]) * scale;
            }

            return Rational.Parse(text);
        }
        catch (Exception problem) when (problem is FormatException or OverflowException)
        {
            throw new FilterException($"jq: {text} is no number.");
        }
    }

    public static JsonNode FromNumber(Rational value) => JsonNode.Parse(value.ToString(40))!;

    /// <summary>jq's order: null, false, true, numbers, strings, arrays, objects.</summary>
    public static int Compare(JsonNode? a, JsonNode? b)
    {
        var (left, right) = (Rank(a), Rank(b));
        if (left != right) return left.CompareTo(right);
        switch (left)
        {
            case 3:
                return Number(a).CompareTo(Number(b));
            case 4:
                return string.CompareOrdinal(Text(a), Text(b));
            case 5:
                var (one, other) = (a!.AsArray(), b!.AsArray());
                for (var i = 0; i < Math.Min(one.Count, other.Count); i++)
                {
                    if (Compare(one[i], other[i]) is not 0 and var order) return order;
                }

                return one.Count.CompareTo(other.Count);
            case 6:
                return JsonNode.DeepEquals(a, b) ? 0 : string.CompareOrdinal(a!.ToJsonString(), b!.ToJsonString());
            default:
                return 0;
        }
    }

    public static JsonNode? Field(JsonNode? value, string name) => value switch
    {
        null => null,
        JsonObject known => known[name],
        _ => throw new FilterException($"jq: cannot take \"{name}\" of {Shown(value)}."),
    };

    public static JsonNode? Element(JsonNode? value, JsonNode? index)
    {
        if (Text(index) is { } name) return Field(value, name);
        var at = Number(index);
        if (value is null) return null;
        if (value is not JsonArray array || !at.IsInteger) throw new FilterException($"jq: cannot take [{Shown(index)}] of {Shown(value)}.");
        var position = at.Numerator < 0 ? at.Numerator + array.Count : at.Numerator;
        return position >= 0 && position < array.Count ? array[(int)position] : null;
    }

    public static IEnumerable<JsonNode?> Each(JsonNode? value) => value switch
    {
        JsonArray array => array,
        JsonObject known => known.Select(pair => pair.Value),
        _ => throw new FilterException($"jq: cannot go over {Shown(value)}."),
    };

    public static JsonNode? Length(JsonNode? value) => value switch
    {
        null => JsonValue.Create(0),
        JsonArray array => JsonValue.Create(array.Count),
        JsonObject known => JsonValue.Create(known.Count),
        _ when Text(value) is { } text => JsonValue.Create(text.EnumerateRunes().Count()),
        _ => throw new FilterException($"jq: {Shown(value)} has no length."),
    };

    public static JsonNode? Sum(JsonNode? value)
    {
        var parts = Each(value).Where(part => part is not null).ToList();
        if (parts.Count == 0) return null;
        if (parts.TrueForAll(part => Text(part) is not null)) return JsonValue.Create(string.Concat(parts.Select(Text)));
        if (parts.TrueForAll(part => part is JsonArray)) return Array(parts.SelectMany(Each));
        return FromNumber(parts.Aggregate(Rational.Zero, (sum, part) => sum + Number(part)));
    }

    public static JsonArray Array(IEnumerable<JsonNode?> values) => new([.. values.Select(value => value?.DeepClone())]);

    public static string Shown(JsonNode? value)
    {
        var text = value?.ToJsonString() ?? "null";
        return text.Length > 40 ? text[..40] + "…" : text;
    }

    private static int Rank(JsonNode? value) => value?.GetValueKind() switch
    {
        null => 0,
        JsonValueKind.False => 1,
        JsonValueKind.True => 2,
        JsonValueKind.Number => 3,
        JsonValueKind.String => 4,
        JsonValueKind.Array => 5,
        _ => 6,
    };
}
