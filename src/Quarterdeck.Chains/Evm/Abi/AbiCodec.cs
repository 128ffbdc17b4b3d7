namespace Quarterdeck.Chains.Evm.Abi;

/// <summary>
/// Encodes and decodes lists of values by their types: <c>abi.encode</c>, <c>abi.decode</c>, <c>abi.encodePacked</c>.
/// See <see cref="AbiType"/> for the values that stand for each type.
/// </summary>
public static class AbiCodec
{
    /// <summary>Reads <c>(address,uint256)</c>: types in parentheses, names allowed.</summary>
    /// <exception cref="AbiException">Not a list of types.</exception>
    public static IReadOnlyList<AbiParameter> ParseTypes(string text) => new SignatureParser(text).ParseParameters();

    /// <summary><c>abi.encode(values…)</c>.</summary>
    /// <exception cref="AbiException">A value does not fit its type; the message names it.</exception>
    public static byte[] Encode(IReadOnlyList<AbiParameter> types, params IReadOnlyList<object?> values)
    {
        var writer = new AbiWriter();
        writer.Sequence(types, values, "value");
        return writer.ToArray();
    }

    /// <summary><c>abi.decode(data, (types…))</c>. Bytes after the last value are ignored, as Solidity does.</summary>
    /// <exception cref="AbiException">The data does not hold such values; the offset says where.</exception>
    public static object?[] Decode(IReadOnlyList<AbiParameter> types, ReadOnlySpan<byte> data) =>
        new AbiReader(data).Sequence(types, 0);

    /// <summary>
    /// <c>abi.encodePacked(values…)</c>: no padding and no lengths, except that elements of arrays are padded to words.
    /// Tuples and nested arrays have no packed form.
    /// </summary>
    /// <exception cref="AbiException">A value does not fit its type, or its type has no packed form.</exception>
    public static byte[] EncodePacked(IReadOnlyList<AbiParameter> types, params IReadOnlyList<object?> values)
    {
        if (types.Count != values.Count)
            throw new AbiException($"{types.Count} values are needed, but {values.Count} are given.");
        var writer = new AbiWriter();
        for (var i = 0; i < types.Count; i++) Packed(writer, types[i].Type, values[i], $"value[{i}]");
        return writer.ToArray();
    }

    private static void Packed(AbiWriter writer, AbiType type, object? value, string where)
    {
        Span<byte> word = stackalloc byte[32];
        switch (type.Kind)
        {
            case AbiKind.Bytes:
            case AbiKind.String:
                writer.Raw(AbiValues.Bytes(type, value, where));
                return;
            case AbiKind.Tuple:
                throw new AbiException($"{where} is {type}: tuples have no packed form.");
            case AbiKind.Array:
            case AbiKind.FixedArray:
                if (type.Element!.Kind >= AbiKind.Bytes)
                    throw new AbiException($"{where} is {type}: only arrays of elementary types have a packed form.");
                foreach (var item in AbiWriter.Items(type, value, where))
                {
                    AbiWriter.ElementaryWord(type.Element, item, word, where);
                    writer.Raw(word);
                }

                return;
            default:
                AbiWriter.ElementaryWord(type, value, word, where);
                writer.Raw(type.Kind switch
                {
                    AbiKind.Address => word[12..],
                    AbiKind.Bool => word[31..],
                    AbiKind.FixedBytes or AbiKind.Function => word[..type.Size],
                    _ => word[(32 - type.Size / 8)..],
                });
                return;
        }
    }
}
