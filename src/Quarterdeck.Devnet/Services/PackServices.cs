using Quarterdeck.Devnet.Processes;
using Quarterdeck.Packs;

namespace Quarterdeck.Devnet.Services;

/// <summary>The processes of a pack on the devnet, kept running and switched off and on by <see cref="ServiceSwitch"/>.</summary>
public sealed class PackServices : IAsyncDisposable
{
    private static readonly TimeSpan SwitchInterval = TimeSpan.FromMilliseconds(50);

    private readonly List<RestartingProcess> _processes = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly ServiceSwitch _switch;
    private Task _watching = Task.CompletedTask;

    private PackServices(ServiceSwitch control) => _switch = control;

    /// <summary>Process ids by service.</summary>
    public IReadOnlyDictionary<string, int> ProcessIds => _processes.ToDictionary(process => process.Name, process => process.ProcessId);

    /// <summary>A free port for each service of the pack that can be run here.</summary>
    public static IReadOnlyDictionary<string, int> AssignPorts(ProtocolPack pack)
    {
        ArgumentNullException.ThrowIfNull(pack);
        return pack.Services.Values.Where(service => service.Run is not null)
            .ToDictionary(service => service.Name, _ => FreePort.Next());
    }

    /// <summary>The variable by which others learn where a service answers, such as QUARTERDECK_DEVNET_VALIDATOR_1.</summary>
    public static string VariableOf(string service) =>
        "QUARTERDECK_DEVNET_" + service.ToUpperInvariant().Replace('-', '_').Replace('.', '_');

    /// <summary>Starts every service that protocol.yaml says how to run; each writes logs/NAME.log.</summary>
    public static PackServices Start(
        ProtocolPack pack, ServiceSettings settings, IReadOnlyCollection<string> skipped, Action<string, int> onCrash)
    {
        ArgumentNullException.ThrowIfNull(pack);
        ArgumentNullException.ThrowIfNull(settings);
        var services = new PackServices(new ServiceSwitch(settings.State));
        foreach (var service in pack.Services.Values)
        {
            if (service.Run is not { } run || skipped.Contains(service.Name)) continue;
            var program = BuildOutput.Of(Path.Combine(pack.Root, run.Project));
            services._processes.Add(RestartingProcess.Start(
                new ChildProcessOptions(service.Name, BuildOutput.Dotnet, [program, .. run.Args.Select(text => settings.Expand(text, service.Name))])
                {
                    LogFile = Path.Combine(settings.State, "logs", $"{service.Name}.log"),
                    WorkingDirectory = settings.State,
                    StopTimeout = TimeSpan.FromSeconds(5),
                },
                new RestartOptions { OnCrash = code => onCrash(service.Name, code) }));
        }

        services._watching = services.Watch();
        return services;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        await Task.WhenAll(_processes.Select(process => process.DisposeAsync().AsTask()));
        _stop.Dispose();
    }

    private async Task Watch()
    {
        var stopped = new HashSet<string>();
        while (!_stop.IsCancellationRequested)
        {
            foreach (var process in _processes)
            {
                var requested = _switch.IsStopRequested(process.Name);
                if (requested && stopped.Add(process.Name))
                {
                    await process.Pause();
                    _switch.Answer(process.Name, stopped: true);
                }
                else if (!requested && stopped.Remove(process.Name))
                {
                    await process.Resume();
                    _switch.Answer(process.Name, stopped: false);
                }
            }

            await Task.Delay(SwitchInterval, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
