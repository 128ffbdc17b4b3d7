using System.Buffers.Binary;
using System.Net;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Server.Api;
using Quarterdeck.Server.Witnessing;
using Quarterdeck.Store.Audit;

namespace Quarterdeck.Server.Tests.Api;

/// <summary>The log is shown to a witness and served as tiles; both are judged by the log's key and the tree's rules alone.</summary>
public sealed class WitnessTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private readonly NoteSigningKey _key = NoteSigningKey.GenerateWitness("witness.example");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private WitnessFeed Feed(Func<string, WitnessAnswer> witness) => new(
        server.Store, [new WitnessAddress(_key.Verifier, new Uri("http://witness.example/"))], new HttpClient(new Line(witness)), NullLogger<WitnessFeed>.Instance);

    private async Task Grow()
    {
        await server.Store.Act(Actor.System("test"), "grows", act =>
        {
            for (var i = 0; i < 300; i++) act.Record("thing.done", $"thing_{i}");
            return Task.CompletedTask;
        }, Cancel);
        await server.Get<AuditSequencer>().Flush(Cancel);
    }

    [Fact]
    public async Task Checkpoints_are_cosigned_and_the_export_shows_it()
    {
        var folder = Directory.CreateTempSubdirectory("witness-").FullName;
        var witness = new Witness(_key, [server.Get<AuditSigner>().Key], folder, TimeProvider.System);
        await Grow();
        var feed = Feed(witness.AddCheckpoint);
        await feed.Feed(Cancel);
        await Grow();
        // The witness has answered once more than the log knows of: the answer was lost.
        var lost = Feed(body => witness.AddCheckpoint(body) with { Status = 500 });
        await lost.Feed(Cancel);
        Assert.StartsWith("it answers 500", lost.States["witness.example"], StringComparison.Ordinal);
        await Grow();
        await feed.Feed(Cancel);
        Assert.Equal("ok", feed.States["witness.example"]);

        using var export = new MemoryStream();
        await server.Get<AuditExport>().Write(export, Cancel);
        export.Position = 0;
        var verification = await AuditVerifier.Verify(export, server.Get<AuditSigner>().Key, null, Cancel, [_key.Verifier]);
        Assert.Empty(verification.Findings);
        Assert.Equal(await new AuditCosignatures(server.Store).LastSize(_key.Verifier, Cancel), verification.Witnessed["witness.example"]);

        export.Position = 0;
        var stranger = NoteSigningKey.GenerateWitness("stranger.example").Verifier;
        Assert.Contains((await AuditVerifier.Verify(export, server.Get<AuditSigner>().Key, null, Cancel, [stranger])).Findings, f => f.Fault == AuditFault.Signature);
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData(422, "no", "another history")]
    [InlineData(409, "999999999\n", "restored or rewritten")]
    [InlineData(200, "\u2014 witness.example AAAAAAAA\n", "not a cosignature")]
    [InlineData(403, "not signed\n", "answers 403")]
    public async Task What_a_witness_refuses_is_said(int status, string body, string said)
    {
        await Grow();
        var feed = Feed(_ => new WitnessAnswer(status, body));
        await feed.Feed(Cancel);
        Assert.Contains(said, feed.States["witness.example"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_servers_role_cannot_take_a_cosignature_back()
    {
        await Assert.ThrowsAnyAsync<Exception>(() => server.Store.Act(Actor.System("test"), "tries", async act =>
        {
            act.Record("thing.done", "x");
            await act.Execute("delete from audit.cosignatures", null, Cancel);
        }, Cancel));
    }

    [Fact]
    public async Task The_tiles_give_the_signed_root_and_hold_the_entries()
    {
        await Grow();
        using var auditor = await server.As("compliance");
        await server.Get<AuditSequencer>().Flush(Cancel);
        var note = SignedNote.Parse(await auditor.GetStringAsync("/api/audit/log/checkpoint", Cancel));
        Assert.Equal(NoteSignature.Good, note.SignatureOf(server.Get<AuditSigner>().Key));
        var checkpoint = Checkpoint.Parse(note.Text);
        var edge = new MerkleEdge();
        for (var at = 0L; at < checkpoint.Size; at += 256)
        {
            var width = (int)Math.Min(256, checkpoint.Size - at);
            var name = $"{at / 256:d3}{(width < 256 ? $".p/{width}" : "")}";
            var hashes = (await auditor.GetByteArrayAsync($"/api/audit/log/tile/0/{name}", Cancel)).Chunk(32).Select(h => new Hash32(h)).ToList();
            var bundle = await auditor.GetByteArrayAsync($"/api/audit/log/tile/entries/{name}", Cancel);
            var (offset, block) = (0, new MerkleEdge());
            foreach (var hash in hashes)
            {
                var length = BinaryPrimitives.ReadUInt16BigEndian(bundle.AsSpan(offset));
                Assert.Equal(hash, MerkleTree.LeafHash(bundle.AsSpan(offset + 2, length)));
                offset += 2 + length;
                edge.Append(hash);
                block.Append(hash);
            }

            Assert.Equal(bundle.Length, offset);
            if (width < 256) continue;
            var above = await auditor.GetByteArrayAsync($"/api/audit/log/tile/1/000.p/{at / 256 + 1}", Cancel);
            Assert.Equal(block.Root(), new Hash32(above.AsSpan((int)(at / 256) * 32, 32)));
        }

        Assert.Equal(checkpoint.Root, edge.Root());
        foreach (var none in new[] { "0/999", "2/000", "x/000", "0/00", "0/x000/001", "0/000.p/0", "entries/999", "9/000" })
            Assert.Equal(HttpStatusCode.NotFound, (await auditor.GetAsync($"/api/audit/log/tile/{none}", Cancel)).StatusCode);
    }

    [Theory]
    [InlineData("0/x001/x234/067", 0, 1234067, 256)]
    [InlineData("entries/000.p/12", null, 0, 12)]
    [InlineData("3/005", 3, 5, 256)]
    public void A_tiles_path_is_read(string path, int? level, long index, int width) =>
        Assert.Equal(new TilePath(level, index, width), TilePath.Parse(path));

    private sealed class Line(Func<string, WitnessAnswer> witness) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Assert.Equal("http://witness.example/add-checkpoint", request.RequestUri!.ToString());
            var answer = witness(await request.Content!.ReadAsStringAsync(cancellationToken));
            return new HttpResponseMessage((HttpStatusCode)answer.Status) { Content = new StringContent(answer.Body, Encoding.UTF8) };
        }
    }
}
