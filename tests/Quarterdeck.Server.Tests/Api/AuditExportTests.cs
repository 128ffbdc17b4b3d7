using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Store.Audit;

namespace Quarterdeck.Server.Tests.Api;

/// <summary>Exports as an auditor asks for them, verified with the log's key alone.</summary>
public sealed class AuditExportTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private async Task<(AuditVerification Verification, ZipArchive Zip)> Export(HttpClient client, string query)
    {
        await server.Get<AuditSequencer>().Flush(Cancel);
        var bytes = await client.GetByteArrayAsync($"/api/audit/export?{query}", Cancel);
        var path = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(path, bytes, Cancel);
            return (await AuditExportFile.Verify(path, server.Get<AuditSigner>().Key, null, Cancel), new ZipArchive(new MemoryStream(bytes)));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static async Task<string> Text(ZipArchive zip, string name)
    {
        using var reader = new StreamReader(zip.GetEntry(name)!.Open(), Encoding.UTF8);
        return await reader.ReadToEndAsync(Cancel);
    }

    [Fact]
    public async Task What_one_person_did_is_exported_with_proofs()
    {
        using var auditor = await server.As("compliance");
        using var viewer = await server.As("viewer");
        var (verification, zip) = await Export(auditor, $"operator={ServerFixture.Named("viewer")}");
        Assert.Empty(verification.Findings);
        Assert.True(verification.Entries > 0);
        var lines = (await Text(zip, "excerpt.ndjson")).TrimEnd('\n').Split('\n');
        Assert.Equal(verification.Entries + 2, lines.Length);
        Assert.All(lines[1..^1], line => Assert.Contains(ServerFixture.Named("viewer"), line, StringComparison.Ordinal));
        Assert.Contains(ServerFixture.Named("viewer"), await Text(zip, "report.html"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_whole_log_comes_with_a_report_and_a_period_without_entries_is_empty_and_proved()
    {
        using var auditor = await server.As("compliance");
        var (whole, zip) = await Export(auditor, "format=zip");
        Assert.Empty(whole.Findings);
        Assert.Contains("the whole log", await Text(zip, "report.html"), StringComparison.Ordinal);
        var (none, _) = await Export(auditor, "from=2001-01-01T00:00:00Z&to=2002-01-01");
        Assert.Empty(none.Findings);
        Assert.Equal(0, none.Entries);
    }

    [Fact]
    public async Task Who_asked_for_an_export_is_recorded()
    {
        using var auditor = await server.As("compliance");
        await Export(auditor, "protocol=somepack");
        await server.Get<AuditSequencer>().Flush(Cancel);
        var entries = await server.Get<AuditLog>().Latest(20, "audit", Cancel);
        Assert.Contains(entries, e => e.Entry.Action == "audit.export" && e.Entry.Actor.ToString() == $"operator:{ServerFixture.Named("compliance")}"
            && JsonNode.DeepEquals(e.Entry.Detail!["scope"], new JsonObject { ["protocol"] = "somepack" }));
    }

    [Theory]
    [InlineData("from=yesterday")]
    [InlineData("from=2026-02-01&to=2026-01-01")]
    [InlineData("format=pdf")]
    public async Task A_scope_that_cannot_be_read_is_refused_with_the_way_out(string query)
    {
        using var auditor = await server.As("compliance");
        var reply = await auditor.GetAsync($"/api/audit/export?{query}", Cancel);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, reply.StatusCode);
        Assert.Contains("remedy", await reply.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_checkpoint_is_asked_for_by_its_size_to_be_anchored_elsewhere()
    {
        using var auditor = await server.As("compliance");
        await server.Get<AuditSequencer>().Flush(Cancel);
        var latest = JsonNode.Parse(await auditor.GetStringAsync("/api/audit/checkpoint", Cancel))!;
        using var another = await server.As("viewer");
        await server.Get<AuditSequencer>().Flush(Cancel);
        var same = JsonNode.Parse(await auditor.GetStringAsync($"/api/audit/checkpoint?size={latest["size"]}", Cancel))!;
        Assert.Equal((string)latest["root"]!, (string)same["root"]!);
        Assert.NotEqual((long)latest["size"]!, (long)JsonNode.Parse(await auditor.GetStringAsync("/api/audit/checkpoint", Cancel))!["size"]!);
        Assert.Equal(HttpStatusCode.NotFound, (await auditor.GetAsync("/api/audit/checkpoint?size=99999999", Cancel)).StatusCode);
    }

    [Fact]
    public async Task Lines_alone_are_proved_too()
    {
        using var auditor = await server.As("compliance");
        await server.Get<AuditSequencer>().Flush(Cancel);
        foreach (var query in new[] { "format=ndjson", $"format=ndjson&operator={ServerFixture.Named("compliance")}" })
        {
            var path = Path.GetTempFileName();
            await File.WriteAllBytesAsync(path, await auditor.GetByteArrayAsync($"/api/audit/export?{query}", Cancel), Cancel);
            Assert.Empty((await AuditExportFile.Verify(path, server.Get<AuditSigner>().Key, null, Cancel)).Findings);
            File.Delete(path);
        }
    }
}
