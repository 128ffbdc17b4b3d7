using Quarterdeck.Cli.Up;
using Quarterdeck.Devnet;
using Quarterdeck.Devnet.Chain;
using Quarterdeck.Devnet.Deployment;
using Quarterdeck.Devnet.Environments;
using Quarterdeck.Devnet.Forks;
using Quarterdeck.Packs;
using Quarterdeck.Packs.Manifest;

namespace Quarterdeck.Cli.Drills;

/// <summary>The environment a drill happens in: the one that runs, or its own, taken down with it.</summary>
internal sealed class DrillGround : IAsyncDisposable
{
    private readonly DevEnvironment? _own;
    private bool _keepLogs;

    private DrillGround(string state, EnvironmentFile file, DevEnvironment? own, DrillSubject subject, DeployedPack deployed)
    {
        (State, File, _own, Subject, Deployed) = (state, file, own, subject, deployed);
        Rpc = new DevnetRpc(new Uri(file.Rpc));
    }

    public string State { get; }

    public EnvironmentFile File { get; }

    public DrillSubject Subject { get; }

    public ProtocolPack Pack => Subject.Pack;

    public FaultDefinition Fault => Subject.Fault;

    /// <summary>The environment whose chain was forked; null on a development chain.</summary>
    public string? ForkOf { get; private init; }

    public DeployedPack Deployed { get; }

    public DevnetRpc Rpc { get; }

    public bool IsOwn => _own is not null;

    /// <summary>
    /// The environment of <paramref name="state"/> where one runs and <paramref name="own"/> is not asked for; else a new one on free ports,
    /// on a fork where one is meant.
    /// </summary>
    /// <exception cref="CommandException">No pack has the fault or runbook, or the chain cannot be forked.</exception>
    public static async Task<DrillGround> Find(
        string name, string state, IReadOnlyList<string> packs, bool own, IReadOnlyDictionary<string, string> server, Action<string> show,
        CancellationToken cancel, DrillFork? fork = null)
    {
        if (!own && fork is null && await UpOptions.Running(state, cancel) is { } running)
        {
            var there = DrillSubject.Find(name, running.Packs);
            return new DrillGround(state, running, null, there, await Deployment(state, there.Pack, cancel));
        }

        var subject = DrillSubject.Find(name, packs);
        var folder = Directory.CreateTempSubdirectory("quarterdeck-drill-");
        // As root PostgreSQL runs as another user, who must be able to enter.
        if (!OperatingSystem.IsWindows()) folder.UnixFileMode |= UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        try
        {
            var forked = fork is null ? null : await ForkGround.Of(subject.Pack, fork.Chain, fork.Environment, state, cancel);
            var environment = await DevEnvironment.Start(
                new EnvironmentOptions(folder.FullName, [subject.Pack.Root])
                {
                    HttpPort = 0,
                    RpcPort = 0,
                    OnProgress = show,
                    OnNote = show,
                    ServerEnvironment = server,
                    Fork = forked,
                }, cancel);
            return new DrillGround(
                folder.FullName, environment.File, environment, subject, await Deployment(folder.FullName, subject.Pack, cancel))
            { ForkOf = forked?.EnvironmentName };
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
}

/// <summary>The chain to fork.</summary>
/// <param name="Chain">Its endpoint.</param>
/// <param name="Environment">Whose addresses are used; null chooses by the chain's id.</param>
internal sealed record DrillFork(Uri Chain, string? Environment);
