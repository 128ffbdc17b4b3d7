
namespace Quarterdeck.Store;

/// <summary>The transaction of <see cref="OperationsStore.Ingest{T}(FactSource, Func{IngestScope, Task{T}}, CancellationToken)"/>.</summary>
public sealed class IngestScope : WriteScope
{
    internal IngestScope(Session session, FactSource source, DateTimeOffset now, CancellationToken cancel)
        : base(session, now, cancel) => Source = source;

    /// <summary>Where the facts were observed; rows carry it in columns of their own.</summary>
    public FactSource Source { get; }
}
