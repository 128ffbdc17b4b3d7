using Quarterdeck.Devnet.Processes;

namespace Quarterdeck.Devnet.Environments;

/// <summary>The Quarterdeck server as a child, started again when it crashes.</summary>
public sealed class ServerProcess : IAsyncDisposable
{
    private const string CrashVariable = "QUARTERDECK_CRASH_AT";
    private static readonly TimeSpan HealthyWithin = TimeSpan.FromSeconds(60);
    private readonly RestartingProcess _process;

    private ServerProcess(RestartingProcess process, Uri url) => (_process, Url) = (process, url);

    public Uri Url { get; }

    public int ProcessId => _process.ProcessId;

    /// <summary>How often it was started again.</summary>
    public int Restarts => _process.Restarts;

    /// <param name="port">Where it listens, on the loopback address.</param>
    /// <param name="variables">Its environment variables.</param>
    /// <param name="log">Its log file.</param>
    /// <param name="restart">What to tell of crashes and restarts.</param>
    public static ServerProcess Start(int port, IReadOnlyDictionary<string, string> variables, string log, RestartOptions restart)
    {
        ArgumentNullException.ThrowIfNull(restart);
        var project = Path.Combine(RepositoryRoot.Find(), "src", "Quarterdeck.Server");
        var url = new Uri($"http://127.0.0.1:{port}");
        var all = new Dictionary<string, string>(variables) { ["QUARTERDECK_URLS"] = url.ToString().TrimEnd('/') };
        // The console's files are in wwwroot below the project.
        var options = new ChildProcessOptions("server", BuildOutput.Dotnet, [BuildOutput.Of(project)])
        {
            LogFile = log,
            WorkingDirectory = project,
            Environment = all,
        };
        // A crash that a test asked for happens once.
        var again = options with { Environment = all.Where(entry => entry.Key != CrashVariable).ToDictionary() };
        return new ServerProcess(RestartingProcess.Start(options, restart with { Again = again }), url);
    }

    /// <summary>Stops it, which lets running requests end.</summary>
    public ValueTask DisposeAsync() => _process.DisposeAsync();

    /// <summary>Returns when GET /health answers 200.</summary>
    /// <exception cref="DevnetException">It does not within a minute, or the server cannot stay up; holds its last words.</exception>
    public async Task WaitUntilHealthy(CancellationToken cancel)
    {
        using var http = new HttpClient { BaseAddress = Url, Timeout = TimeSpan.FromSeconds(5) };
        var last = "no answer";
        for (var started = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(started) < HealthyWithin;)
        {
            try
            {
                using var response = await http.GetAsync(new Uri("/health", UriKind.Relative), cancel);
                if (response.IsSuccessStatusCode) return;
                last = await response.Content.ReadAsStringAsync(cancel);
            }
            catch (Exception problem) when (problem is HttpRequestException or TaskCanceledException && !cancel.IsCancellationRequested)
            {
                last = problem.Message;
            }

            // A server that ends again and again at start will not get better.
            if (_process.Restarts >= 3) break;
            await Task.Delay(50, cancel);
        }

        throw new DevnetException($"The server is not healthy: {last}{Environment.NewLine}{_process.Tail}");
    }
}
