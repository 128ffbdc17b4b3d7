using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Audit;

namespace Quarterdeck.Store.Audit;

/// <summary>Writes the log for somebody who trusts neither server nor database: everything up to the latest checkpoint.</summary>
public sealed class AuditExport(OperationsStore store, NoteVerifierKey key)
{
    /// <summary>The lines alone (<c>audit.ndjson</c>), streamed; returns how many entries. Writes asynchronously only.</summary>
    public async Task<long> Write(Stream output, CancellationToken cancel)
    {
        await using var entryConnection = await store.Reader.OpenConnectionAsync(cancel);
        await using var checkpointConnection = await store.Reader.OpenConnectionAsync(cancel);
        var size = await Size(checkpointConnection, cancel);
        await using var entries = await Rows(
            entryConnection,
            "SELECT l.index, l.hash, i.entry FROM audit.leaves l JOIN audit.inbox i ON i.id = l.inbox_id WHERE l.index < $1 ORDER BY l.index",
            size, cancel);
        await using var checkpoints = await Rows(
            checkpointConnection, "SELECT size, note FROM audit.checkpoints WHERE size <= $1 ORDER BY size", size, cancel);
        var writer = new AuditExportWriter(output);
        await writer.Header(key, size, cancel);
        var more = await checkpoints.ReadAsync(cancel);
        while (await entries.ReadAsync(cancel))
        {
            var index = entries.GetInt64(0);
            await writer.Entry(index, new Hash32(entries.GetFieldValue<byte[]>(1)), entries.GetFieldValue<byte[]>(2), cancel);
            while (more && checkpoints.GetInt64(0) <= index + 1)
            {
                await writer.Checkpoint(checkpoints.GetString(1), cancel);
                more = await checkpoints.ReadAsync(cancel);
            }
        }

        await output.FlushAsync(cancel);
        return size;
    }

    /// <summary>A zip of the lines, the key, the latest checkpoint, SHA256SUMS and a README; returns how many entries.</summary>
    public async Task<long> WriteZip(Stream output, CancellationToken cancel)
    {
        // The zip writer writes synchronously, which a response does not allow: so by way of a file that nobody else can open.
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        await using var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous,
        });
        long size;
        using (var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            var sums = new StringBuilder();
            size = await Add(zip, AuditExportFile.LogName, sums, stream => Write(stream, cancel));
            await AddText(zip, AuditExportFile.KeyName, sums, key + "\n", cancel);
            var latest = await new AuditLog(store).LatestCheckpoint(cancel);
            if (latest is not null) await AddText(zip, AuditExportFile.CheckpointName, sums, latest, cancel);
            await AddText(zip, AuditExportFile.ReadmeName, sums, Readme(size), cancel);
            await AddText(zip, AuditExportFile.SumsName, new StringBuilder(), sums.ToString(), cancel);
        }

        file.Position = 0;
        await file.CopyToAsync(output, cancel);
        return size;
    }

    private string Readme(long size) => string.Create(CultureInfo.InvariantCulture,
        $"""
        Audit log {key.Name}: {size} entries.

        {AuditExportFile.LogName}       one JSON object a line: a header; entries with index ("leaf") and leaf hash, in order; each signed
                           checkpoint right after the last entry that it covers
        {AuditExportFile.KeyName}            the log's public key (c2sp.org/signed-note); compare it with the one you were given before
        {AuditExportFile.CheckpointName}     the latest checkpoint (c2sp.org/tlog-checkpoint); keep it, and demand that a later export continues it
        {AuditExportFile.SumsName}         sha256sum -c {AuditExportFile.SumsName}

        To verify offline:  quarterdeck audit verify FILE.zip --key KEY [--seen CHECKPOINT]

        An entry's bytes are its canonical JSON (RFC 8785), exactly as in its line. Leaf hash: SHA-256(0x00 || bytes). The tree and its
        root: RFC 9162 section 2.1. A checkpoint signs size and root with Ed25519.

        """);

    private static async Task<T> Add<T>(ZipArchive zip, string name, StringBuilder sums, Func<Stream, Task<T>> write)
    {
        using var sha = SHA256.Create();
        T result;
        await using (var entry = zip.CreateEntry(name, CompressionLevel.Fastest).Open())
        await using (var hashing = new CryptoStream(entry, sha, CryptoStreamMode.Write, leaveOpen: true))
        {
            result = await write(hashing);
        }

        sums.Append(CultureInfo.InvariantCulture, $"{Convert.ToHexStringLower(sha.Hash!)}  {name}\n");
        return result;
    }

    private static Task<bool> AddText(ZipArchive zip, string name, StringBuilder sums, string text, CancellationToken cancel) =>
        Add(zip, name, sums, async stream =>
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes(text), cancel);
            return true;
        });

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
