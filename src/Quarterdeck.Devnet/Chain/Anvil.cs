using System.Globalization;
using Quarterdeck.Devnet.Processes;

namespace Quarterdeck.Devnet.Chain;

/// <summary>
/// A real EVM development chain (Foundry's anvil) as a child process, with the twenty funded accounts of the well-known
/// development mnemonic. See https://getfoundry.sh/anvil.
/// </summary>
public sealed class Anvil : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);

    private readonly ChildProcess _process;
    private readonly string? _temporaryHome;
    private readonly string? _pidFile;

    private Anvil(ChildProcess process, int port, string? temporaryHome, string? pidFile)
    {
        (_process, _temporaryHome, _pidFile) = (process, temporaryHome, pidFile);
        Endpoint = new Uri($"http://127.0.0.1:{port}");
        Port = port;
        Rpc = new DevnetRpc(Endpoint);
    }

    /// <summary>JSON-RPC over HTTP; the same port speaks WebSocket.</summary>
    public Uri Endpoint { get; }

    public int Port { get; }

    public int ProcessId => _process.Id;

    /// <summary>Every method, including those that only a development chain has.</summary>
    public DevnetRpc Rpc { get; }

    /// <summary>Ends when anvil ends.</summary>
    public Task<int> Exited => _process.Exited;

    /// <summary>Starts anvil and returns when it answers.</summary>
    /// <exception cref="DevnetException">It does not start; the message holds its last words and a remedy.</exception>
    public static async Task<Anvil> Start(AnvilOptions options, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Port != 0 && !FreePort.IsFree(options.Port))
            throw new DevnetException($"Port {options.Port}, meant for anvil, is taken. End what listens there, or choose another port.");
        var pidFile = options.StateFile is null ? null : options.StateFile + ".pid";
        if (pidFile is not null) await StopLeftover(pidFile, options.StateFile!, cancel);
        var temporary = options.Home is null ? Directory.CreateTempSubdirectory("anvil-").FullName : null;
        var listening = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = ChildProcess.Start(new ChildProcessOptions("anvil", AnvilBinary.Find(RepositoryRoot.Find()), Arguments(options))
        {
            LogFile = options.LogFile,
            Environment = new Dictionary<string, string> { ["HOME"] = options.Home ?? temporary! },
            OnLine = line =>
            {
                if (line.StartsWith("Listening on ", StringComparison.Ordinal)
                    && int.TryParse(line[(line.LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture, out var port))
                    listening.TrySetResult(port);
            },
        });
        try
        {
            await Task.WhenAny(listening.Task, process.Exited).WaitAsync(StartTimeout, cancel);
            if (!listening.Task.IsCompleted)
            {
                throw new DevnetException($"anvil does not start:{Environment.NewLine}{process.Tail}{Environment.NewLine}"
                    + (options.StateFile is null ? "" : $"If {options.StateFile} is damaged, './quarterdeck reset' forgets it."));
            }

            var anvil = new Anvil(process, await listening.Task, temporary, pidFile);
            // A line for each request, day and night, is no log that anyone reads.
            await anvil.Rpc.Send("anvil_setLoggingEnabled", [false], cancel);
            if (pidFile is not null) await File.WriteAllTextAsync(pidFile, $"{process.Id}", cancel);
            if (options.BlockTime is { } blockTime) await anvil.SetBlockTime(blockTime, cancel);
            return anvil;
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>A block every so often, in whole seconds; or, for null, a block for each transaction at once.</summary>
    public async Task SetBlockTime(TimeSpan? time, CancellationToken cancel)
    {
        await Rpc.Send("evm_setAutomine", [time is null], cancel);
        await Rpc.Send("evm_setIntervalMining", [time is { } span ? (int)span.TotalSeconds : 0], cancel);
    }

    /// <summary>Mines so many blocks now.</summary>
    public Task Mine(int blocks, CancellationToken cancel) => Rpc.Send("anvil_mine", [$"0x{blocks:x}"], cancel);

    /// <summary>Moves the chain's clock forward; the next block carries the later time.</summary>
    public Task AdvanceTime(TimeSpan by, CancellationToken cancel) =>
        Rpc.Send("evm_increaseTime", [(long)by.TotalSeconds], cancel);

    /// <summary>Remembers the present state; returns its id.</summary>
    public async Task<string> Snapshot(CancellationToken cancel) => (await Rpc.Send("evm_snapshot", [], cancel)).GetString()!;

    /// <summary>Returns to a remembered state, once.</summary>
    /// <exception cref="DevnetException">There is no such state.</exception>
    public async Task Revert(string snapshot, CancellationToken cancel)
    {
        if (!(await Rpc.Send("evm_revert", [snapshot], cancel)).GetBoolean())
            throw new DevnetException($"anvil has no snapshot {snapshot}: a snapshot can be used once. Take a new one after each revert.");
    }

    /// <summary>Replaces the last blocks by as many empty ones.</summary>
    public Task Reorganise(int depth, CancellationToken cancel) =>
        Rpc.Send("anvil_reorg", [depth, Array.Empty<object>()], cancel);

    /// <summary>The height of the newest block.</summary>
    public async Task<ulong> Head(CancellationToken cancel) => DevnetRpc.Quantity(await Rpc.Send("eth_blockNumber", [], cancel));

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        Rpc.Dispose();
        if (_pidFile is not null) File.Delete(_pidFile);
        if (_temporaryHome is not null) Directory.Delete(_temporaryHome, recursive: true);
    }

    private static List<string> Arguments(AnvilOptions options)
    {
        List<string> arguments =
        [
            "--host", "127.0.0.1", "--port", $"{options.Port}", "--accounts", "20",
            // States older than this many blocks are dropped, so that a chain that runs for days keeps its size.
            "--prune-history", "1000",
        ];
        if (options.Fork is { } fork) arguments.AddRange(["--fork-url", fork.ToString()]);
        else arguments.AddRange(["--chain-id", $"{options.ChainNumber}"]);
        if (options.StateFile is { } state) arguments.AddRange(["--state", state, "--state-interval", "120"]);
        return arguments;
    }

    private static async Task StopLeftover(string pidFile, string stateFile, CancellationToken cancel)
    {
        if (!File.Exists(pidFile)) return;
        if (int.TryParse(await File.ReadAllTextAsync(pidFile, cancel), CultureInfo.InvariantCulture, out var process))
            await Orphan.Stop(process, stateFile, cancel);
    }
}
