using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Packs;
using Quarterdeck.Packs.Manifest;

namespace Quarterdeck.Observe.Indexing;

/// <summary>One column of an event table.</summary>
/// <param name="Name">Column name.</param>
/// <param name="Parameter">Parameter name; <see cref="EventColumn.Emitter"/> for the emitting contract; empty for a constant.</param>
/// <param name="Position">The parameter's place in the event, 0-based; −1 where it is none.</param>
/// <param name="SqlType">PostgreSQL type.</param>
/// <param name="Decimals">Power of ten the number is divided by; null keeps it raw.</param>
internal sealed record EventTableColumn(string Name, string Parameter, int Position, string SqlType, int? Decimals)
{
    /// <summary>The same text in each row; null where it comes from the log.</summary>
    public string? Constant { get; init; }

    /// <summary>For the table's description.</summary>
    public JsonObject Description
    {
        get
        {
            var description = new JsonObject { ["name"] = Name, ["from"] = Parameter, ["type"] = SqlType, ["decimals"] = Decimals };
            if (Constant is not null) description["constant"] = Constant;
            return description;
        }
    }

    /// <summary>A column of index.yaml on its event.</summary>
    public static EventTableColumn Of(EventColumn column, AbiEvent abiEvent, BoundPack bound)
    {
        if (column.Constant is { } constant)
        {
            var type = constant.Type switch { ConstantType.Numeric => "numeric", ConstantType.Boolean => "boolean", _ => "text" };
            return new EventTableColumn(column.Name, "", -1, type, null) { Constant = bound.Expand(constant.Text).Text };
        }

        if (column.From == EventColumn.Emitter) return new EventTableColumn(column.Name, column.From, -1, "text", null);
        var (position, input) = abiEvent.Inputs.Index().FirstOrDefault(i => i.Item.Name == column.From);
        return input is not null
            ? new EventTableColumn(column.Name, column.From, position, EventColumnValue.SqlType(input), column.Decimals)
            : throw new InvalidOperationException(
                $"The event {abiEvent.Signature} has no parameter '{column.From}'; the pack's loader refuses such a column.");
    }

    /// <summary>The field of a constant, ready to be copied into each row.</summary>
    public byte[] ConstantField()
    {
        using var field = new CopyBuffer();
        switch (SqlType)
        {
            case "numeric":
                var point = Constant!.IndexOf('.', StringComparison.Ordinal);
                var decimals = point < 0 ? 0 : Constant.Length - point - 1;
                var digits = BigInteger.Parse(Constant.Replace(".", "", StringComparison.Ordinal), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
                field.Numeric(UInt256.FromBigInteger(BigInteger.Abs(digits)), digits.Sign < 0, decimals);
                break;
            case "boolean": field.Field(Constant == "true"); break;
            default: field.Field(Constant!); break;
        }

        return field.Written.ToArray();
    }
}
