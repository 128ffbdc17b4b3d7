using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Quarterdeck.Primitives.Audit;

/// <summary>
/// Verifies an excerpt with nothing but the log's key: each entry is in the signed tree at its index, and the entries are all that the
/// log counted for the scope. That the log counted rightly only the whole log shows.
/// </summary>
internal sealed class AuditExcerptVerifier : IDisposable
{
    private readonly NoteVerifierKey? _given;
    private readonly Checkpoint? _seen;
    private readonly List<AuditFinding> _findings = [];
    private readonly IncrementalHash _digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly HashSet<long> _leaves = [];
    private NoteVerifierKey? _key;
    private Checkpoint? _checkpoint;
    private JsonObject? _scope;
    private long _line;
    private long _last = -1;
    private long _entries;
    private bool _ended;

    private readonly WitnessTally _witnesses;

    private AuditExcerptVerifier(NoteVerifierKey? key, Checkpoint? seen, IReadOnlyList<NoteVerifierKey> witnesses) =>
        (_given, _key, _seen, _witnesses) = (key, key, seen, new WitnessTally(witnesses));

    /// <summary>Reads <c>excerpt.ndjson</c> to its end.</summary>
    public static async Task<AuditVerification> Verify(
        Stream excerpt, NoteVerifierKey? key, Checkpoint? seen, IReadOnlyList<NoteVerifierKey> witnesses, CancellationToken cancel)
    {
        using var verifier = new AuditExcerptVerifier(key, seen, witnesses);
        await foreach (var line in LineReader.Read(excerpt, AuditExcerptLine.MaximumBytes, cancel)) verifier.Take(line.Span);
        return verifier.End();
    }

    public void Dispose() => _digest.Dispose();

    private void Take(ReadOnlySpan<byte> line)
    {
        _line++;
        if (line.Length > AuditExcerptLine.MaximumBytes) Add(AuditFault.Malformed, null, "the line is longer than any entry can be");
        else if (AuditExportLine.TryObject(line) is not { } members) Add(AuditFault.Malformed, null, "the line is not canonical JSON");
        else if (_ended) Add(AuditFault.Inserted, null, "a line follows the log's closing statement");
        else if (_line == 1) Header(members);
        else if (AuditExportLine.Text(members, "statement") is { } note) Statement(note);
        else Entry(members);
    }

    private void Header(JsonObject members)
    {
        if (AuditExportLine.Text(members, "format") != AuditExcerptLine.Format || members["scope"] is not JsonObject scope)
        {
            Add(AuditFault.Malformed, null, "the excerpt does not begin with its header");
            return;
        }

        _scope = scope;
        try
        {
            var own = NoteVerifierKey.Parse(AuditExportLine.Text(members, "key") ?? "");
            _key ??= own;
            if (_given is not null && own.ToString() != _given.ToString())
                Add(AuditFault.Signature, null, $"the excerpt names the key {own.Name}+{own.Id:x8}, not {_given.Name}+{_given.Id:x8}");
            var note = SignedNote.Parse(AuditExportLine.Text(members, "checkpoint") ?? "");
            var checkpoint = Checkpoint.Parse(note.Text);
            if (note.SignatureOf(_key) != NoteSignature.Good || checkpoint.Origin != _key.Name)
                Add(AuditFault.Signature, null, $"the checkpoint of size {checkpoint.Size} is not signed by {_key.Name}+{_key.Id:x8}");
            else
            {
                _checkpoint = checkpoint;
                foreach (var fault in _witnesses.Take(note, checkpoint)) Add(AuditFault.Signature, null, fault);
            }
        }
        catch (FormatException e)
        {
            Add(AuditFault.Malformed, null, e.Message);
        }

        if (_seen is not null && _checkpoint is { } signed && (signed.Size < _seen.Size || (signed.Size == _seen.Size && signed.Root != _seen.Root)))
        {
            Add(AuditFault.Fork, null,
                $"the checkpoint seen earlier has size {_seen.Size} and root {AuditVerifier.Short(_seen.Root)}, this excerpt's has size {signed.Size} and root {AuditVerifier.Short(signed.Root)}");
        }
    }

