namespace Quarterdeck.Devnet;

/// <summary>A part of the development environment cannot start or do what was asked. The message says which, why and the remedy.</summary>
public sealed class DevnetException : Exception
{
    public DevnetException(string message) : base(message)
    {
    }

    public DevnetException(string message, Exception inner) : base(message, inner)
    {
    }
}
