using System.CommandLine;
using System.Text.Json.Nodes;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Primitives;

namespace Quarterdeck.Cli.Commands;

/// <summary>Encodes and decodes by the contract ABI, as cast's abi-encode, calldata, decode-abi and decode-event do.</summary>
internal sealed class AbiCommand : Command
{
    public AbiCommand() : base("abi", "Encode and decode by the contract ABI, offline.")
    {
        Subcommands.Add(Encode());
        Subcommands.Add(Calldata());
        Subcommands.Add(Decode());
        Subcommands.Add(DecodeEvent());
        Subcommands.Add(Selector());
    }

    private static Command Encode()
    {
        var (signature, arguments) = (Signature("f(address,uint256)"), Values());
        var packed = new Option<bool>("--packed") { Description = "Without padding, as abi.encodePacked." };
        var command = new Command("encode", "Encode arguments, without the selector.") { signature, arguments, packed };
        command.SetAction(parsed => Print(parsed, () =>
        {
            var types = Inputs(parsed.GetRequiredValue(signature));
            var values = Parse(types, parsed.GetValue(arguments) ?? []);
            return [Hex.Data(parsed.GetValue(packed) ? AbiCodec.EncodePacked(types, values) : AbiCodec.Encode(types, values))];
        }));
        return command;
    }

    private static Command Calldata()
    {
        var (signature, arguments) = (Signature("transfer(address,uint256)"), Values());
        var command = new Command("calldata", "Encode a call: selector and arguments.") { signature, arguments };
        command.SetAction(parsed => Print(parsed, () =>
        {
            var function = AbiFunction.Parse(parsed.GetRequiredValue(signature));
            return [Hex.Data(function.EncodeCall(function.ParseArguments(parsed.GetValue(arguments) ?? [])))];
        }));
        return command;
    }

    private static Command Decode()
    {
        var signature = Signature("balanceOf(address)(uint256)");
        var data = new Argument<string>("data") { Description = "Hex: return data, or with --input the arguments or calldata." };
        var input = new Option<bool>("--input", "-i") { Description = "Decode inputs, with or without the selector, instead of outputs." };
        var json = Json();
        var command = new Command("decode", "Decode values. Outputs where the signature has them, else inputs.") { signature, data, input, json };
        command.SetAction(parsed => Print(parsed, () =>
        {
            var text = parsed.GetRequiredValue(signature);
            var function = text.TrimStart().StartsWith('(') ? null : AbiFunction.Parse(text);
            var ofInputs = function is null || parsed.GetValue(input) || function.Outputs.Count == 0;
            var types = function is null ? AbiCodec.ParseTypes(text) : ofInputs ? function.Inputs : function.Outputs;
            var bytes = Bytes(parsed.GetRequiredValue(data));
            var withSelector = ofInputs && function is not null && bytes.Length % 32 == 4
                && Hex.Data(bytes.AsSpan(0, 4)) == function.SelectorText;
            var values = AbiCodec.Decode(types, bytes.AsSpan(withSelector ? 4 : 0));
            return parsed.GetValue(json)
                ? [new JsonArray([.. values.Select((v, i) => ToJson(types[i].Type, v))]).ToJsonString()]
                : values.Select((v, i) => AbiText.Print(types[i].Type, v, exponent: true));
        }));
        return command;
    }

    private static Command DecodeEvent()
    {
        var (signature, arguments) = (Signature("Transfer(address indexed from, address indexed to, uint256 value)"), Values());
        var topics = new Option<string[]>("--topics") { Description = "The log's topics, the first one included; several, or separated by commas.", AllowMultipleArgumentsPerToken = true };
        var data = new Option<string?>("--data") { Description = "The log's data, in hex." };
        var asCast = new Option<bool>("--as-cast") { Description = "Encode a log as cast does where that is not what contracts log: hashes of indexed arrays, bytes and strings, several values of dynamic type." };
        var json = Json();
        var command = new Command(
            "event", "Decode a log (--topics, --data, or its data alone where nothing is indexed); encode one from arguments; without either, the first topic.")
        {
            signature, arguments, topics, data, json, asCast,
        };
        command.SetAction(parsed => Print(parsed, () =>
        {
            var description = AbiEvent.Parse(parsed.GetRequiredValue(signature));
            var given = parsed.GetValue(arguments) ?? [];
            var words = (parsed.GetValue(topics) ?? []).SelectMany(t => t.Split([',', '[', ']', ' '], StringSplitOptions.RemoveEmptyEntries)).Select(Hash32.Parse).ToArray();
            var body = parsed.GetValue(data);
            if (words.Length == 0 && body is null)
            {
                if (given.Length == 0 && description.Inputs.Count > 0) return [description.Topic0.ToString()];
                if (!(given is [var whole] && description.IndexedCount == 0 && IsWords(whole))) return Log(description, given, parsed.GetValue(asCast));
                body = whole;
            }
            else if (given.Length > 0)
            {
                throw new AbiException("Give --topics and --data to decode a log, or arguments to encode one.");
            }

            // The first topic follows from the signature, so that it may be left out.
            if (!description.Anonymous && words.Length == description.IndexedCount) words = [description.Topic0, .. words];
            var decoded = description.Decode(words, Bytes(body ?? "0x"));
            return parsed.GetValue(json)
                ? [new JsonObject(decoded.Values.Select((v, i) => KeyValuePair.Create(
                    v.Parameter.Name.Length > 0 ? v.Parameter.Name : $"{i}", ToJson(v.Parameter.Type, v.Value)))).ToJsonString()]
                : decoded.Values.Select(v => AbiText.Print(v.Parameter.Type, v.Value, exponent: true));
        }));
        return command;
    }