    private void Entry(JsonObject members)
    {
        if (Leaf(members) is not { } leaf || !Hash32.TryParse(AuditExportLine.Text(members, "hash"), out var hash)
            || members["entry"] is not JsonObject entry || Proof(members) is not { } proof)
        {
            Add(AuditFault.Malformed, null, "neither an entry with hash, leaf and proof nor the closing statement");
            return;
        }

        _entries++;
        _digest.AppendData(hash.ToArray());
        if (!_leaves.Add(leaf)) Add(AuditFault.Duplicated, leaf, $"entry {leaf} stands a second time");
        else if (leaf < _last) Add(AuditFault.Reordered, leaf, $"entry {leaf} stands after entry {_last}: entries were reordered");
        _last = Math.Max(_last, leaf);
        if (MerkleTree.LeafHash(CanonicalJson.Serialize(entry)) != hash)
            Add(AuditFault.Changed, leaf, $"entry {leaf} was changed: its bytes do not have its hash {AuditVerifier.Short(hash)}");
        else if (_checkpoint is { } checkpoint && !MerkleTree.VerifyInclusion(hash, leaf, checkpoint.Size, proof, checkpoint.Root))
            Add(AuditFault.Inserted, leaf, $"entry {leaf} is not in the signed tree of size {checkpoint.Size} at that place: inserted, renumbered, or its proof was changed");
    }

    private void Statement(string text)
    {
        _ended = true;
        if (_key is null || _checkpoint is null || _scope is null) return;
        try
        {
            var note = SignedNote.Parse(text);
            var lines = note.Text.Split('\n');
            if (note.SignatureOf(_key) != NoteSignature.Good || lines.Length != 7 || lines[0] != AuditExcerptLine.Format)
                Add(AuditFault.Signature, null, $"the closing statement is not signed by {_key.Name}+{_key.Id:x8}");
            else Compare(lines);
        }
        catch (FormatException e)
        {
            Add(AuditFault.Malformed, null, $"the closing statement: {e.Message}");
        }
    }

    private void Compare(string[] lines)
    {
        if (lines[1] != Encoding.UTF8.GetString(CanonicalJson.Serialize(_scope)))
            Add(AuditFault.Signature, null, $"the header names another scope than the log signed, which is {lines[1]}");
        if (lines[2] != _checkpoint!.Origin || lines[3] != _checkpoint.Size.ToString(System.Globalization.CultureInfo.InvariantCulture))
            Add(AuditFault.Fork, null, $"the closing statement is of {lines[2]} at size {lines[3]}, the checkpoint of size {_checkpoint.Size}");
        if (lines[4] != _entries.ToString(System.Globalization.CultureInfo.InvariantCulture))
        {
            var fault = long.TryParse(lines[4], out var count) && count > _entries ? AuditFault.Removed : AuditFault.Inserted;
            Add(fault, null, $"the log counted {lines[4]} entries in this scope, the excerpt holds {_entries}");
        }
        else if (lines[5] != Convert.ToBase64String(_digest.GetCurrentHash()))
        {
            Add(AuditFault.Removed, null, "the excerpt holds other entries, or in another order, than the log counted in this scope");
        }
    }

    private AuditVerification End()
    {
        foreach (var fault in _witnesses.Absent()) Add(AuditFault.Signature, null, fault);
        if (!_ended) Add(AuditFault.Truncated, null, "the log's closing statement is missing: the end was cut off");
        return new AuditVerification(_entries, _checkpoint is null ? 0 : 1, _checkpoint, _key, _findings)
        {
            Witnessed = _witnesses.Sizes,
            Scope = _scope is null ? null : Encoding.UTF8.GetString(CanonicalJson.Serialize(_scope)),
        };
    }

    private static long? Leaf(JsonObject members) =>
        members["leaf"] is JsonValue value && value.TryGetValue<long>(out var leaf) && leaf >= 0 ? leaf : null;

    private static List<Hash32>? Proof(JsonObject members)
    {
        if (members["proof"] is not JsonArray items) return null;
        var proof = new List<Hash32>(items.Count);
        foreach (var item in items)
        {
            if (item is not JsonValue value || !value.TryGetValue<string>(out var text) || !Hash32.TryParse(text, out var hash)) return null;
            proof.Add(hash);
        }

        return proof;
    }

    private void Add(AuditFault fault, long? leaf, string message)
    {
        if (_findings.Count < AuditVerification.MaximumFindings) _findings.Add(new AuditFinding(fault, leaf, _line, message));
    }
}
