using System.Net;
using System.Net.Sockets;
using Quarterdeck.Cli.Audit;
using Quarterdeck.Primitives.Audit;

namespace Quarterdeck.Cli.Tests.Audit;

public sealed class WitnessServerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("witness-cli-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_witness_cosigns_over_http_and_keeps_its_key_and_its_memory()
    {
        var cancel = TestContext.Current.CancellationToken;
        var log = NoteSigningKey.Generate("quarterdeck/test");
        var edge = new MerkleEdge();
        edge.Append(MerkleTree.LeafHash("x"u8));
        var note = new Checkpoint(log.Verifier.Name, 1, edge.Root()).Sign(log);
        var key = WitnessServer.ReadKey(_folder, "witness.example").Verifier;
        for (var round = 0; round < 2; round++)
        {
            var url = $"http://127.0.0.1:{FreePort()}/";
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            using var server = WitnessServer.Open(_folder, "another.example", [log.Verifier], url);
            Assert.Equal(key.ToString(), server.Key.ToString());
            var running = server.Run(TextWriter.Null, stop.Token);
            using var http = new HttpClient { BaseAddress = new Uri(url) };
            using var answer = await http.PostAsync("add-checkpoint", new StringContent(new WitnessRequest(round, [], note).ToString()), cancel);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            var line = await answer.Content.ReadAsStringAsync(cancel);
            Assert.Equal(NoteSignature.Good, SignedNote.Parse(SignedNote.With(note, [line])).SignatureOf(key));
            using var stale = await http.PostAsync("add-checkpoint", new StringContent(new WitnessRequest(0, [], note).ToString()), cancel);
            Assert.Equal((HttpStatusCode.Conflict, "text/x.tlog.size"), (stale.StatusCode, stale.Content.Headers.ContentType!.ToString()));
            using var wrong = await http.GetAsync("add-checkpoint", cancel);
            Assert.Equal(HttpStatusCode.MethodNotAllowed, wrong.StatusCode);
            await stop.CancelAsync();
            await running;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
