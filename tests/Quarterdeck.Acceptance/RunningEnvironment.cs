using System.Text.Json;
using Quarterdeck.Cli.Api;
using Quarterdeck.Cli.Drills;
using Quarterdeck.Devnet;
using Quarterdeck.Devnet.Chain;
using Quarterdeck.Devnet.Deployment;
using Quarterdeck.Devnet.Environments;
using Quarterdeck.Packs;
using Xunit.Sdk;

// A whole environment is a dozen processes; two at once on a small machine would time each other out.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Quarterdeck.Acceptance;

/// <summary>
/// A whole development environment as <c>up</c> starts it: PostgreSQL, the chain with mUSD on it, its services, and the server
/// as a process of its own, on free ports and in a folder that is deleted afterwards. One for the collection.
/// </summary>
public class RunningEnvironment : IAsyncLifetime
{
    /// <summary>The order that DESIGN and the runbook demand.</summary>
    public static readonly string[] PauseOrder = ["BorrowModule", "SMUSD", "DirectMintV2", "BLEBridgeV9"];

    public static string Musd { get; } = Path.Combine(RepositoryRoot.Find(), "protocols", "musd");

    public DevEnvironment Environment { get; private set; } = null!;

    public ProtocolPack Pack => Environment.Packs[0];

    internal DeployedPack Deployed { get; private set; } = null!;

    public DevnetRpc Rpc => Environment.Anvil.Rpc;

    internal PauseWatch Pauses { get; private set; } = null!;

    /// <summary>Where browsers open the console: passkeys belong to a host name.</summary>
    public string Console => $"http://localhost:{Environment.Server.Url.Port}";

    /// <summary>Override to choose other options.</summary>
    protected virtual EnvironmentOptions Options(string state) => new(state, [Musd]) { HttpPort = 0, RpcPort = 0 };

    public virtual async ValueTask InitializeAsync()
    {
        Environment = await DevEnvironment.Start(Options(Folder()), CancellationToken.None);
        Deployed = (await DeployedPack.Load(DeployedPack.PathOf(Environment.State, Pack.Name), CancellationToken.None))!;
        Pauses = new PauseWatch(Rpc, Pack, Deployed, PauseOrder);
    }

    public virtual async ValueTask DisposeAsync()
    {
        if (Environment is not null)
        {
            await Environment.DisposeAsync();
            KeepLogs(Environment.State);
            DevEnvironment.Forget(Environment.State);
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Puts the logs where a failure can be understood from: artifacts/logs/acceptance, the latest run of each kind.</summary>
    private void KeepLogs(string state)
    {
        var kept = Path.Combine(RepositoryRoot.Find(), "artifacts", "logs", "acceptance", GetType().Name);
        Directory.CreateDirectory(kept);
        foreach (var log in Directory.EnumerateFiles(Path.Combine(state, "logs"))) File.Copy(log, Path.Combine(kept, Path.GetFileName(log)), overwrite: true);
    }

    /// <summary>A folder that PostgreSQL's own user can enter, too.</summary>
    public static string Folder()
    {
        var folder = Directory.CreateTempSubdirectory("quarterdeck-acceptance-");
        if (!OperatingSystem.IsWindows()) folder.UnixFileMode |= UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        return folder.FullName;
    }

    /// <summary>A client signed in by the operator's wallet.</summary>
    internal async Task<ServerApi> As(string name)
    {
        var api = new ServerApi(Environment.Server.Url, TimeSpan.FromSeconds(30));
        await api.SignIn(Environment.Keys.Operators[name], CancellationToken.None);
        return api;
    }

    /// <summary>A one-time link as <c>up</c> prints it.</summary>
    public async Task<string> Link(string name)
    {
        using var api = await As(DevnetKeys.OnDuty);
        var link = await api.Post<JsonElement>($"/api/operators/{name}/links", null, CancellationToken.None);
        return $"{Console}/link#{link.GetProperty("token").GetString()}";
    }

    /// <summary>Asks until the answer is not null.</summary>
    /// <exception cref="XunitException">It stayed null.</exception>
    public static async Task<T> Until<T>(string what, Func<Task<T?>> ask, int seconds = 60) where T : class
    {
        for (var started = TimeProvider.System.GetTimestamp(); ; await Task.Delay(100))
        {
            if (await ask() is { } answer) return answer;
            if (TimeProvider.System.GetElapsedTime(started).TotalSeconds > seconds)
                throw new XunitException($"Not within {seconds} s: {what}.");
        }
    }
}

/// <summary>The tests that share the one environment; it is started once, and they run one after another.</summary>
[CollectionDefinition(Name)]
public sealed class OneEnvironment : ICollectionFixture<RunningEnvironment>
{
    public const string Name = "one environment";
}
