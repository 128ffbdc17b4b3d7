namespace Quarterdeck.Primitives.Audit;

/// <summary>
/// Verifies an export with nothing but a public key: streams, holds one window of hashes between two checkpoints, and says which
/// entry is wrong.
/// </summary>
public sealed class AuditVerifier
{
    private const int WindowLimit = 4096;
    private readonly NoteVerifierKey? _given;
    private readonly Checkpoint? _seen;
    private readonly List<AuditFinding> _findings = [];
    private readonly SortedSet<long> _missing = [];
    private readonly List<Hash32> _window = [];
    private readonly MerkleEdge _edge = new();
    private MerkleEdge _proved = new();
    private NoteVerifierKey? _key;
    private Checkpoint? _latest;
    private Checkpoint? _lastSigned;
    private bool _intact = true;
    private bool _seenChecked;
    private long _line;
    private long _next;
    private long _entries;
    private long _checkpoints;
    private long? _announced;

    private readonly WitnessTally _witnesses;

    private AuditVerifier(NoteVerifierKey? key, Checkpoint? seen, IReadOnlyList<NoteVerifierKey> witnesses) =>
        (_given, _key, _seen, _witnesses) = (key, key, seen, new WitnessTally(witnesses));

    /// <summary>Reads <c>audit.ndjson</c> to its end.</summary>
    /// <param name="export">The lines.</param>
    /// <param name="key">
    /// The log's public key from elsewhere. Without it the export's own is taken, and then only consistency is shown, not origin.
    /// </param>
    /// <param name="seen">A checkpoint that the caller has from an earlier time: the export's history must begin with it.</param>
    /// <param name="cancel">Stops reading.</param>
    /// <param name="witnesses">Keys of witnesses; each must have cosigned at least one of the checkpoints.</param>
    public static async Task<AuditVerification> Verify(
        Stream export, NoteVerifierKey? key, Checkpoint? seen, CancellationToken cancel, IReadOnlyList<NoteVerifierKey>? witnesses = null)
    {
        ArgumentNullException.ThrowIfNull(export);
        var verifier = new AuditVerifier(key, seen, witnesses ?? []);
        await foreach (var line in LineReader.Read(export, AuditExportLine.MaximumBytes, cancel)) verifier.Take(line.Span);
        return verifier.End();
    }

    private void Take(ReadOnlySpan<byte> line)
    {
        _line++;
        if (line.Length > AuditExportLine.MaximumBytes) Add(AuditFault.Malformed, null, "the line is longer than any entry can be");
        else if (AuditExportLine.TryEntry(line, out var entry, out var hash, out var leaf)) Entry(entry, hash, leaf);
        else if (AuditExportLine.TryObject(line) is { } members) Other(members);
        else Add(AuditFault.Malformed, null, $"after entry {_next - 1}: neither entry nor checkpoint in the exported form");
    }

    private void Entry(ReadOnlySpan<byte> entry, Hash32 recorded, long leaf)
    {
        _entries++;
        if (MerkleTree.LeafHash(entry) != recorded)
            Add(AuditFault.Changed, leaf, $"entry {leaf} was changed: its bytes do not have its hash {Short(recorded)}");
        if (leaf == _next)
        {
            _next++;
            if (!_intact) return;
            // The recorded hash goes into the tree, so that the next checkpoint still tells about the other entries.
            _edge.Append(recorded);
            if (_window.Count < WindowLimit) _window.Add(recorded);
            CompareSeen();
            return;
        }

        _intact = false;
        if (leaf > _next)
        {
            for (var gap = _next; gap < leaf && _missing.Count < WindowLimit; gap++) _missing.Add(gap);
            _next = leaf + 1;
        }
        else if (_missing.Remove(leaf))
        {
            Add(AuditFault.Reordered, leaf, $"entry {leaf} stands after entry {_next - 1}: entries were reordered");
        }
        else
        {
            Add(AuditFault.Duplicated, leaf, $"entry {leaf} stands a second time");
        }
    }

    private void Other(System.Text.Json.Nodes.JsonObject members)
    {
        if (AuditExportLine.Text(members, "checkpoint") is { } note) Checkpoint(note);
        else if (AuditExportLine.Text(members, "format") == AuditExportLine.Format && _line == 1) Header(members);
        else Add(AuditFault.Malformed, null, $"after entry {_next - 1}: a line that is neither entry nor checkpoint");
    }

