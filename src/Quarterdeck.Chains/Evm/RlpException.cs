namespace Quarterdeck.Chains.Evm;

/// <summary>Bytes that are not canonical RLP. A value of the outside world, never a fault of ours: nothing was allocated for it.</summary>
public sealed class RlpException : FormatException
{
    /// <summary>What is wrong, and where.</summary>
    public RlpException(string message, int offset) : base($"{message} (at byte {offset})") => Offset = offset;

    /// <summary>Byte at which reading stopped, from the start of the outermost input.</summary>
    public int Offset { get; }
}
