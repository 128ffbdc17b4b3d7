using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Packs.Yaml;

namespace Quarterdeck.Packs.Manifest;

/// <summary>
/// Reads the <c>where</c> of a table: a value or a list of values to equal, <c>"!= value"</c>, or for numbers
/// <c>"&gt;= value"</c> and its like.
/// </summary>
internal static class EventConditionReader
{
    private static readonly (string Sign, EventComparison Comparison)[] Signs =
    [
        (">=", EventComparison.AtLeast), ("<=", EventComparison.AtMost), ("!=", EventComparison.NoneOf),
        (">", EventComparison.Above), ("<", EventComparison.Below),
    ];

    public static IReadOnlyList<EventCondition> Read(YamlMap table, EventFields? fields)
    {
        var conditions = new List<EventCondition>();
        foreach (var (field, at, value) in table.Map("where")?.Entries("condition") ?? [])
        {
            if (fields is not null && !fields.Require(field, at, table.Findings)) continue;
            var condition = value.IsList
                ? new EventCondition(field, EventComparison.OneOf, [.. value.List().Select(v => v.Text()).OfType<string>()])
                : value.Text() is { } text ? Parse(field, text) : null;
            if (condition is null) continue;
            conditions.Add(condition);
            if (fields is not null) Check(condition, fields, value);
        }

        return conditions;
    }

    private static EventCondition Parse(string field, string text)
    {
        foreach (var (sign, comparison) in Signs)
            if (text.StartsWith(sign, StringComparison.Ordinal)) return new EventCondition(field, comparison, [text[sign.Length..].Trim()]);
        return new EventCondition(field, EventComparison.OneOf, [text.Trim()]);
    }

    private static void Check(EventCondition condition, EventFields fields, YamlValue value)
    {
        var type = fields.Type(condition.Field) ?? AbiType.Parse("address");
        var isNumber = type.Kind is AbiKind.UInt or AbiKind.Int;
        if (condition.Comparison is not (EventComparison.OneOf or EventComparison.NoneOf) && !isNumber)
        {
            value.Invalid($"an equality, since '{condition.Field}' is {type} and has no order", "a value or a list of values");
            return;
        }

        if (type.Kind is AbiKind.Array or AbiKind.FixedArray or AbiKind.Tuple)
        {
            value.Invalid($"on a single value, which '{condition.Field}' ({type}) is not", "a condition on another field");
            return;
        }

        foreach (var text in condition.Values.Where(v => !v.Contains('$', StringComparison.Ordinal)))
        {
            try
            {
                AbiText.Parse(type, text);
            }
            catch (FormatException)
            {
                value.Invalid($"of type {type}, as '{condition.Field}' is, and '{text}' is not", "a value of that type, or $VARIABLE");
            }
        }
    }
}
