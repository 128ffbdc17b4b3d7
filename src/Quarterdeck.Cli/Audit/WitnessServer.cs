using System.Net;
using System.Text;
using Quarterdeck.Primitives.Audit;

namespace Quarterdeck.Cli.Audit;

/// <summary>Serves a witness over HTTP: one path, small bodies, one request at a time.</summary>
internal sealed class WitnessServer : IDisposable
{
    private const string KeyFile = "witness.key";
    private const int MaximumBody = 64 * 1024;
    private readonly HttpListener _listener = new();
    private readonly Witness _witness;

    private WitnessServer(Witness witness, string url) => (_witness, Url) = (witness, url);

    public string Url { get; }

    public NoteVerifierKey Key => _witness.Key;

    /// <summary>Listens from now on; serves when run.</summary>
    public static WitnessServer Open(string folder, string name, IReadOnlyList<NoteVerifierKey> logs, string listen)
    {
        var url = listen.TrimEnd('/') + "/";
        var server = new WitnessServer(new Witness(ReadKey(folder, name), logs, folder, TimeProvider.System), url);
        try
        {
            server._listener.Prefixes.Add(url);
            server._listener.Start();
            return server;
        }
        catch (Exception e) when (e is HttpListenerException or ArgumentException)
        {
            server.Dispose();
            throw new CommandException($"--listen '{listen}': {e.Message}", QuarterdeckCommand.BadInput);
        }
    }

    /// <summary>The key of the folder; a new one where there is none.</summary>
    public static NoteSigningKey ReadKey(string folder, string name)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, KeyFile);
        try
        {
            if (File.Exists(path))
            {
                var key = NoteSigningKey.Parse(File.ReadAllText(path));
                return key.Verifier.IsWitness ? key : throw new FormatException("It is the key of a log, not of a witness.");
            }

            var fresh = NoteSigningKey.GenerateWitness(name);
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using var file = new FileStream(path, options);
            file.Write(Encoding.UTF8.GetBytes(fresh.ToFileText() + "\n"));
            file.Flush(flushToDisk: true);
            return fresh;
        }
        catch (FormatException e)
        {
            throw new CommandException($"{path}: {e.Message}", QuarterdeckCommand.BadInput);
        }
    }

    public async Task Run(TextWriter output, CancellationToken cancel)
    {
        using var stop = cancel.Register(_listener.Stop);
        while (!cancel.IsCancellationRequested)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException && cancel.IsCancellationRequested)
            {
                return;
            }

            try
            {
                var answer = await Answer(context.Request, cancel);
                await Write(context.Response, answer, cancel);
                await output.WriteLineAsync($"{answer.Status} {(answer.Status == 200 ? "cosigned" : answer.Body.TrimEnd('\n'))}");
            }
            catch (Exception e) when (e is HttpListenerException or IOException)
            {
                // A caller that went away, or a state that cannot be kept: then nothing was cosigned.
                await output.WriteLineAsync($"not answered: {e.Message}");
                context.Response.Abort();
            }
        }
    }

    public void Dispose() => ((IDisposable)_listener).Dispose();

    private async Task<WitnessAnswer> Answer(HttpListenerRequest request, CancellationToken cancel)
    {
        if (request.Url?.AbsolutePath.EndsWith("/add-checkpoint", StringComparison.Ordinal) != true) return new WitnessAnswer(404, "Only add-checkpoint is here.\n");
        if (request.HttpMethod != "POST") return new WitnessAnswer(405, "POST a checkpoint.\n");
        var body = new byte[MaximumBody + 1];
        var read = await request.InputStream.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancel);
        return read > MaximumBody
            ? new WitnessAnswer(413, "No request is that long.\n")
            : _witness.AddCheckpoint(Encoding.UTF8.GetString(body, 0, read));
    }

    private static async Task Write(HttpListenerResponse response, WitnessAnswer answer, CancellationToken cancel)
    {
        response.StatusCode = answer.Status;
        response.ContentType = answer.Status == 409 ? WitnessAnswer.SizeType : "text/plain; charset=utf-8";
        await response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(answer.Body), cancel);
        response.Close();
    }
}
