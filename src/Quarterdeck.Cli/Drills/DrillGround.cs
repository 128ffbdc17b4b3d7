using Quarterdeck.Cli.Up;
using Quarterdeck.Devnet;
using Quarterdeck.Devnet.Chain;
using Quarterdeck.Devnet.Deployment;
using Quarterdeck.Devnet.Environments;
using Quarterdeck.Packs;
using Quarterdeck.Packs.Manifest;

namespace Quarterdeck.Cli.Drills;

/// <summary>The environment a drill happens in: the one that runs, or its own, taken down with it.</summary>
internal sealed class DrillGround : IAsyncDisposable
{
    private readonly DevEnvironment? _own;
    private bool _keepLogs;

    private DrillGround(string state, EnvironmentFile file, DevEnvironment? own, ProtocolPack pack, FaultDefinition fault, DeployedPack deployed)
    {
        (State, File, _own, Pack, Fault, Deployed) = (state, file, own, pack, fault, deployed);
        Rpc = new DevnetRpc(new Uri(file.Rpc));
    }

    public string State { get; }

    public EnvironmentFile File { get; }

    public ProtocolPack Pack { get; }

    public FaultDefinition Fault { get; }

    public DeployedPack Deployed { get; }

    public DevnetRpc Rpc { get; }

    public bool IsOwn => _own is not null;

    /// <summary>The environment of <paramref name="state"/> where one runs and <paramref name="own"/> is not asked for; else a new one on free ports.</summary>
    /// <exception cref="CommandException">No pack has the fault.</exception>
    public static async Task<DrillGround> Find(
        string fault, string state, IReadOnlyList<string> packs, bool own, IReadOnlyDictionary<string, string> server, Action<string> show,
        CancellationToken cancel)
    {
        if (!own && await UpOptions.Running(state, cancel) is { } running)
        {
            var (pack, definition) = FindFault(fault, running.Packs);
            return new DrillGround(state, running, null, pack, definition, await Deployment(state, pack, cancel));
        }

        var (ownPack, ownDefinition) = FindFault(fault, packs);
        var folder = Directory.CreateTempSubdirectory("quarterdeck-drill-");
        // As root PostgreSQL runs as another user, who must be able to enter.
        if (!OperatingSystem.IsWindows()) folder.UnixFileMode |= UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        try
        {
            var environment = await DevEnvironment.Start(
                new EnvironmentOptions(folder.FullName, [ownPack.Root]) { HttpPort = 0, RpcPort = 0, OnProgress = show, OnNote = show, ServerEnvironment = server }, cancel);
            return new DrillGround(
                folder.FullName, environment.File, environment, ownPack, ownDefinition, await Deployment(folder.FullName, ownPack, cancel));
        }
        catch (Exception problem)
        {
            var kept = KeepLogs(folder.FullName);
            DevEnvironment.Forget(folder.FullName);
            if (problem is DevnetException) throw new CommandException($"{problem.Message}{Environment.NewLine}Logs: {kept}");
            throw;
        }
    }

    /// <summary>Keeps the logs of the drill's own environment when it is taken down.</summary>
    public void Keep() => _keepLogs = true;

    public async ValueTask DisposeAsync()
    {
        Rpc.Dispose();
        if (_own is null) return;
        await _own.DisposeAsync();
        if (_keepLogs) await Console.Error.WriteLineAsync($"The logs of the drill's environment are in {KeepLogs(State)}.");
        DevEnvironment.Forget(State);
    }

    private static string KeepLogs(string state)
    {
        var (logs, kept) = (Path.Combine(state, "logs"), Path.Combine(RepositoryRoot.Find(), "artifacts", "drills", Path.GetFileName(state)));
        if (!Directory.Exists(logs)) return "none were written";
        Directory.CreateDirectory(kept);
        foreach (var file in Directory.EnumerateFiles(logs)) System.IO.File.Copy(file, Path.Combine(kept, Path.GetFileName(file)), overwrite: true);
        return kept;
    }

    private static async Task<DeployedPack> Deployment(string state, ProtocolPack pack, CancellationToken cancel) =>
        await DeployedPack.Load(DeployedPack.PathOf(state, pack.Name), cancel)
        ?? throw new CommandException($"Pack {pack.Name} is not deployed in {state}. Start it with './quarterdeck up'.");

    private static (ProtocolPack Pack, FaultDefinition Fault) FindFault(string name, IReadOnlyList<string> folders)
    {
        var packs = PackLoader.LoadAll(folders).Select(result => result.Pack).OfType<ProtocolPack>().ToList();
        foreach (var pack in packs)
            if (pack.Faults.FirstOrDefault(fault => fault.Name == name) is { } fault) return (pack, fault);
        throw new CommandException(
            $"No pack has a fault '{name}'. Known are: {string.Join(", ", packs.SelectMany(pack => pack.Faults).Select(fault => fault.Name))}.",
            QuarterdeckCommand.BadInput);
    }
}