    // Whole words in hex are a log's data; what is shorter is an argument.
    private static bool IsWords(string text) => text.StartsWith("0x", StringComparison.Ordinal) && text.Length > 2 && (text.Length - 2) % 64 == 0;

    private static IEnumerable<string> Log(AbiEvent description, string[] arguments, bool asCast)
    {
        if (arguments.Length != description.Inputs.Count)
            throw new AbiException($"{description.Inputs.Count} arguments are needed, but {arguments.Length} are given.");
        List<object?> values = [.. description.Inputs.Select((input, i) => AbiText.Parse(input.Type, arguments[i], input.Name.Length == 0 ? $"argument {i + 1}" : input.Name))];
        var (topics, data) = description.Encode(values);
        if (asCast) (topics, data) = CastLog(description, topics, values);
        var lines = topics.Select((topic, i) => $"[topic{i}]: {topic}");
        // As cast: no line where there is no data.
        return data.Length == 0 ? lines : lines.Append($"[data]: {Hex.Data(data)}");
    }

    // Solidity hashes what is indexed in place, without lengths; cast hashes its whole encoding, and gives an array of fixed size or a tuple
    // of more than a word no topic but zero. Solidity's data is one encoding of all values; cast's is that of each, one after another.
    private static (IReadOnlyList<Hash32>, byte[]) CastLog(AbiEvent description, IReadOnlyList<Hash32> topics, List<object?> values)
    {
        var (own, at, data) = (topics.ToArray(), description.Anonymous ? 0 : 1, new List<byte>());
        foreach (var (input, value) in description.Inputs.Zip(values))
        {
            if (!input.Indexed) data.AddRange(AbiCodec.Encode([input], [value]));
            else if (input.Type.IsHashedWhenIndexed) own[at++] = CastTopic(input, value);
            else at++;
        }

        return (own, [.. data]);
    }

    private static Hash32 CastTopic(AbiParameter input, object? value)
    {
        var encoded = AbiCodec.Encode([input], [value]);
        if (input.Type.Kind is AbiKind.Array or AbiKind.Bytes or AbiKind.String) return Keccak256.Hash(encoded);
        return encoded.Length == 32 ? new Hash32(encoded) : default;
    }

    private static Command Selector()
    {
        var signature = Signature("transfer(address,uint256)");
        var command = new Command("selector", "The first four bytes of a function's signature hash.") { signature };
        command.SetAction(parsed => Print(parsed, () => [AbiFunction.Parse(parsed.GetRequiredValue(signature)).SelectorText]));
        return command;
    }

    private static Argument<string> Signature(string example) => new("signature") { Description = $"Such as '{example}'." };

    private static Argument<string[]> Values() => new("args")
    {
        Description = "Values, as cast takes them: 1e18, 0x…, [1,2], (1,0x…). Put -- before a negative number.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static Option<bool> Json() => new("--json") { Description = "As JSON." };

    private static IReadOnlyList<AbiParameter> Inputs(string signature) =>
        signature.TrimStart() is ['(', ..] or ['c', 'o', 'n', 's', 't', 'r', 'u', 'c', 't', 'o', 'r', ..]
            ? AbiCodec.ParseTypes(signature)
            : AbiFunction.Parse(signature).Inputs;

    private static object?[] Parse(IReadOnlyList<AbiParameter> types, string[] arguments) => types.Count == arguments.Length
        ? [.. types.Select((t, i) => AbiText.Parse(t.Type, arguments[i], t.Name.Length == 0 ? $"argument {i + 1}" : t.Name))]
        : throw new AbiException($"{types.Count} arguments are needed, but {arguments.Length} are given.");

    private static byte[] Bytes(string hex) => Hex.ParseData(hex.Trim());

    private static JsonNode? ToJson(AbiType type, object? value) => value switch
    {
        bool flag => flag,
        object?[] items => new JsonArray([.. items.Select((v, i) => ToJson(type.Kind == AbiKind.Tuple ? type.Components[i].Type : type.Element!, v))]),
        // Text, since most readers of JSON lose digits beyond 2^53.
        _ => AbiText.PrintBare(type, value),
    };

    private static int Print(ParseResult parsed, Func<IEnumerable<string>> lines)
    {
        try
        {
            foreach (var line in lines()) parsed.InvocationConfiguration.Output.WriteLine(line);
            return 0;
        }
        catch (FormatException e)
        {
            throw new CommandException(e.Message, QuarterdeckCommand.BadInput);
        }
    }
}
