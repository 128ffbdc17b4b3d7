using System.Globalization;
using Quarterdeck.Devnet.Chain;
using Quarterdeck.Devnet.Deployment;
using Quarterdeck.Devnet.Forks;
using Quarterdeck.Devnet.Postgres;
using Quarterdeck.Devnet.Processes;
using Quarterdeck.Devnet.Services;
using Quarterdeck.Packs;
using Quarterdeck.Primitives.Findings;

namespace Quarterdeck.Devnet.Environments;

/// <summary>
/// Everything that a protocol and its operations need, on one machine: PostgreSQL, a chain, the packs' contracts and
/// services, and the server. Started in order of dependence, stopped in the reverse; a second start resumes with its data.
/// </summary>
public sealed class DevEnvironment : IAsyncDisposable
{
    private const string DatabaseName = "quarterdeck";
    private const int UsualRpcPort = 8545;

    private readonly EnvironmentOptions _options;
    private readonly Stack<IAsyncDisposable> _parts = new();
    private StateLock? _lock;

    private DevEnvironment(EnvironmentOptions options) => _options = options;

    public string State => _options.State;

    public EmbeddedPostgres Postgres { get; private set; } = null!;

    public Anvil Anvil { get; private set; } = null!;

    public ServerProcess Server { get; private set; } = null!;

    public DevnetKeys Keys { get; private set; } = null!;

    /// <summary>What the server is started with, all but its address: another server on the same database needs the same.</summary>
    public IReadOnlyDictionary<string, string> ServerSettings { get; private set; } = new Dictionary<string, string>();

    /// <summary>The packs that run, in the order given.</summary>
    public IReadOnlyList<ProtocolPack> Packs { get; private set; } = [];

    /// <summary>Where PostgreSQL keeps the password of its roles, in a state folder.</summary>
    public static string PasswordFile(string state) => Path.Combine(PostgresFolder(state), "password");

    /// <summary>True where an earlier run's chain goes on.</summary>
    public bool Resumed { get; private set; }

    public EnvironmentFile File { get; private set; } = null!;

    /// <summary>Ends when PostgreSQL or the chain ended by itself: nothing can go on then. The text says which.</summary>
    public Task<string> Broken { get; private set; } = null!;

    /// <summary>Starts all parts and returns when the server is healthy.</summary>
    /// <exception cref="DevnetException">A part cannot start.</exception>
    /// <exception cref="AuthorException">No pack can be used.</exception>
    public static async Task<DevEnvironment> Start(EnvironmentOptions options, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(options);
        var environment = new DevEnvironment(options with { State = Path.GetFullPath(options.State) });
        try
        {
            await environment.StartParts(cancel);
            return environment;
        }
        catch
        {
            await environment.DisposeAsync();
            throw;
        }
    }

    /// <summary>Deletes an environment's folder and data.</summary>
    /// <exception cref="DevnetException">It is running.</exception>
    public static void Forget(string state)
    {
        state = Path.GetFullPath(state);
        if (StateLock.IsHeld(state)) throw InUse(state, null);
        EmbeddedPostgres.Forget(PostgresFolder(state));
        if (Directory.Exists(state)) Directory.Delete(state, recursive: true);
    }

    public async ValueTask DisposeAsync()
    {
        System.IO.File.Delete(EnvironmentFile.PathIn(State));
        while (_parts.TryPop(out var part)) await part.DisposeAsync();
        _lock?.Dispose();
    }

