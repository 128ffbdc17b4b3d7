using System.Text.Json;

namespace Quarterdeck.Chains.Evm.Abi;

/// <summary>Reads the JSON forms of a contract's ABI: bare array, Foundry's and Hardhat's artifacts, and solc's own output.</summary>
internal static class ContractAbiJson
{
    public static ContractAbi Read(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Array) return Read(root, null, null);
            if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("abi", out var abi) && abi.ValueKind == JsonValueKind.Array)
                return Read(abi, Bytecode(root), Text(root, "contractName"));
        }
        catch (JsonException e)
        {
            throw new AbiException($"The ABI is not JSON: {e.Message}");
        }
        catch (InvalidOperationException e)
        {
            throw new AbiException($"The ABI does not have the shape of one: {e.Message}");
        }

        throw new AbiException("The JSON is neither an ABI array nor an artifact with a field \"abi\".");
    }

    private static ContractAbi Read(JsonElement entries, byte[]? bytecode, string? contractName)
    {
        List<AbiFunction> functions = [];
        List<AbiEvent> events = [];
        List<AbiError> errors = [];
        IReadOnlyList<AbiParameter>? constructor = null;
        var index = 0;
        foreach (var entry in entries.EnumerateArray())
        {
            // ethers' human-readable form: an array of signatures.
            if (entry.ValueKind == JsonValueKind.String)
            {
                var one = ContractAbi.FromSignatures(entry.GetString()!);
                functions.AddRange(one.Functions);
                events.AddRange(one.Events);
                errors.AddRange(one.Errors);
                if (one.Constructor.Count > 0) constructor = one.Constructor;
                continue;
            }

            var where = $"ABI entry {index++}";
            var name = Text(entry, "name") ?? "";
            switch (Text(entry, "type") ?? "function")
            {
                case "function":
                    functions.Add(new AbiFunction(name, Parameters(entry, "inputs", where), Parameters(entry, "outputs", where), Mutability(entry)));
                    break;
                case "event":
                    var anonymous = entry.TryGetProperty("anonymous", out var flag) && flag.ValueKind == JsonValueKind.True;
                    events.Add(new AbiEvent(name, Parameters(entry, "inputs", where), anonymous));
                    break;
                case "error":
                    errors.Add(new AbiError(name, Parameters(entry, "inputs", where)));
                    break;
                case "constructor":
                    constructor = Parameters(entry, "inputs", where);
                    break;
            }
        }

        return new ContractAbi(functions, events, errors, constructor, bytecode, contractName);
    }

    private static string Mutability(JsonElement entry)
    {
        if (Text(entry, "stateMutability") is { } stated) return stated;
        // Compilers before 0.5 wrote two flags instead.
        if (entry.TryGetProperty("constant", out var constant) && constant.ValueKind == JsonValueKind.True) return "view";
        return entry.TryGetProperty("payable", out var payable) && payable.ValueKind == JsonValueKind.True ? "payable" : "nonpayable";
    }

    private static List<AbiParameter> Parameters(JsonElement entry, string field, string where)
    {
        var parameters = new List<AbiParameter>();
        if (!entry.TryGetProperty(field, out var list) || list.ValueKind != JsonValueKind.Array) return parameters;
        foreach (var item in list.EnumerateArray())
        {
            var indexed = item.TryGetProperty("indexed", out var flag) && flag.ValueKind == JsonValueKind.True;
            parameters.Add(new AbiParameter(Type(item, where), Text(item, "name") ?? "", indexed));
        }

        return parameters;
    }

    private static AbiType Type(JsonElement item, string where)
    {
        var name = Text(item, "type") ?? throw new AbiException($"{where}: a parameter has no \"type\".");
        if (!name.StartsWith("tuple", StringComparison.Ordinal)) return AbiType.Parse(name).WithInternalType(Text(item, "internalType"));
        if (!item.TryGetProperty("components", out _)) throw new AbiException($"{where}: a tuple has no \"components\".");
        var type = AbiType.TupleOf(Parameters(item, "components", where));
        foreach (var suffix in name[5..].Split('[', StringSplitOptions.RemoveEmptyEntries))
        {
            var count = suffix.TrimEnd(']');
            if (count.Length == 0) type = AbiType.ArrayOf(type);
            else if (int.TryParse(count, System.Globalization.NumberStyles.None, null, out var size)) type = AbiType.FixedArrayOf(type, size);
            else throw new AbiException($"{where}: '{name}' is not a type.");
        }

        return type.WithInternalType(Text(item, "internalType"));
    }

    // Hardhat: a string; Foundry: an object; solc: within "evm". Unlinked code is not code yet.
    private static byte[]? Bytecode(JsonElement artifact)
    {
        if (artifact.TryGetProperty("evm", out var evm) && evm.ValueKind == JsonValueKind.Object) artifact = evm;
        if (!artifact.TryGetProperty("bytecode", out var code)) return null;
        var text = code.ValueKind == JsonValueKind.Object ? Text(code, "object") : code.ValueKind == JsonValueKind.String ? code.GetString() : null;
        return text is { Length: > 2 } && Hex.TryParseData(text, out var bytes) && bytes.Length > 0 ? bytes : null;
    }

    private static string? Text(JsonElement item, string field) =>
        item.ValueKind == JsonValueKind.Object && item.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
