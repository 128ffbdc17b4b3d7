using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Abi;

/// <summary>An event of a contract: recognises and decodes its logs.</summary>
public sealed class AbiEvent
{
    /// <summary>From its parts.</summary>
    /// <exception cref="AbiException">More indexed parameters than a log has topics.</exception>
    public AbiEvent(string name, IReadOnlyList<AbiParameter> inputs, bool anonymous = false)
    {
        (Name, Inputs, Anonymous) = (name, inputs, anonymous);
        Signature = name + AbiType.NameOf(inputs);
        Topic0 = Keccak256.Hash(Signature);
        IndexedCount = inputs.Count(i => i.Indexed);
        var most = anonymous ? 4 : 3;
        if (IndexedCount > most)
            throw new AbiException($"event {Signature} has {IndexedCount} indexed parameters, but a log has room for {most}.");
        _body = [.. inputs.Where(i => !i.Indexed)];
    }

    private readonly IReadOnlyList<AbiParameter> _body;

    /// <summary>The bare name.</summary>
    public string Name { get; }

    /// <summary>Name and canonical types: <c>Transfer(address,address,uint256)</c>.</summary>
    public string Signature { get; }

    /// <summary>The hash of the signature: the first topic of a log, unless the event is anonymous.</summary>
    public Hash32 Topic0 { get; }

    /// <summary>True where the logs carry no <see cref="Topic0"/>.</summary>
    public bool Anonymous { get; }

    /// <summary>Parameters in order.</summary>
    public IReadOnlyList<AbiParameter> Inputs { get; }

    /// <summary>How many parameters stand in topics.</summary>
    public int IndexedCount { get; }

    /// <summary>Topics that a log of this event has.</summary>
    public int TopicCount => IndexedCount + (Anonymous ? 0 : 1);

    /// <summary>Reads <c>Transfer(address indexed from, address indexed to, uint256 value)</c>, with or without <c>event</c>.</summary>
    /// <exception cref="AbiException">Not a signature; the offset is the character.</exception>
    public static AbiEvent Parse(string signature)
    {
        var (name, inputs, anonymous) = new SignatureParser(signature).ParseEvent();
        return new AbiEvent(name, inputs, anonymous);
    }

    /// <summary>True where a log with these topics can be of this event: same first topic and as many indexed parameters.</summary>
    public bool Matches(ReadOnlySpan<Hash32> topics) =>
        topics.Length == TopicCount && (Anonymous || topics[0] == Topic0);

    /// <summary>Values by name, in the order of the parameters.</summary>
    /// <exception cref="AbiException">The log is not of this event, or its data is malformed.</exception>
    public DecodedEvent Decode(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data)
    {
        if (!Anonymous && (topics.IsEmpty || topics[0] != Topic0))
            throw new AbiException($"The log is not of event {Signature}: its first topic is not {Topic0}.", 0);
        if (topics.Length != TopicCount)
            throw new AbiException(
                $"A log of event {Signature} has {TopicCount} topics, but this one has {topics.Length}: another contract may index other parameters.", 0);
        var body = AbiCodec.Decode(_body, data);
        var values = new DecodedValue[Inputs.Count];
        Span<byte> word = stackalloc byte[32];
        var (topic, part) = (Anonymous ? 0 : 1, 0);
        for (var i = 0; i < values.Length; i++)
        {
            var input = Inputs[i];
            if (!input.Indexed)
            {
                values[i] = new DecodedValue(input, body[part++]);
                continue;
            }

            topics[topic].CopyTo(word);
            object value = input.Type.IsHashedWhenIndexed ? topics[topic] : AbiReader.Elementary(input.Type, word, topic * 32);
            values[i] = new DecodedValue(input, value);
            topic++;
        }

        return new DecodedEvent(this, values);
    }

