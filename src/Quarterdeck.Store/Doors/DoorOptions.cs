using System.Data;

namespace Quarterdeck.Store;

/// <summary>How a door runs its transaction.</summary>
/// <param name="Isolation">PostgreSQL's level; ReadCommitted where rows are locked by hand, Serializable where a rule spans rows.</param>
/// <param name="Retries">
/// How often to run the whole callback again after a serialization failure or deadlock. 0 unless the callback has no effect outside
/// the transaction: only the caller knows.
/// </param>
public sealed record DoorOptions(IsolationLevel Isolation = IsolationLevel.ReadCommitted, int Retries = 0)
{
    /// <summary>Read committed, no retry.</summary>
    public static DoorOptions Default { get; } = new();

    /// <summary>Serializable, and run again up to ten times after a conflict.</summary>
    public static DoorOptions Serializable { get; } = new(IsolationLevel.Serializable, 10);
}
