using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Rpc;

/// <summary>One log of a transaction: what a contract announced.</summary>
public sealed record EvmLog
{
    /// <summary>The contract that emitted it.</summary>
    public required Address Address { get; init; }

    /// <summary>Up to four words to filter by; the first names the event unless it is anonymous.</summary>
    public required LogTopics Topics { get; init; }

    /// <summary>The parameters that are not indexed, encoded.</summary>
    public required byte[] Data { get; init; }

    /// <summary>Height of its block.</summary>
    public ulong BlockNumber { get; init; }

    /// <summary>Its block.</summary>
    public Hash32 BlockHash { get; init; }

    /// <summary>Its transaction.</summary>
    public Hash32 TransactionHash { get; init; }

    /// <summary>Place of the transaction in the block, from 0.</summary>
    public int TransactionIndex { get; init; }

    /// <summary>Place of the log in the block, from 0.</summary>
    public int LogIndex { get; init; }

    /// <summary>The block's time where the node gives it with the log; null elsewhere.</summary>
    public DateTimeOffset? BlockTime { get; init; }

    /// <summary>True where the node says that the log's block was orphaned.</summary>
    public bool Removed { get; init; }
}

/// <summary>The topics of a log: none to four, without an array.</summary>
[SuppressMessage("Naming", "CA1710", Justification = "Topics is the field's own word.")]
public readonly struct LogTopics : IReadOnlyList<Hash32>, IEquatable<LogTopics>
{
    private readonly Hash32 _t0, _t1, _t2, _t3;
    private readonly int _count;

    /// <summary>Copies up to four topics.</summary>
    /// <exception cref="ArgumentException">More than four.</exception>
    public LogTopics(params ReadOnlySpan<Hash32> topics)
    {
        if (topics.Length > 4) throw new ArgumentException($"A log has at most 4 topics; these are {topics.Length}.", nameof(topics));
        _count = topics.Length;
        if (_count > 0) _t0 = topics[0];
        if (_count > 1) _t1 = topics[1];
        if (_count > 2) _t2 = topics[2];
        if (_count > 3) _t3 = topics[3];
    }

    /// <summary>0 to 4.</summary>
    public int Count => _count;

    /// <summary>The topics in place.</summary>
    [UnscopedRef]
    public ReadOnlySpan<Hash32> Span => MemoryMarshal.CreateReadOnlySpan(in _t0, _count);

    /// <summary>The topic at a place from 0.</summary>
    public Hash32 this[int index] => Span[index];

    /// <inheritdoc/>
    public IEnumerator<Hash32> GetEnumerator()
    {
        for (var i = 0; i < _count; i++) yield return this[i];
    }

    System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(LogTopics other) => Span.SequenceEqual(other.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is LogTopics other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_count, _t0, _t1, _t2, _t3);

    /// <summary>Same topics.</summary>
    public static bool operator ==(LogTopics left, LogTopics right) => left.Equals(right);

    /// <summary>Other topics.</summary>
    public static bool operator !=(LogTopics left, LogTopics right) => !left.Equals(right);

    /// <inheritdoc/>
    public override string ToString() => $"[{string.Join(", ", this)}]";
}