    private async Task StartParts(CancellationToken cancel)
    {
        _lock = StateLock.TryTake(State) ?? throw InUse(State, await EnvironmentFile.Load(State, cancel));
        if (_options.HttpPort != 0 && !FreePort.IsFree(_options.HttpPort))
        {
            throw new DevnetException(
                $"Port {_options.HttpPort}, meant for the console, is taken. End what listens there, or choose another: ./quarterdeck up --port 8081.");
        }

        Packs = LoadPacks();
        _options.OnProgress("PostgreSQL and the chain");
        var chainFile = Path.Combine(State, "chain", "state.json");
        Resumed = System.IO.File.Exists(chainFile);
        Directory.CreateDirectory(Path.Combine(State, "chain"));
        var postgres = StartPostgres(cancel);
        var anvil = Anvil.Start(
            new AnvilOptions
            {
                Port = RpcPort(),
                StateFile = _options.Fork is null ? chainFile : null,
                Home = Path.Combine(State, "chain"),
                LogFile = Log("anvil"),
                Fork = _options.Fork?.Source.Endpoint,
            }, cancel);
        // Both are awaited before either failure is thrown, so that neither is left behind.
        await Task.WhenAll(postgres, anvil).ContinueWith(_ => { }, TaskScheduler.Default);
        if (postgres.IsCompletedSuccessfully) _parts.Push(Postgres = await postgres);
        if (anvil.IsCompletedSuccessfully) _parts.Push(Anvil = await anvil);
        await Task.WhenAll(postgres, anvil);

        Keys = await DevnetKeys.Ensure(State, _options.Packs, cancel);
        var variables = ServerVariables();
        var services = new Dictionary<string, int>();
        if (_options.Fork is { } fork) await OpenFork(fork, variables, cancel);
        else foreach (var pack in Packs) await Deploy(pack, cancel);
        await Anvil.SetBlockTime(_options.BlockTime, cancel);
        if (_options.Fork is null) foreach (var pack in Packs) StartServices(pack, variables, services);

        ServerSettings = variables;
        _options.OnProgress("the server");
        Server = ServerProcess.Start(_options.HttpPort == 0 ? FreePort.Next() : _options.HttpPort, variables, Log("server"), new RestartOptions
        {
            OnCrash = code => _options.OnNote($"The server ended with code {code} and is started again; see {Log("server")}."),
            OnRestart = process => Save(File with { Processes = new Dictionary<string, int>(File.Processes) { ["server"] = process } }),
        });
        _parts.Push(Server);
        Save(Describe(services));
        await Server.WaitUntilHealthy(cancel);
        Broken = WatchForEnd();
    }

    private async Task OpenFork(ForkGround fork, Dictionary<string, string> variables, CancellationToken cancel)
    {
        _options.OnProgress($"the accounts of {fork.EnvironmentName} on the fork");
        await fork.Open(Anvil, cancel);
        _parts.Push(fork);
        var chain = DevnetRpc.Quantity(await Anvil.Rpc.Send("eth_chainId", [], cancel));
        variables["QUARTERDECK_ENVIRONMENT"] = await fork.Write(
            Packs[0], chain, State, Keys.Operators.ToDictionary(entry => entry.Key, entry => entry.Value.Address), cancel);
        variables["QUARTERDECK_DEVNET_RPC"] = fork.Door.Endpoint.ToString().TrimEnd('/');
    }

    private async Task<EmbeddedPostgres> StartPostgres(CancellationToken cancel)
    {
        var postgres = await EmbeddedPostgres.Start(new PostgresOptions(PostgresFolder(State)) { LogFile = Log("postgres") }, cancel);
        await postgres.EnsureDatabase(DatabaseName, "template0", cancel);
        return postgres;
    }

    private List<ProtocolPack> LoadPacks()
    {
        var packs = new List<ProtocolPack>();
        var errors = new List<Finding>();
        foreach (var result in PackLoader.LoadAll(_options.Packs))
        {
            if (result.Pack is { } pack) packs.Add(pack);
            var wrong = result.Findings.Where(finding => finding.Severity == FindingSeverity.Error).ToList();
            foreach (var finding in wrong) _options.OnNote($"{Path.GetFileName(result.Folder)}/{finding}");
            errors.AddRange(wrong);
        }

        if (packs.Count == 0) throw errors.Count > 0 ? new AuthorException(errors) : new DevnetException("There is no pack. Name one with --pack.");
        return packs;
    }

    private async Task Deploy(ProtocolPack pack, CancellationToken cancel)
    {
        if (!PackDeployer.CanDeploy(pack.Root)) return;
        var deployer = new PackDeployer(Anvil.Rpc);
        var path = DeployedPack.PathOf(State, pack.Name);
        if (await DeployedPack.Load(path, cancel) is { } deployed && await deployer.IsThere(deployed, cancel))
        {
            if (deployed.Source != await PackDeployer.SourceOf(pack.Root, cancel))
            {
                _options.OnNote($"The contracts of {pack.Name} changed since they were deployed; the deployed ones go on. "
                    + "'./quarterdeck reset' begins anew.");
            }

            return;
        }

        _options.OnProgress($"the contracts of {pack.Title}");
        (await deployer.Deploy(pack.Root, cancel)).Save(path);
    }

