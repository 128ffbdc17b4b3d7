namespace Quarterdeck.Primitives.Audit;

/// <summary>
/// Says what was done to the entries between a proved checkpoint and one that they do not match, where hashes and numbers were made
/// to fit: tries what the entries would be without one of them, or with two neighbours exchanged.
/// </summary>
internal static class WindowDiagnosis
{
    // Each hypothesis costs a pass over the window.
    private const int Limit = 1024;

    public static (AuditFault Fault, long? Leaf, string Message) Explain(
        MerkleEdge proved, IReadOnlyList<Hash32> window, long count, Checkpoint checkpoint)
    {
        var first = proved.Size;
        var last = count - 1;
        var range = first == last ? $"entry {first}" : $"one of the entries {first} to {last}";
        if (count < checkpoint.Size)
        {
            return (AuditFault.Removed, null,
                $"the checkpoint of size {checkpoint.Size} stands after {count} entries: {checkpoint.Size - count} of the entries from {first} on were removed");
        }

        if (count > checkpoint.Size)
        {
            if (checkpoint.Size == count - 1 && Removal(proved, window, checkpoint.Root) is { } extra)
                return Surplus(window, extra, first);
            return (AuditFault.Inserted, null,
                $"the checkpoint of size {checkpoint.Size} stands after {count} entries: {count - checkpoint.Size} of the entries {first} to {last} were inserted");
        }

        if (Exchange(proved, window, checkpoint.Root) is { } at)
            return (AuditFault.Reordered, first + at, $"entries {first + at} and {first + at + 1} were exchanged and renumbered");
        return (AuditFault.Fork, null,
            $"the checkpoint of size {checkpoint.Size} has root {AuditVerifier.Short(checkpoint.Root)}, the entries give another: "
            + $"{range} was changed, exchanged or removed and the rest made to fit, or the log signed another history (a fork)");
    }

    private static (AuditFault, long?, string) Surplus(IReadOnlyList<Hash32> window, int at, long first)
    {
        for (var i = 0; i < window.Count; i++)
        {
            if (i != at && window[i] == window[at])
                return (AuditFault.Duplicated, first + at, $"entry {first + at} is a copy of entry {first + i}, renumbered");
        }

        return (AuditFault.Inserted, first + at, $"entry {first + at} was inserted: without it the entries have the root that was signed");
    }

    private static int? Removal(MerkleEdge proved, IReadOnlyList<Hash32> window, Hash32 root)
    {
        if (window.Count > Limit) return null;
        for (var skip = window.Count - 1; skip >= 0; skip--)
        {
            var edge = proved.Copy();
            for (var i = 0; i < window.Count; i++)
            {
                if (i != skip) edge.Append(window[i]);
            }

            if (edge.Root() == root) return skip;
        }

        return null;
    }

    private static int? Exchange(MerkleEdge proved, IReadOnlyList<Hash32> window, Hash32 root)
    {
        if (window.Count > Limit) return null;
        for (var at = 0; at + 1 < window.Count; at++)
        {
            var edge = proved.Copy();
            for (var i = 0; i < window.Count; i++) edge.Append(window[i == at ? at + 1 : i == at + 1 ? at : i]);
            if (edge.Root() == root) return at;
        }

        return null;
    }
}
