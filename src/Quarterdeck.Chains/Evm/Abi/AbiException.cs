namespace Quarterdeck.Chains.Evm.Abi;

/// <summary>
/// A signature, a value or encoded data that the ABI does not allow. Says what and where; nothing is allocated in
/// proportion to what malformed data claims.
/// </summary>
public sealed class AbiException : FormatException
{
    /// <summary>What is wrong.</summary>
    public AbiException(string message) : base(message)
    {
    }

    /// <summary>What is wrong, and at which byte of the data or character of the text.</summary>
    public AbiException(string message, int offset) : base(message) => Offset = offset;

    /// <summary>Byte in the data, or character in the signature, at which it went wrong; null where a value is at fault.</summary>
    public int? Offset { get; }
}