    /// <summary>The log that a contract would emit: its topics, with <see cref="Topic0"/> unless anonymous, and its data.</summary>
    /// <exception cref="AbiException">A value does not fit its type, or their number is wrong.</exception>
    public (IReadOnlyList<Hash32> Topics, byte[] Data) Encode(params IReadOnlyList<object?> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Count != Inputs.Count) throw new AbiException($"{Signature} takes {Inputs.Count} values, but {values.Count} are given.");
        var topics = new List<Hash32>();
        if (!Anonymous) topics.Add(Topic0);
        var body = new List<object?>();
        for (var i = 0; i < values.Count; i++)
        {
            if (Inputs[i].Indexed) topics.Add(EncodeTopic(Inputs[i].Type, values[i]));
            else body.Add(values[i]);
        }

        return (topics, AbiCodec.Encode(_body, body));
    }

    /// <summary>The topic to filter an indexed parameter by: the padded value, or the hash of a dynamic one.</summary>
    /// <exception cref="AbiException">The value does not fit the type.</exception>
    public static Hash32 EncodeTopic(AbiType type, object? value)
    {
        if (!type.IsHashedWhenIndexed)
        {
            Span<byte> word = stackalloc byte[32];
            AbiWriter.ElementaryWord(type, value, word, "topic");
            return new Hash32(word);
        }

        var writer = new AbiWriter();
        InPlace(writer, type, value, outer: true);
        return Keccak256.Hash(writer.ToArray());
    }

    // "Encoding of indexed event parameters": in place, padded to words except at the outermost level, without lengths.
    private static void InPlace(AbiWriter writer, AbiType type, object? value, bool outer)
    {
        switch (type.Kind)
        {
            case AbiKind.Bytes:
            case AbiKind.String:
                var bytes = AbiValues.Bytes(type, value, "topic");
                writer.Raw(bytes);
                if (!outer) writer.Raw(new byte[(32 - bytes.Length % 32) % 32]);
                break;
            case AbiKind.Array:
            case AbiKind.FixedArray:
                foreach (var item in AbiWriter.Items(type, value, "topic")) InPlace(writer, type.Element!, item, false);
                break;
            case AbiKind.Tuple:
                var items = AbiWriter.Items(type, value, "topic");
                for (var i = 0; i < items.Count; i++) InPlace(writer, type.Components[i].Type, items[i], false);
                break;
            default:
                Span<byte> word = stackalloc byte[32];
                AbiWriter.ElementaryWord(type, value, word, "topic");
                writer.Raw(word);
                break;
        }
    }

    /// <summary>As Solidity writes it.</summary>
    public override string ToString() => $"event {Name}({string.Join(", ", Inputs)}){(Anonymous ? " anonymous" : "")}";
}

/// <summary>A decoded log.</summary>
/// <param name="Event">What it is a log of.</param>
/// <param name="Values">One for each parameter, in order.</param>
public sealed record DecodedEvent(AbiEvent Event, IReadOnlyList<DecodedValue> Values)
{
    /// <summary>The value of the parameter with this name.</summary>
    /// <exception cref="KeyNotFoundException">No parameter has the name.</exception>
    public object? this[string name] => Values.FirstOrDefault(v => v.Parameter.Name == name) is { } value
        ? value.Value
        : throw new KeyNotFoundException($"event {Event.Signature} has no parameter '{name}'.");

    /// <summary><c>Transfer(from: 0x…, to: 0x…, value: 5)</c></summary>
    public override string ToString() =>
        $"{Event.Name}({string.Join(", ", Values.Select(v => $"{v.Parameter.Name}: {AbiText.Print(v.Parameter.Type, v.Value)}"))})";
}

/// <summary>
/// A parameter and its value. An indexed parameter of dynamic type is logged only as the hash of its encoding: then the
/// value is a <see cref="Hash32"/>.
/// </summary>
public sealed record DecodedValue(AbiParameter Parameter, object? Value)
{
    /// <summary>True where only the hash of the value is known.</summary>
    public bool IsHash => Parameter.Indexed && Parameter.Type.IsHashedWhenIndexed;
}
