namespace Quarterdeck.Devnet.Services;

/// <summary>
/// Stops and starts the services of an environment that another process may own: by a file NAME.stopped in its folder
/// <c>control</c>, which that process watches and answers with NAME.is-stopped.
/// </summary>
public sealed class ServiceSwitch(string state)
{
    private static readonly TimeSpan AnsweredWithin = TimeSpan.FromSeconds(30);

    private string Folder => Path.Combine(state, "control");

    /// <summary>Stops a service, and returns when it has ended.</summary>
    public async Task Stop(string service, CancellationToken cancel)
    {
        Directory.CreateDirectory(Folder);
        await File.WriteAllTextAsync(Request(service), "", cancel);
        await Until(service, stopped: true, cancel);
    }

    /// <summary>Starts a service again.</summary>
    public async Task Start(string service, CancellationToken cancel)
    {
        File.Delete(Request(service));
        await Until(service, stopped: false, cancel);
    }

    internal bool IsStopRequested(string service) => File.Exists(Request(service));

    internal void Answer(string service, bool stopped)
    {
        Directory.CreateDirectory(Folder);
        if (stopped) File.WriteAllText(Confirmation(service), "");
        else File.Delete(Confirmation(service));
    }

    private async Task Until(string service, bool stopped, CancellationToken cancel)
    {
        for (var started = TimeProvider.System.GetTimestamp(); File.Exists(Confirmation(service)) != stopped;)
        {
            if (TimeProvider.System.GetElapsedTime(started) > AnsweredWithin)
            {
                throw new DevnetException(
                    $"Service {service} does not {(stopped ? "stop" : "start")}. Is './quarterdeck up' running in {state}, and does the pack's protocol.yaml say how to run {service}?");
            }

            await Task.Delay(20, cancel);
        }
    }

    private string Request(string service) => Path.Combine(Folder, $"{service}.stopped");

    private string Confirmation(string service) => Path.Combine(Folder, $"{service}.is-stopped");
}
