namespace Quarterdeck.Primitives;

/// <summary>Something outside failed in a way that may pass: trying again with the same input is right.</summary>
public class TransientException : Exception
{
    /// <summary>What failed and where.</summary>
    public TransientException(string message) : base(message)
    {
    }

    /// <summary>What failed, where, and from what.</summary>
    public TransientException(string message, Exception inner) : base(message, inner)
    {
    }
}
