using System.Text;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Signatures;

/// <summary>One member of an EIP-712 struct.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">An elementary ABI type, a struct of the same data, or an array of either.</param>
public sealed record TypedMember(string Name, string Type);

/// <summary>
/// Structured data that a wallet shows and signs, and its hash. Source: EIP-712. Values are those of
/// <see cref="AbiType"/>, a struct being a dictionary by member name.
/// </summary>
public sealed class Eip712
{
    private const int MaxDepth = 32;

    private static readonly (string Name, string Type)[] DomainMembers =
        [("name", "string"), ("version", "string"), ("chainId", "uint256"), ("verifyingContract", "address"), ("salt", "bytes32")];

    private readonly Dictionary<string, IReadOnlyList<TypedMember>> _types;
    private readonly IReadOnlyDictionary<string, object?> _domain;
    private readonly IReadOnlyDictionary<string, object?> _message;

    /// <summary>
    /// From code. The type EIP712Domain may be left out: it then follows from the fields that the domain has, in the order
    /// of the EIP.
    /// </summary>
    /// <exception cref="AbiException">The primary type is not among the types.</exception>
    public Eip712(
        IReadOnlyDictionary<string, IReadOnlyList<TypedMember>> types, string primaryType,
        IReadOnlyDictionary<string, object?> domain, IReadOnlyDictionary<string, object?> message)
    {
        _types = new Dictionary<string, IReadOnlyList<TypedMember>>(types);
        (PrimaryType, _domain, _message) = (primaryType, domain, message);
        if (!_types.ContainsKey("EIP712Domain"))
            _types["EIP712Domain"] = [.. DomainMembers.Where(m => domain.ContainsKey(m.Name)).Select(m => new TypedMember(m.Name, m.Type))];
        if (!_types.ContainsKey(primaryType)) throw new AbiException($"The primary type '{primaryType}' is not among the types.");
    }

    /// <summary>Which of the types the message is.</summary>
    public string PrimaryType { get; }

    /// <summary>Reads what <c>eth_signTypedData_v4</c> takes: an object with types, primaryType, domain and message.</summary>
    /// <exception cref="AbiException">Not such an object, or a value does not fit its type.</exception>
    public static Eip712 FromJson(string json) => Eip712Json.Read(json);

    /// <summary>What the wallet signs: keccak(0x19 0x01 ‖ hash of the domain ‖ hash of the message).</summary>
    /// <exception cref="AbiException">A value is missing or does not fit its type.</exception>
    public Hash32 Hash()
    {
        byte[] start = [0x19, 0x01];
        var domain = DomainHash().ToArray();
        return PrimaryType == "EIP712Domain"
            ? Keccak256.Hash([.. start, .. domain])
            : Keccak256.Hash([.. start, .. domain, .. StructHash(PrimaryType, _message).ToArray()]);
    }

    /// <summary>The domain separator.</summary>
    /// <exception cref="AbiException">A value is missing or does not fit its type.</exception>
    public Hash32 DomainHash() => StructHash("EIP712Domain", _domain);

    /// <summary>The hash of the message alone.</summary>
    /// <exception cref="AbiException">A value is missing or does not fit its type.</exception>
    public Hash32 MessageHash() => StructHash(PrimaryType, _message);

    /// <summary>The type with those it refers to, as its type hash covers it: <c>Mail(Person from,…)Person(…)</c>.</summary>
    /// <exception cref="AbiException">A type is not defined.</exception>
    public string EncodeType(string type)
    {
        var referred = new SortedSet<string>(StringComparer.Ordinal);
        Collect(type, referred, 0);
        referred.Remove(type);
        var text = new StringBuilder();
        foreach (var name in referred.Prepend(type))
            text.Append(name).Append('(').AppendJoin(',', _types[name].Select(m => $"{m.Type} {m.Name}")).Append(')');
        return text.ToString();
    }

    private void Collect(string type, SortedSet<string> found, int depth)
    {
        // No message could be read that deep, and each level here is one of the stack's.
        if (depth > 4 * MaxDepth) throw new AbiException($"Types refer to each other deeper than {4 * MaxDepth}.");
        if (!_types.TryGetValue(type, out var members)) throw new AbiException($"The type '{type}' is not defined.");
        if (!found.Add(type)) return;
        foreach (var member in members)
        {
            var element = Bare(member.Type);
            if (_types.ContainsKey(element)) Collect(element, found, depth + 1);
            else if (AbiType.Elementary(element) is null) throw new AbiException($"'{element}' of {type}.{member.Name} is neither an ABI type nor defined.");
        }
    }

    private Hash32 StructHash(string type, IReadOnlyDictionary<string, object?> value, int depth = 0)
    {
        if (depth > MaxDepth) throw new AbiException($"Structs nest deeper than {MaxDepth}.");
        var members = _types[type];
        var encoded = new byte[32 * (members.Count + 1)];
        Keccak256.Hash(EncodeType(type)).CopyTo(encoded);
        for (var i = 0; i < members.Count; i++)
        {
            if (!value.TryGetValue(members[i].Name, out var member)) throw new AbiException($"{type}.{members[i].Name} has no value.");
            EncodeMember(members[i].Type, member, encoded.AsSpan(32 * (i + 1), 32), $"{type}.{members[i].Name}", depth);
        }

        return Keccak256.Hash(encoded);
    }

    private void EncodeMember(string type, object? value, Span<byte> word, string where, int depth)
    {
        if (type.EndsWith(']'))
        {
            EncodeArray(type, value, word, where, depth);
        }
        else if (_types.ContainsKey(type))
        {
            // A null struct hashes to zero, as the wallets' implementations agree.
            if (value is null) word.Clear();
            else if (value is IReadOnlyDictionary<string, object?> fields) StructHash(type, fields, depth + 1).CopyTo(word);
            else throw new AbiException($"{where} is {type}: its members are needed, not {AbiValues.Describe(value)}.");
        }
        else
        {
            var elementary = AbiType.Elementary(type) ?? throw new AbiException($"'{type}' of {where} is neither an ABI type nor defined.");
            if (elementary.IsDynamic) Keccak256.Hash(AbiValues.Bytes(elementary, value, where), word);
            else AbiWriter.ElementaryWord(elementary, value, word, where);
        }
    }

    private void EncodeArray(string type, object? value, Span<byte> word, string where, int depth)
    {
        if (depth > MaxDepth) throw new AbiException($"Arrays nest deeper than {MaxDepth}.");
        var items = AbiValues.Items(value) ?? throw new AbiException($"{where} is {type}: a list is needed, not {AbiValues.Describe(value)}.");
        var open = type.LastIndexOf('[');
        if (open <= 0) throw new AbiException($"'{type}' of {where} is not a type.");
        var size = type[(open + 1)..^1];
        if (size.Length > 0 && size != items.Count.ToString(System.Globalization.CultureInfo.InvariantCulture))
            throw new AbiException($"{where} is {type}, but {items.Count} values are given.");
        var encoded = new byte[32 * items.Count];
        for (var i = 0; i < items.Count; i++) EncodeMember(type[..open], items[i], encoded.AsSpan(32 * i, 32), $"{where}[{i}]", depth + 1);
        Keccak256.Hash(encoded, word);
    }

    private static string Bare(string type)
    {
        var open = type.IndexOf('[', StringComparison.Ordinal);
        return open < 0 ? type : type[..open];
    }
}