    private Dictionary<string, string> ServerVariables()
    {
        var variables = new Dictionary<string, string>(_options.ServerEnvironment)
        {
            ["QUARTERDECK_DATABASE"] = Postgres.ConnectionString(DatabaseName, EmbeddedPostgres.Server),
            ["QUARTERDECK_DATABASE_OWNER"] = Postgres.ConnectionString(DatabaseName, EmbeddedPostgres.Owner),
            // All of them: the server says of a broken one why it refuses it, where operators look.
            ["QUARTERDECK_PACKS"] = string.Join(':', _options.Packs.Select(Path.GetFullPath)),
            ["QUARTERDECK_ENVIRONMENT"] = "devnet",
            ["QUARTERDECK_STATE"] = State,
            ["QUARTERDECK_DEVNET_RPC"] = Anvil.Endpoint.ToString().TrimEnd('/'),
        };
        foreach (var (name, key) in Keys.Operators) variables[DevnetKeys.VariableOf(name)] = key.Address.ToString();
        return variables;
    }

    private void StartServices(ProtocolPack pack, Dictionary<string, string> variables, Dictionary<string, int> processes)
    {
        var ports = PackServices.AssignPorts(pack);
        if (ports.Count == 0) return;
        _options.OnProgress($"the services of {pack.Title}");
        var settings = new ServiceSettings(Anvil.Endpoint, DeployedPack.PathOf(State, pack.Name), State, ports);
        var skipped = _options.Traffic ? [] : new[] { "traffic" };
        var services = PackServices.Start(
            pack, settings, skipped, (name, code) => _options.OnNote($"Service {name} ended with code {code} and is started again; see {Log(name)}."));
        _parts.Push(services);
        foreach (var name in ports.Keys) variables[PackServices.VariableOf(name)] = settings.UrlOf(name);
        foreach (var (name, id) in services.ProcessIds) processes[name] = id;
    }

    private EnvironmentFile Describe(Dictionary<string, int> services) => new()
    {
        Url = Server.Url.ToString().TrimEnd('/'),
        Rpc = Anvil.Endpoint.ToString().TrimEnd('/'),
        Database = string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={Postgres.Port};Database={DatabaseName};Username={EmbeddedPostgres.Reader}"),
        DatabasePasswordFile = PasswordFile(State),
        Packs = [.. Packs.Select(pack => pack.Root)],
        Operators = Keys.Operators.ToDictionary(entry => entry.Key, entry => entry.Value.Address.ToString()),
        Processes = new Dictionary<string, int>(services)
        {
            ["up"] = Environment.ProcessId,
            ["server"] = Server.ProcessId,
            ["postgres"] = Postgres.ProcessId,
            ["anvil"] = Anvil.ProcessId,
        },
        StartedAt = TimeProvider.System.GetUtcNow(),
    };

    private async Task<string> WatchForEnd()
    {
        var ended = await Task.WhenAny(Postgres.Exited, Anvil.Exited);
        return ended == Postgres.Exited
            ? $"PostgreSQL ended by itself. See {Log("postgres")}."
            : $"The chain ended by itself. See {Log("anvil")}.";
    }

    private void Save(EnvironmentFile file)
    {
        File = file;
        File.Save(State);
    }

    private int RpcPort() => _options.RpcPort ?? (FreePort.IsFree(UsualRpcPort) ? UsualRpcPort : 0);

    private string Log(string name) => Path.Combine(State, "logs", $"{name}.log");

    private static string PostgresFolder(string state) => Path.Combine(state, "postgres");

    private static DevnetException InUse(string state, EnvironmentFile? running)
    {
        var where = running is null ? "" : $" ({running.Url}, process {running.Processes.GetValueOrDefault("up")})";
        return new DevnetException(
            $"An environment runs from {state}{where}. Stop it first with Ctrl-C; or run another beside it: ./quarterdeck up --state OTHER --port 8081.");
    }
}
