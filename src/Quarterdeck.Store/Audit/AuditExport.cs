using System.Globalization;
using Npgsql;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Audit;

namespace Quarterdeck.Store.Audit;

/// <summary>Writes the log for somebody who trusts neither server nor database: everything up to the latest checkpoint.</summary>
public sealed class AuditExport(OperationsStore store, AuditSigner signer, EvidenceSource evidence)
{
    private const int EvidenceBatch = 500;
    private static readonly AuditScope Whole = new(null, null, null, null, null);

    /// <summary>The lines alone (<c>audit.ndjson</c>), streamed; returns how many entries. Writes asynchronously only.</summary>
    public Task<long> Write(Stream output, CancellationToken cancel) => Write(output, null, cancel);

    private async Task<long> Write(Stream output, AuditReport? report, CancellationToken cancel)
    {
        await using var entryConnection = await store.Reader.OpenConnectionAsync(cancel);
        await using var checkpointConnection = await store.Reader.OpenConnectionAsync(cancel);
        var size = await Size(checkpointConnection, cancel);
        await using var entries = await Rows(
            entryConnection,
            "SELECT l.index, l.hash, i.entry FROM audit.leaves l JOIN audit.inbox i ON i.id = l.inbox_id WHERE l.index < $1 ORDER BY l.index",
            size, cancel);
        await using var checkpoints = await Rows(
            checkpointConnection, """
            SELECT c.size, c.note || coalesce(string_agg(s.line, '' ORDER BY s.witness), '')
            FROM audit.checkpoints c LEFT JOIN audit.cosignatures s ON s.size = c.size
            WHERE c.size <= $1 GROUP BY c.size ORDER BY c.size
            """, size, cancel);
        var writer = new AuditExportWriter(output);
        await writer.Header(signer.Key, size, cancel);
        var more = await checkpoints.ReadAsync(cancel);
        while (await entries.ReadAsync(cancel))
        {
            var index = entries.GetInt64(0);
            var (hash, entry) = (new Hash32(entries.GetFieldValue<byte[]>(1)), entries.GetFieldValue<byte[]>(2));
            await writer.Entry(index, hash, entry, cancel);
            if (report is not null && index >= size - AuditReport.MaximumRows) report.Add(index, hash, AuditEntry.Parse(entry));
            while (more && checkpoints.GetInt64(0) <= index + 1)
            {
                await writer.Checkpoint(checkpoints.GetString(1), cancel);
                more = await checkpoints.ReadAsync(cancel);
            }
        }

        await output.FlushAsync(cancel);
        return size;
    }

    /// <summary>
    /// A zip of the lines, evidence, a report to read, the key, the checkpoint, signed SHA256SUMS and a README; returns how many entries.
    /// </summary>
    public Task<long> WriteZip(Stream output, CancellationToken cancel) => AuditArchive.Write(output, signer, async archive =>
    {
        var report = new AuditReport(signer.Key.Name, Whole, store.Clock.GetUtcNow());
        var size = await archive.Add(AuditExportFile.LogName, stream => Write(stream, report, cancel));
        await Evidence(archive, size, cancel);
        var latest = await new AuditLog(store).CheckpointOf(size, cancel);
        await archive.AddText(AuditExportFile.ReportName, report.ToHtml(latest is null ? null : Checkpoint.Parse(SignedNote.Parse(latest).Text)), cancel);
        await archive.AddText(AuditExportFile.KeyName, signer.Key + "\n", cancel);
        if (latest is not null) await archive.AddText(AuditExportFile.CheckpointName, latest, cancel);
        await archive.AddText(AuditExportFile.ReadmeName, Readme(size), cancel);
        return size;
    }, cancel);

    // Only what was found is remembered: a log names far more digests than there are files.
    private async Task Evidence(AuditArchive archive, long size, CancellationToken cancel)
    {
        await using var connection = await store.Reader.OpenConnectionAsync(cancel);
        await using var entries = await Rows(
            connection, "SELECT i.entry FROM audit.leaves l JOIN audit.inbox i ON i.id = l.inbox_id WHERE l.index < $1 ORDER BY l.index", size, cancel);
        var written = new HashSet<Hash32>();
        var named = new HashSet<Hash32>();
        while (await entries.ReadAsync(cancel))
        {
            AuditExcerpt.Digests(AuditEntry.Parse(entries.GetFieldValue<byte[]>(0)), named);
            if (named.Count >= EvidenceBatch) await Found();
        }

        await Found();

        async Task Found()
        {
            named.ExceptWith(written);
            foreach (var file in named.Count == 0 ? [] : await evidence(named, cancel))
            {
                if (!written.Add(file.Digest)) continue;
                await archive.AddBytes($"{AuditExportFile.EvidenceFolder}{file.Digest.ToString()[2..]}{file.Extension}", file.Bytes, cancel);
            }

            named.Clear();
        }
    }

    private string Readme(long size) => string.Create(CultureInfo.InvariantCulture,
        $"""
        Audit log {signer.Key.Name}: {size} entries.

        {AuditExportFile.LogName}       one JSON object a line: a header; entries with index ("leaf") and leaf hash, in order; each signed
                           checkpoint right after the last entry that it covers
        {AuditExportFile.EvidenceFolder}          files that entries name by SHA-256: plans as they were approved, runbooks as they were run
        {AuditExportFile.ReportName}        the entries for people to read
        {AuditExportFile.KeyName}            the log's public key (c2sp.org/signed-note); compare it with the one you were given before
        {AuditExportFile.CheckpointName}     the latest checkpoint (c2sp.org/tlog-checkpoint); keep it, and demand that a later export continues it
        {AuditExportFile.SumsName}         sha256sum -c {AuditExportFile.SumsName}
        {AuditExportFile.SignatureName}     the log's signature over that list

        To verify offline:  quarterdeck audit verify FILE.zip --key KEY [--seen CHECKPOINT]

        An entry's bytes are its canonical JSON (RFC 8785), exactly as in its line. Leaf hash: SHA-256(0x00 || bytes). The tree and its
        root: RFC 9162 section 2.1. A checkpoint signs size and root with Ed25519.

        """);

    private static async Task<long> Size(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand("SELECT coalesce(max(size), 0) FROM audit.checkpoints", connection);
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }

    private static async Task<NpgsqlDataReader> Rows(NpgsqlConnection connection, string sql, long size, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0, Parameters = { new() { Value = size } } };
        return await command.ExecuteReaderAsync(cancel);
    }
}
