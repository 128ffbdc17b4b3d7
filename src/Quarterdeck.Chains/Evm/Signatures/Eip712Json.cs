using System.Text.Json;
using Quarterdeck.Chains.Evm.Abi;

namespace Quarterdeck.Chains.Evm.Signatures;

/// <summary>Reads typed data from JSON, where numbers may be JSON numbers, decimal text or hex text.</summary>
internal static class Eip712Json
{
    public static Eip712 Read(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            var types = root.GetProperty("types").EnumerateObject().ToDictionary(
                t => t.Name,
                IReadOnlyList<TypedMember> (t) => [.. t.Value.EnumerateArray().Select(m => new TypedMember(Text(m, "name"), Text(m, "type")))]);
            var primary = Text(root, "primaryType");
            var domain = root.GetProperty("domain");
            var domainMembers = types.TryGetValue("EIP712Domain", out var stated) ? stated : DefaultDomain(domain);
            types["EIP712Domain"] = domainMembers;
            var message = root.TryGetProperty("message", out var given) ? given : default;
            return new Eip712(types, primary, Struct(types, "EIP712Domain", domain, 0),
                types.ContainsKey(primary) && message.ValueKind == JsonValueKind.Object ? Struct(types, primary, message, 0) : new Dictionary<string, object?>());
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            throw new AbiException($"The typed data cannot be read: {e.Message} An object with types, primaryType, domain and message is needed (EIP-712).");
        }
    }

    private static List<TypedMember> DefaultDomain(JsonElement domain)
    {
        (string Name, string Type)[] known = [("name", "string"), ("version", "string"), ("chainId", "uint256"), ("verifyingContract", "address"), ("salt", "bytes32")];
        return [.. known.Where(k => domain.TryGetProperty(k.Name, out var v) && v.ValueKind != JsonValueKind.Null).Select(k => new TypedMember(k.Name, k.Type))];
    }

    private static Dictionary<string, object?> Struct(Dictionary<string, IReadOnlyList<TypedMember>> types, string type, JsonElement value, int depth)
    {
        if (depth > 32) throw new AbiException("Structs nest deeper than 32.");
        var fields = new Dictionary<string, object?>();
        foreach (var member in types[type])
            if (value.TryGetProperty(member.Name, out var field)) fields[member.Name] = Value(types, member.Type, field, $"{type}.{member.Name}", depth);
        return fields;
    }

    private static object? Value(Dictionary<string, IReadOnlyList<TypedMember>> types, string type, JsonElement value, string where, int depth)
    {
        if (value.ValueKind == JsonValueKind.Null) return null;
        if (type.EndsWith(']'))
        {
            var element = type[..type.LastIndexOf('[')];
            return value.EnumerateArray().Select(v => Value(types, element, v, where, depth + 1)).ToArray();
        }

        if (types.ContainsKey(type)) return Struct(types, type, value, depth + 1);
        var elementary = AbiType.Elementary(type) ?? throw new AbiException($"'{type}' of {where} is neither an ABI type nor defined.");
        return value.ValueKind switch
        {
            JsonValueKind.String when elementary.Kind == AbiKind.String => value.GetString(),
            JsonValueKind.String => AbiText.Parse(elementary, value.GetString()!, where),
            JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False when elementary.Kind != AbiKind.String =>
                AbiText.Parse(elementary, value.GetRawText(), where),
            _ => throw new AbiException($"{where} is {type}, which {Hex.Shorten(value.GetRawText())} is not."),
        };
    }

    private static string Text(JsonElement item, string field) => item.GetProperty(field).GetString() ??
        throw new AbiException($"'{field}' has no text.");
}
