using System.Globalization;
using Npgsql;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Audit;

namespace Quarterdeck.Store.Audit;

/// <summary>What an entry names by its SHA-256 and the export brings along.</summary>
/// <param name="Digest">SHA-256 of the bytes.</param>
/// <param name="Extension">With its dot.</param>
/// <param name="Bytes">The content.</param>
public sealed record AuditEvidence(Hash32 Digest, string Extension, byte[] Bytes);

/// <summary>Finds evidence for the digests that entries name.</summary>
public delegate Task<IReadOnlyList<AuditEvidence>> EvidenceSource(IReadOnlyCollection<Hash32> named, CancellationToken cancel);

/// <summary>Writes a part of the log, each entry with its proof, for somebody who trusts neither server nor database.</summary>
public sealed class AuditExcerpt(OperationsStore store, AuditSigner signer, EvidenceSource evidence)
{
    private const int ProofBatch = 64;

    private const string EntriesSql =
        "SELECT l.index, l.hash, i.entry FROM audit.leaves l JOIN audit.inbox i ON i.id = l.inbox_id WHERE l.index < $1 ORDER BY l.index";

    /// <summary>The lines alone (<c>excerpt.ndjson</c>); returns how many entries.</summary>
    /// <exception cref="AuditRefusedException">There is no checkpoint yet, or what is to be exported is not what was signed.</exception>
    public async Task<long> Write(Stream output, AuditScope scope, CancellationToken cancel) =>
        await Write(output, scope, await Latest(cancel), null, [], cancel);

    /// <summary>A zip of the lines, evidence, a report to read, the key, the checkpoint, SHA256SUMS and a README; returns how many entries.</summary>
    /// <exception cref="AuditRefusedException">There is no checkpoint yet.</exception>
    public Task<long> WriteZip(Stream output, AuditScope scope, CancellationToken cancel) => AuditArchive.Write(output, signer, async archive =>
    {
        var report = new AuditReport(signer.Key.Name, scope, store.Clock.GetUtcNow());
        var named = new HashSet<Hash32>();
        var note = await Latest(cancel);
        var count = await archive.Add(AuditExportFile.ExcerptName, stream => Write(stream, scope, note, report, named, cancel));
        foreach (var file in await evidence(named, cancel))
        {
            var name = $"{AuditExportFile.EvidenceFolder}{file.Digest.ToString()[2..]}{file.Extension}";
            await archive.AddBytes(name, file.Bytes, cancel);
        }

        await archive.AddText(AuditExportFile.ReportName, report.ToHtml(Checkpoint.Parse(SignedNote.Parse(note).Text)), cancel);
        await archive.AddText(AuditExportFile.KeyName, signer.Key + "\n", cancel);
        await archive.AddText(AuditExportFile.CheckpointName, note, cancel);
        await archive.AddText(AuditExportFile.ReadmeName, Readme(scope, count), cancel);
        return count;
    }, cancel);

    private async Task<long> Write(
        Stream output, AuditScope scope, string note, AuditReport? report, HashSet<Hash32> named, CancellationToken cancel)
    {
        var checkpoint = Checkpoint.Parse(SignedNote.Parse(note).Text);
        var trail = new AuditTrail(scope);
        await foreach (var (_, _, bytes) in Entries(checkpoint.Size, cancel)) trail.Follow(AuditEntry.Parse(bytes));
        using var writer = new AuditExcerptWriter(output, scope);
        await writer.Header(signer.Key, note, cancel);
        var batch = new List<(long Leaf, Hash32 Hash, byte[] Entry)>(ProofBatch);
        await foreach (var (leaf, hash, bytes) in Entries(checkpoint.Size, cancel))
        {
            var entry = AuditEntry.Parse(bytes);
            if (!trail.Holds(entry)) continue;
            report?.Add(leaf, hash, entry);
            Digests(entry, named);
            batch.Add((leaf, hash, bytes));
            if (batch.Count == ProofBatch) await Flush();
        }

        await Flush();
        await writer.End(signer.SignStatement, cancel);
        await output.FlushAsync(cancel);
        return writer.Count;

        async Task Flush()
        {
            var paths = batch.Select(b => MerkleProof.Inclusion(b.Leaf, checkpoint.Size)).ToList();
            await using var connection = await store.Reader.OpenConnectionAsync(cancel);
            var hashes = await AuditNodes.Roots(connection, [.. paths.SelectMany(p => p)], cancel);
            var at = 0;
            for (var i = 0; i < batch.Count; at += paths[i].Count, i++)
                await writer.Entry(batch[i].Leaf, batch[i].Hash, batch[i].Entry, hashes[at..(at + paths[i].Count)], cancel);
            batch.Clear();
        }
    }

    private async IAsyncEnumerable<(long Leaf, Hash32 Hash, byte[] Entry)> Entries(
        long size, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        await using var connection = await store.Reader.OpenConnectionAsync(cancel);
        await using var command = new NpgsqlCommand(EntriesSql, connection) { CommandTimeout = 0, Parameters = { new() { Value = size } } };
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            yield return (reader.GetInt64(0), new Hash32(reader.GetFieldValue<byte[]>(1)), reader.GetFieldValue<byte[]>(2));
    }

    private async Task<string> Latest(CancellationToken cancel) =>
        await new AuditLog(store).PublicCheckpoint(cancel) ?? throw new AuditRefusedException("The audit log has no checkpoint yet. Try again in a second.");

    // Names of plans and hashes of runbooks; others find no evidence and do no harm.
    internal static void Digests(AuditEntry entry, HashSet<Hash32> named)
    {
        if (Hash32.TryParse(entry.Subject, out var subject)) named.Add(subject);
        foreach (var member in entry.Detail ?? [])
        {
            if (member.Value is System.Text.Json.Nodes.JsonValue value && value.TryGetValue<string>(out var text) && Hash32.TryParse(text, out var digest))
                named.Add(digest);
        }
    }

    private string Readme(AuditScope scope, long count) => string.Create(CultureInfo.InvariantCulture,
        $"""
        Audit log {signer.Key.Name}, an excerpt: {scope}. {count} entries.

        {AuditExportFile.ExcerptName}     one JSON object a line: a header with scope and signed checkpoint; entries with index ("leaf"), leaf hash and
                           audit path ("proof"); last the log's signed statement of how many there are and which
        {AuditExportFile.EvidenceFolder}          files that entries name by SHA-256: plans as they were approved, runbooks as they were run
        {AuditExportFile.ReportName}        the entries for people to read
        {AuditExportFile.KeyName}            the log's public key (c2sp.org/signed-note); compare it with the one you were given before
        {AuditExportFile.CheckpointName}     the checkpoint that the proofs lead to (c2sp.org/tlog-checkpoint)
        {AuditExportFile.SumsName}         sha256sum -c {AuditExportFile.SumsName}
        {AuditExportFile.SignatureName}     the log's signature over that list

        To verify offline:  quarterdeck audit verify FILE.zip --key KEY

        The proofs (RFC 9162 section 2.1.3) show that each entry is in the log at its place, unchanged. That no entry of the scope was
        left out is the log's own statement, signed at the end of the lines; only the whole log proves it.

        """);
}
