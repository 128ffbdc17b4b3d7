using Quarterdeck.Primitives;

namespace Quarterdeck.Store;

/// <summary>Where a fact was observed: what <see cref="OperationsStore.Ingest{T}(FactSource, Func{IngestScope, Task{T}}, CancellationToken)"/> stamps it with.</summary>
public abstract record FactSource
{
    private FactSource()
    {
    }

    /// <summary>A block of a chain.</summary>
    public static FactSource Block(ChainId chain, BlockRef block) => new OfBlock(chain, block);

    /// <summary>An answer over HTTP.</summary>
    public static FactSource Http(Uri url, DateTimeOffset time) => new OfHttp(url, time);

    /// <summary>A process or database that was asked.</summary>
    public static FactSource Process(string name, DateTimeOffset time) => new OfProcess(name, time);

    /// <summary>Time itself: a deadline passed, an interval ended.</summary>
    public static FactSource Clock(DateTimeOffset time) => new OfClock(time);

    /// <summary>A block of a chain.</summary>
    public sealed record OfBlock(ChainId Chain, BlockRef At) : FactSource
    {
        /// <inheritdoc/>
        public override string ToString() => $"{Chain} {At}";
    }

    /// <summary>An answer over HTTP.</summary>
    public sealed record OfHttp(Uri Url, DateTimeOffset Time) : FactSource
    {
        /// <inheritdoc/>
        public override string ToString() => $"{Url} at {Time:O}";
    }

    /// <summary>A process or database that was asked.</summary>
    public sealed record OfProcess(string Name, DateTimeOffset Time) : FactSource
    {
        /// <inheritdoc/>
        public override string ToString() => $"{Name} at {Time:O}";
    }

    /// <summary>Time itself.</summary>
    public sealed record OfClock(DateTimeOffset Time) : FactSource
    {
        /// <inheritdoc/>
        public override string ToString() => $"clock at {Time:O}";
    }
}
