using System.Diagnostics;
using Npgsql;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Store.Audit;

namespace Quarterdeck.Store.Tests.Audit;

public sealed class AuditSequencerTests(AuditLogFixture fixture) : IClassFixture<AuditLogFixture>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static Checkpoint Read(string? note) => Checkpoint.Parse(SignedNote.Parse(note!).Text);

    [Fact]
    public async Task Entries_are_numbered_signed_and_proved()
    {
        await using var log = await fixture.NewLog();
        var store = log.Open();
        for (var i = 0; i < 10; i++) await TestLog.Append(store, $"run_{i}", 3);
        var sequencer = log.Sequencer(store, new AuditSequencerOptions { BatchSize = 7 });
        Assert.Equal(30, Read(await sequencer.Flush(Cancel)).Size);

        var verification = await log.Verify(store);
        Assert.Empty(verification.Findings);
        Assert.Equal(30, verification.Entries);
        var entries = await new AuditLog(store).Entries(0, 100, null, Cancel);
        Assert.Equal(Enumerable.Range(0, 30).Select(i => ($"run_{i / 3}", i % 3)), entries.Select(e => (e.Entry.Subject, (int)e.Entry.Detail!["i"]!)));
        Assert.Equal(3, (await new AuditLog(store).Entries(0, 100, "run_4", Cancel)).Count);
        Assert.Equal([29L, 28], (await new AuditLog(store).Latest(2, null, Cancel)).Select(e => e.Index));
    }

    [Fact]
    public async Task A_restarted_sequencer_continues_where_the_last_one_was()
    {
        await using var log = await fixture.NewLog();
        var store = log.Open();
        for (var i = 0; i < 5; i++)
        {
            await TestLog.Append(store, $"run_{i}", 100);
            Assert.Equal((i + 1) * 100, Read(await log.Sequencer(store).Flush(Cancel)).Size);
        }

        var verification = await log.Verify(store);
        Assert.Empty(verification.Findings);
        Assert.Equal(5, verification.Checkpoints);
    }

    [Fact]
    public async Task An_entry_is_numbered_and_signed_soon_after_its_commit_though_another_transaction_stays_open()
    {
        await using var log = await fixture.NewLog();
        var store = log.Open();
        var sequencer = log.Sequencer(store);
        await sequencer.StartAsync(Cancel);
        await using var other = new NpgsqlConnection(log.Admin + ";Pooling=false");
        await other.OpenAsync(Cancel);
        await using (var open = new NpgsqlCommand("BEGIN; INSERT INTO audit.inbox (entry, subject, action) VALUES ('{}', 'late', 'a.b')", other))
            await open.ExecuteNonQueryAsync(Cancel);

        using var numbered = store.Signals.Subscribe(Signals.Audit);
        await TestLog.Append(store, "early");
        var patience = Stopwatch.StartNew();
        while ((await Numbered(store)).Count == 0 && patience.Elapsed < TimeSpan.FromSeconds(20)) await numbered.Wait(TimeSpan.FromSeconds(1), Cancel);
        Assert.Equal(["early"], await Numbered(store));

        // The one that was open all the time is not missed, though its id is smaller.
        await using (var commit = new NpgsqlCommand("COMMIT", other)) await commit.ExecuteNonQueryAsync(Cancel);
        await sequencer.Flush(Cancel);
        Assert.Equal(["early", "late"], await Numbered(store));
        Assert.Empty((await log.Verify(store)).Findings);
        await sequencer.StopAsync(Cancel);
    }

    [Fact]
    public async Task Two_sequencers_and_many_writers_at_once_leave_no_gap_and_no_double()
    {
        await using var log = await fixture.NewLog();
        var (one, two) = (log.Open(), log.Open());
        var options = new AuditSequencerOptions { CheckpointInterval = TimeSpan.FromMilliseconds(5), PollInterval = TimeSpan.FromMilliseconds(5) };
        var (first, second) = (log.Sequencer(one, options), log.Sequencer(two, options));
        await first.StartAsync(Cancel);
        await second.StartAsync(Cancel);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async w =>
        {
            for (var i = 0; i < 40; i++) await TestLog.Append(w % 2 == 0 ? one : two, $"writer_{w}", 2);
        }));
        Assert.Equal(640, Read(await first.Flush(Cancel)).Size);
        await first.StopAsync(Cancel);
        await second.StopAsync(Cancel);
        Assert.Null(first.Refusal ?? second.Refusal);

        var verification = await log.Verify(one);
        Assert.Empty(verification.Findings);
        Assert.Equal(640, verification.Entries);
        // Each writer's own entries keep their order.
        var entries = await new AuditLog(one).Entries(0, 1000, "writer_3", Cancel);
        Assert.Equal(entries.Select(e => e.Entry.Time).Order(), entries.Select(e => e.Entry.Time));
        Assert.Equal(80, entries.Select(e => e.Entry.Id).Distinct().Count());
    }

    [Fact]
    public async Task Proofs_from_the_database_verify_for_every_kind_of_place()
    {
        await using var log = await fixture.NewLog();
        var store = log.Open();
        await TestLog.Append(store, "many", 1500);
        var sequencer = log.Sequencer(store);
        await sequencer.Flush(Cancel);
        await TestLog.Append(store, "more", 70_000);
        var checkpoint = Read(await sequencer.Flush(Cancel));
        Assert.Equal(71_500, checkpoint.Size);

        var reader = new AuditLog(store);
        var hashes = await store.Query<Quarterdeck.Primitives.Hash32>("SELECT hash FROM audit.leaves ORDER BY index", null, Cancel);
        foreach (var index in new[] { 0L, 1, 255, 256, 1499, 1500, 65_535, 65_536, 71_423, 71_424, 71_498, 71_499 })
        {
            var proof = await reader.Inclusion(index, checkpoint.Size, Cancel);
            Assert.True(MerkleTree.VerifyInclusion(hashes[(int)index], index, checkpoint.Size, proof, checkpoint.Root), $"leaf {index}");
        }

        var edge = new MerkleEdge();
        foreach (var hash in hashes)
        {
            edge.Append(hash);
            if (edge.Size is not (1 or 255 or 256 or 257 or 1500 or 65_536 or 70_001 or 71_500)) continue;
            var proof = await reader.Consistency(edge.Size, checkpoint.Size, Cancel);
            Assert.True(MerkleTree.VerifyConsistency(edge.Size, edge.Root(), checkpoint.Size, checkpoint.Root, proof), $"size {edge.Size}");
        }
    }

    [Fact]
    public async Task A_database_restored_from_a_backup_is_not_signed()
    {
        await using var log = await fixture.NewLog();
        var store = log.Open();
        await TestLog.Append(store, "old", 4);
        await log.Sequencer(store).Flush(Cancel);
        await TestLog.Append(store, "lost", 3);
        await log.Sequencer(store).Flush(Cancel);
        await log.Sql(
            """
            SET session_replication_role = replica;
            DELETE FROM audit.checkpoints WHERE size > 4; DELETE FROM audit.leaves WHERE index >= 4; DELETE FROM audit.inbox WHERE subject = 'lost';
            """);
        var refused = await Assert.ThrowsAsync<AuditRefusedException>(() => log.Sequencer(store).Flush(Cancel));
        Assert.Contains("has 4 entries, but 7 were signed before", refused.Message, StringComparison.Ordinal);

        // A running server says so from its start, and a refilled log is still another history.
        await TestLog.Append(store, "instead", 5);
        var sequencer = log.Sequencer(store);
        await sequencer.StartAsync(Cancel);
        var patience = Stopwatch.StartNew();
        while (sequencer.Refusal is null && patience.Elapsed < TimeSpan.FromSeconds(20)) await Task.Delay(20, Cancel);
        await sequencer.StopAsync(Cancel);
        Assert.Contains("history was rewritten", sequencer.Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_checkpoint_row_of_another_key_is_refused()
    {
        await using var log = await fixture.NewLog();
        var store = log.Open();
        await TestLog.Append(store, "a", 2);
        await log.Sequencer(store).Flush(Cancel);
        File.Delete(Path.Combine(log.StateFolder, AuditSigner.KeyFile));
        File.Delete(Path.Combine(log.StateFolder, AuditSigner.CheckpointFile));
        await TestLog.Append(store, "b");
        var refused = await Assert.ThrowsAsync<AuditRefusedException>(() => log.Sequencer(store).Flush(Cancel));
        Assert.Contains("Restore the key file", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_rewritten_in_the_database_is_found_by_the_export()
    {
        await using var log = await fixture.NewLog();
        var store = log.Open();
        await TestLog.Append(store, "a", 6);
        var seen = Read(await log.Sequencer(store).Flush(Cancel));
        await log.Sql("SET session_replication_role = replica; UPDATE audit.inbox SET entry = convert_to(replace(convert_from(entry, 'UTF8'), 'test', 'tent'), 'UTF8') WHERE id = 3");
        var verification = await log.Verify(store, seen);
        Assert.Equal((AuditFault.Changed, 2L), (verification.Findings[0].Fault, verification.Findings[0].Leaf!.Value));
    }

    [Fact]
    public async Task The_key_is_readable_by_its_owner_alone()
    {
        await using var log = await fixture.NewLog();
        var first = log.Signer.Key.ToString();
        Assert.Equal(first, log.Signer.Key.ToString());
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(log.StateFolder, AuditSigner.KeyFile)));
        Assert.Equal(first, (await File.ReadAllTextAsync(Path.Combine(log.StateFolder, AuditSigner.PublicKeyFile), Cancel)).Trim());
    }

    [Fact]
    public async Task The_zip_verifies_and_a_file_changed_in_it_is_found()
    {
        await using var log = await fixture.NewLog();
        var store = log.Open();
        await TestLog.Append(store, "a", 6);
        await log.Sequencer(store).Flush(Cancel);
        var path = Path.Combine(log.StateFolder, "export.zip");
        await using (var file = File.Create(path)) Assert.Equal(6, await log.Export(store).WriteZip(file, Cancel));
        Assert.True((await AuditExportFile.Verify(path, log.Signer.Key, null, Cancel)).IsProved);

        var folder = Path.Combine(log.StateFolder, "unpacked");
        await System.IO.Compression.ZipFile.ExtractToDirectoryAsync(path, folder, Cancel);
        Assert.True((await AuditExportFile.Verify(folder, log.Signer.Key, null, Cancel)).IsProved);
        await File.AppendAllTextAsync(Path.Combine(folder, AuditExportFile.ReadmeName), "all is well\n", Cancel);
        var verification = await AuditExportFile.Verify(folder, log.Signer.Key, null, Cancel);
        Assert.Contains("README.txt is not the file that was exported", Assert.Single(verification.Findings).Message, StringComparison.Ordinal);
    }

    private static Task<IReadOnlyList<string>> Numbered(OperationsStore store) => store.Query<string>(
        "SELECT i.subject FROM audit.leaves l JOIN audit.inbox i ON i.id = l.inbox_id ORDER BY l.index", null, Cancel);
}
