using System.Buffers.Binary;

namespace Quarterdeck.Chains.Evm.Abi;

/// <summary>A custom error of a contract, with which it may revert.</summary>
public sealed class AbiError
{
    /// <summary>From its parts.</summary>
    public AbiError(string name, IReadOnlyList<AbiParameter> inputs)
    {
        (Name, Inputs) = (name, inputs);
        Signature = name + AbiType.NameOf(inputs);
        Selector = BinaryPrimitives.ReadUInt32BigEndian(Keccak256.Hash(Signature).ToArray());
    }

    /// <summary>The bare name.</summary>
    public string Name { get; }

    /// <summary>Name and canonical types.</summary>
    public string Signature { get; }

    /// <summary>The first four bytes of the signature's hash, as a big-endian number.</summary>
    public uint Selector { get; }

    /// <summary>Parameters in order.</summary>
    public IReadOnlyList<AbiParameter> Inputs { get; }

    /// <summary>Reads <c>InsufficientBalance(uint256 available, uint256 required)</c>, with or without <c>error</c>.</summary>
    /// <exception cref="AbiException">Not a signature; the offset is the character.</exception>
    public static AbiError Parse(string signature)
    {
        var (name, inputs) = new SignatureParser(signature).ParseError();
        return new AbiError(name, inputs);
    }

    /// <summary>The arguments in revert data of this error.</summary>
    /// <exception cref="AbiException">Another selector, or malformed.</exception>
    public object?[] Decode(ReadOnlySpan<byte> revertData)
    {
        if (revertData.Length < 4 || BinaryPrimitives.ReadUInt32BigEndian(revertData) != Selector)
            throw new AbiException($"The revert data is not of error {Signature}.", 0);
        return AbiCodec.Decode(Inputs, revertData[4..]);
    }

    /// <summary>As Solidity writes it.</summary>
    public override string ToString() => $"error {Name}({string.Join(", ", Inputs)})";
}
