using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Quarterdeck.Primitives.Audit;

namespace Quarterdeck.Cli.Audit;

/// <summary>What verifying an export said, and whose key it was verified with.</summary>
/// <param name="Verification">Counts and findings.</param>
/// <param name="KeySource">Where the key came from; null: from the export itself, which shows consistency and not origin.</param>
/// <param name="Note">Worth knowing, not a fault.</param>
internal sealed record AuditVerdict(AuditVerification Verification, string? KeySource, string? Note)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Verifies a file or folder, with the key that is given, else the environment's, else the export's own.</summary>
    public static async Task<AuditVerdict> Of(string path, string? key, string? seen, IReadOnlyList<NoteVerifierKey> witnesses, string state, CancellationToken cancel)
    {
        var known = key is null ? AuditKeys.OfState(state) : AuditKeys.Given(key);
        var before = seen is null ? null : AuditKeys.Seen(seen, known?.Key);
        var verification = await Verify(path, known, before, witnesses, cancel);
        var signed = key is null && known is not null ? AuditKeys.SignedBy(state) : null;
        return new AuditVerdict(verification, known?.Source, Later(verification, signed));
    }

    /// <summary>Verifies a file or folder, whose history must begin with what a chain has of it.</summary>
    public static async Task<AuditVerdict> OfAnchored(
        string path, KnownKey known, AuditAnchor anchor, IReadOnlyList<NoteVerifierKey> witnesses, CancellationToken cancel)
    {
        var verification = await Verify(path, known, anchor.Checkpoint, witnesses, cancel);
        var note = string.Create(CultureInfo.InvariantCulture, $"a checkpoint of size {anchor.Checkpoint.Size} was {anchor.Note}");
        // An excerpt's proofs lead to its own checkpoint; only the whole log shows that this one grew out of the anchored.
        if (verification.Scope is not null) note += " An excerpt shows only that it is not older; verify the whole log.";
        return new AuditVerdict(verification, known.Source, note);
    }

    /// <summary>
    /// Fetches the running server's export and verifies it. Where the environment's state is here, the history must also begin with the
    /// last checkpoint that it is known to have signed.
    /// </summary>
    public static async Task<AuditVerdict> OfServer(string? url, string? key, string? seen, IReadOnlyList<NoteVerifierKey> witnesses, string state, CancellationToken cancel)
    {
        var known = key is null ? AuditKeys.OfState(state) : AuditKeys.Given(key);
        // Read before the export is made, so that the export is the later of the two.
        var before = seen is not null ? AuditKeys.Seen(seen, known?.Key) : key is null && known is not null ? AuditKeys.SignedBy(state) : null;
        var server = await AuditServer.Find(url, state, cancel);
        var path = Path.Combine(Path.GetTempPath(), $"quarterdeck-audit-{Guid.NewGuid():N}.zip");
        try
        {
            await server.Export(path, new Dictionary<string, string>(), cancel);
            return new AuditVerdict(await Verify(path, known, before, witnesses, cancel), known?.Source, null);
        }
        finally
        {
            File.Delete(path);
        }
    }

    public string ToText()
    {
        var text = new StringBuilder();
        var v = Verification;
        if (v is { IsProved: true, Scope: { } scope })
        {
            text.Append(CultureInfo.InvariantCulture, $"Proved: an excerpt of {v.Entries} entries of {v.Key!.Name}, scope {scope}, each in its place in the log.\n");
            text.Append("That no entry of the scope was left out is the log's signed word; only the whole log proves it.\n");
        }
        else if (v.IsProved)
        {
            text.Append(CultureInfo.InvariantCulture, $"Proved: {v.Entries} entries and {v.Checkpoints} checkpoints of {v.Key!.Name}.\n");
        }
        else
        {
            text.Append(CultureInfo.InvariantCulture, $"NOT PROVED: {v.Findings.Count} findings over {v.Entries} entries and {v.Checkpoints} checkpoints.\n");
            foreach (var finding in v.Findings) text.Append(CultureInfo.InvariantCulture, $"  {finding}\n");
        }

        if (v.Latest is { } latest)
            text.Append(CultureInfo.InvariantCulture, $"{(v.IsProved ? "Latest" : "Good up to the")} checkpoint: size {latest.Size}, root {latest.Root.ToString()[2..]}.\n");
        if (v.Key is { } key) text.Append(CultureInfo.InvariantCulture, $"Key: {key} (from {KeySource ?? "the export itself"}).\n");
        foreach (var (witness, size) in v.Witnessed) text.Append(CultureInfo.InvariantCulture, $"Cosigned by {witness} up to size {size}.\n");
        if (KeySource is null)
            text.Append("The key came with the export, so this shows that the export agrees with itself, not who made it. Give --key.\n");
        if (Note is not null) text.Append(CultureInfo.InvariantCulture, $"Note: {Note}\n");
        return text.ToString().TrimEnd('\n');
    }

    public string ToJson() => new JsonObject
    {
        ["proved"] = Verification.IsProved,
        ["entries"] = Verification.Entries,
        ["checkpoints"] = Verification.Checkpoints,
        ["scope"] = Verification.Scope is null ? null : JsonNode.Parse(Verification.Scope),
        ["size"] = Verification.Latest?.Size,
        ["root"] = Verification.Latest?.Root.ToString()[2..],
        ["witnessed"] = new JsonObject(Verification.Witnessed.Select(w => KeyValuePair.Create(w.Key, (JsonNode?)w.Value))),
        ["key"] = Verification.Key?.ToString(),
        ["keySource"] = KeySource ?? "export",
        ["note"] = Note,
        ["findings"] = new JsonArray([.. Verification.Findings.Select(f => (JsonNode)new JsonObject
        {
            ["fault"] = f.Fault.ToString().ToLowerInvariant(),
            ["leaf"] = f.Leaf,
            ["line"] = f.Line,
            ["message"] = f.Message,
        })]),
    }.ToJsonString(Indented);

    private static async Task<AuditVerification> Verify(
        string path, KnownKey? known, Checkpoint? seen, IReadOnlyList<NoteVerifierKey> witnesses, CancellationToken cancel)
    {
        try
        {
            return await AuditExportFile.Verify(path, known?.Key, seen, cancel, witnesses);
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
        {
            throw new CommandException(e.Message, QuarterdeckCommand.BadInput);
        }
    }

    private static string? Later(AuditVerification verification, Checkpoint? signed) =>
        verification.Latest is { } latest && signed is not null && signed.Size > latest.Size
            ? string.Create(CultureInfo.InvariantCulture, $"this environment has signed {signed.Size} entries by now; the export ends at {latest.Size}.")
            : null;
}
