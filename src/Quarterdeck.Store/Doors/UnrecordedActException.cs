using Quarterdeck.Primitives.Audit;

namespace Quarterdeck.Store;

/// <summary>A change came to the door of decisions without an audit entry: it was rolled back. Always a bug of the caller.</summary>
public sealed class UnrecordedActException : InvalidOperationException
{
    internal UnrecordedActException(Actor actor, string reason) : base(
        $"'{reason}' by {actor} recorded no audit entry, so it was rolled back. Call ActScope.Record at least once.")
    {
    }
}
