using System.Buffers.Binary;

namespace Quarterdeck.Chains.Evm.Abi;

/// <summary>A function of a contract: encodes calls to it and decodes what it returns.</summary>
public sealed class AbiFunction
{
    /// <summary>From its parts; <paramref name="stateMutability"/> is one of pure, view, nonpayable, payable.</summary>
    public AbiFunction(
        string name, IReadOnlyList<AbiParameter> inputs, IReadOnlyList<AbiParameter> outputs, string stateMutability = "nonpayable")
    {
        (Name, Inputs, Outputs, StateMutability) = (name, inputs, outputs, stateMutability);
        Signature = name + AbiType.NameOf(inputs);
        Selector = BinaryPrimitives.ReadUInt32BigEndian(Keccak256.Hash(Signature).ToArray());
    }

    /// <summary>The bare name.</summary>
    public string Name { get; }

    /// <summary>Name and canonical input types: <c>transfer(address,uint256)</c>.</summary>
    public string Signature { get; }

    /// <summary>The first four bytes of the signature's hash, as a big-endian number.</summary>
    public uint Selector { get; }

    /// <summary>The selector as 0x and 8 digits.</summary>
    public string SelectorText => Hex.Data(SelectorBytes);

    /// <summary>Parameters in order.</summary>
    public IReadOnlyList<AbiParameter> Inputs { get; }

    /// <summary>Return values in order.</summary>
    public IReadOnlyList<AbiParameter> Outputs { get; }

    /// <summary>pure, view, nonpayable or payable.</summary>
    public string StateMutability { get; }

    /// <summary>True for pure and view: a call changes nothing.</summary>
    public bool IsReadOnly => StateMutability is "view" or "pure";

    /// <summary>True where it may be sent value.</summary>
    public bool IsPayable => StateMutability == "payable";

    /// <summary>Reads <c>balanceOf(address)(uint256)</c> or Solidity's <c>function balanceOf(address who) view returns (uint256)</c>.</summary>
    /// <exception cref="AbiException">Not a signature; the offset is the character.</exception>
    public static AbiFunction Parse(string signature)
    {
        var (name, inputs, outputs, mutability) = new SignatureParser(signature).ParseFunction();
        return new AbiFunction(name, inputs, outputs, mutability);
    }

    /// <summary>Selector and encoded arguments.</summary>
    /// <exception cref="AbiException">An argument does not fit its type, or their number is wrong.</exception>
    public byte[] EncodeCall(params IReadOnlyList<object?> arguments) => [.. SelectorBytes, .. EncodeArguments(arguments)];

    /// <summary>The arguments of a call, from cast-style text: see <see cref="AbiText.Parse"/>.</summary>
    /// <exception cref="AbiException">An argument cannot be read as its type, or their number is wrong.</exception>
    public object?[] ParseArguments(params IReadOnlyList<string> arguments)
    {
        if (arguments.Count != Inputs.Count)
            throw new AbiException($"{Signature} takes {Inputs.Count} arguments, but {arguments.Count} are given.");
        var values = new object?[arguments.Count];
        for (var i = 0; i < values.Length; i++)
        {
            var name = Inputs[i].Name.Length == 0 ? $"argument {i + 1}" : Inputs[i].Name;
            values[i] = AbiText.Parse(Inputs[i].Type, arguments[i], $"{name} of {Signature}");
        }

        return values;
    }

    /// <summary>The arguments in calldata of this function.</summary>
    /// <exception cref="AbiException">Another selector, or malformed.</exception>
    public object?[] DecodeCall(ReadOnlySpan<byte> calldata)
    {
        if (calldata.Length < 4 || BinaryPrimitives.ReadUInt32BigEndian(calldata) != Selector)
            throw new AbiException($"The calldata does not start with {SelectorText}, the selector of {Signature}.", 0);
        return AbiCodec.Decode(Inputs, calldata[4..]);
    }

    /// <summary>The return values; one for each of <see cref="Outputs"/>.</summary>
    /// <exception cref="AbiException">The data does not hold them. Empty data often means that no contract is at the address.</exception>
    public object?[] DecodeResults(ReadOnlySpan<byte> returnData)
    {
        if (returnData.IsEmpty && Outputs.Count > 0)
            throw new AbiException(
                $"{Signature} returned no data where {AbiType.NameOf(Outputs)} was expected: no contract may be at that address, or it has no such function.", 0);
        return AbiCodec.Decode(Outputs, returnData);
    }

    /// <summary>The one return value; all of them as <c>object?[]</c> where there are several; null where there is none.</summary>
    /// <exception cref="AbiException">The data does not hold them.</exception>
    public object? DecodeResult(ReadOnlySpan<byte> returnData)
    {
        var values = DecodeResults(returnData);
        return values.Length switch { 0 => null, 1 => values[0], _ => values };
    }

    private byte[] SelectorBytes
    {
        get
        {
            var bytes = new byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(bytes, Selector);
            return bytes;
        }
    }

    private byte[] EncodeArguments(IReadOnlyList<object?> arguments)
    {
        var writer = new AbiWriter();
        writer.Sequence(Inputs, arguments, Name);
        return writer.ToArray();
    }

    /// <summary>As Solidity writes it.</summary>
    public override string ToString()
    {
        var text = $"function {Name}({string.Join(", ", Inputs)})";
        if (StateMutability != "nonpayable") text += " " + StateMutability;
        return Outputs.Count == 0 ? text : $"{text} returns ({string.Join(", ", Outputs)})";
    }
}