    private void Header(System.Text.Json.Nodes.JsonObject members)
    {
        _announced = members["size"] is System.Text.Json.Nodes.JsonValue value && value.TryGetValue<long>(out var size) ? size : null;
        try
        {
            var own = NoteVerifierKey.Parse(AuditExportLine.Text(members, "key") ?? "");
            _key ??= own;
            if (_given is not null && own.ToString() != _given.ToString())
                Add(AuditFault.Signature, null, $"the export names the key {own.Name}+{own.Id:x8}, not {_given.Name}+{_given.Id:x8}");
        }
        catch (FormatException e)
        {
            Add(AuditFault.Malformed, null, e.Message);
        }
    }

    private void Checkpoint(string note)
    {
        if (Signed(note) is not { } checkpoint) return;
        _checkpoints++;
        if (_lastSigned is { } last)
        {
            if (checkpoint.Size == last.Size && checkpoint.Root != last.Root)
            {
                Add(AuditFault.Fork, null, $"the log signed two roots for size {last.Size}, {Short(last.Root)} and {Short(checkpoint.Root)}: history was forked");
                return;
            }

            if (checkpoint.Size < last.Size)
                Add(AuditFault.Fork, null, $"the log signed size {checkpoint.Size} after size {last.Size}: a log does not shrink");
        }

        _lastSigned = checkpoint;
        if (!_intact) return;
        if (checkpoint.Size == _next && _edge.Root() == checkpoint.Root)
        {
            _latest = checkpoint;
            _proved = _edge.Copy();
            _window.Clear();
            return;
        }

        _intact = false;
        var (fault, leaf, message) = WindowDiagnosis.Explain(_proved, _window, _next, checkpoint);
        Add(fault, leaf, message);
    }

    private Checkpoint? Signed(string note)
    {
        try
        {
            var signed = SignedNote.Parse(note);
            var checkpoint = Audit.Checkpoint.Parse(signed.Text);
            if (_key is null)
            {
                Add(AuditFault.Signature, null, "there is no key to check signatures with: give --key");
                return null;
            }

            var name = $"{_key.Name}+{_key.Id:x8}";
            switch (signed.SignatureOf(_key))
            {
                case NoteSignature.Good when checkpoint.Origin == _key.Name:
                    foreach (var fault in _witnesses.Take(signed, checkpoint)) Add(AuditFault.Signature, null, fault);
                    return checkpoint;
                case NoteSignature.Good:
                    Add(AuditFault.Signature, null, $"the checkpoint of size {checkpoint.Size} is of the log '{checkpoint.Origin}', not '{_key.Name}'");
                    return null;
                case NoteSignature.Wrong:
                    Add(AuditFault.Signature, null, $"the checkpoint of size {checkpoint.Size} bears a false signature of {name}: its text was changed");
                    return null;
                default:
                    Add(AuditFault.Signature, null,
                        $"the checkpoint of size {checkpoint.Size} is signed by {string.Join(", ", signed.Signers)}, not by {name}: re-signed with another key");
                    return null;
            }
        }
        catch (FormatException e)
        {
            Add(AuditFault.Malformed, null, $"after entry {_next - 1}: {e.Message}");
            return null;
        }
    }

    private void CompareSeen()
    {
        if (_seen is null || _edge.Size != _seen.Size) return;
        _seenChecked = true;
        var root = _edge.Root();
        if (root == _seen.Root) return;
        Add(AuditFault.Fork, null,
            $"the checkpoint of size {_seen.Size} seen earlier has root {Short(_seen.Root)}, this history has {Short(root)} there: history was forked");
    }

    private AuditVerification End()
    {
        foreach (var fault in _witnesses.Absent()) Add(AuditFault.Signature, null, fault);
        foreach (var leaf in _missing) Add(AuditFault.Removed, leaf, $"entry {leaf} is missing");
        if (_seen is not null && !_seenChecked && _intact)
            Add(AuditFault.Truncated, null, $"the log had {_seen.Size} entries when it was seen earlier; this export ends after {_next}");
        if (_intact && _latest is null) Add(AuditFault.Truncated, null, "no checkpoint covers the entries, so nothing is proved");
        else if (_intact && _latest is { } latest && latest.Size < _next)
            Add(AuditFault.Truncated, latest.Size, $"entries {latest.Size} to {_next - 1} are covered by no checkpoint: inserted, or the last checkpoint was removed");
        if (_announced is { } size && size > _next)
            Add(AuditFault.Truncated, _next, $"the export announces {size} entries and ends after {_next}");
        if (_announced is null) Add(AuditFault.Malformed, null, "the export does not begin with its header");
        return new AuditVerification(_entries, _checkpoints, _latest, _key, _findings) { Witnessed = _witnesses.Sizes };
    }

    private void Add(AuditFault fault, long? leaf, string message)
    {
        if (_findings.Count < AuditVerification.MaximumFindings) _findings.Add(new AuditFinding(fault, leaf, _line, message));
    }

    internal static string Short(Hash32 hash) => hash.ToString()[2..14] + "…";
}
