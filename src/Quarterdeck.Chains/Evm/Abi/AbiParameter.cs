namespace Quarterdeck.Chains.Evm.Abi;

/// <summary>One input or output of a function, event or error, or one part of a tuple.</summary>
/// <param name="Type">Its type.</param>
/// <param name="Name">Its name; empty where the signature gives none.</param>
/// <param name="Indexed">For events: stands in a topic.</param>
public sealed record AbiParameter(AbiType Type, string Name = "", bool Indexed = false)
{
    /// <summary>As Solidity writes it: <c>address indexed from</c>.</summary>
    public override string ToString() => Type.Name + (Indexed ? " indexed" : "") + (Name.Length == 0 ? "" : " " + Name);
}
