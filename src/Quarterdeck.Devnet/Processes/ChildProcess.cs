using System.ComponentModel;
using System.Diagnostics;

namespace Quarterdeck.Devnet.Processes;

/// <summary>What to start, and how it ends.</summary>
/// <param name="Name">What people call it, in messages.</param>
/// <param name="FileName">The executable.</param>
/// <param name="Arguments">Its arguments, each passed as it is; no shell is involved.</param>
public sealed record ChildProcessOptions(string Name, string FileName, IReadOnlyList<string> Arguments)
{
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public string? WorkingDirectory { get; init; }

    /// <summary>Where its output goes, appended; none = only the last lines are kept, in memory.</summary>
    public string? LogFile { get; init; }

    /// <summary>The user it runs as; none = ours. Needs root.</summary>
    public string? UserName { get; init; }

    /// <summary>How long it may take to end after SIGINT before it is killed.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Called with each line of output.</summary>
    public Action<string>? OnLine { get; init; }
}

/// <summary>
/// A child process whose output is kept and which ends with its parent: by SIGINT and then SIGKILL when disposed, and on
/// Linux by the kernel when the parent is killed. It has a session of its own, so that Ctrl-C reaches only the parent,
/// which then stops its children in order.
/// </summary>
public sealed class ChildProcess : IAsyncDisposable
{
    private const int KeptLines = 40;
    private static readonly bool HasUtilLinux =
        OperatingSystem.IsLinux() && File.Exists("/usr/bin/setsid") && File.Exists("/usr/bin/setpriv");

    private readonly ChildProcessOptions _options;
    private readonly Process _process;
    private readonly StreamWriter? _log;
    private readonly Queue<string> _tail = new();
    private readonly Lock _lock = new();
    private int _stopped;

    private ChildProcess(ChildProcessOptions options, Process process, StreamWriter? log)
    {
        (_options, _process, _log) = (options, process, log);
        Exited = WaitForEnd();
    }

    public int Id => _process.Id;

    public string Name => _options.Name;

    /// <summary>Ends with the exit code, after the last line of output was taken.</summary>
    public Task<int> Exited { get; }

    /// <summary>The last lines of output, for messages.</summary>
    public string Tail
    {
        get
        {
            lock (_lock) return string.Join(System.Environment.NewLine, _tail);
        }
    }

    /// <summary>Starts the process.</summary>
    /// <exception cref="DevnetException">The executable cannot be started.</exception>
    public static ChildProcess Start(ChildProcessOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var start = new ProcessStartInfo
        {
            FileName = options.FileName,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
            WorkingDirectory = options.WorkingDirectory ?? "",
        };
        if (options.UserName is { } user) start.UserName = user;
        foreach (var (name, value) in options.Environment) start.Environment[name] = value;
        if (HasUtilLinux)
        {
            start.FileName = "/usr/bin/setsid";
            foreach (var word in new[] { "/usr/bin/setpriv", "--pdeathsig", "INT", "--", options.FileName })
                start.ArgumentList.Add(word);
        }

        foreach (var argument in options.Arguments) start.ArgumentList.Add(argument);
        if (!Path.IsPathRooted(options.FileName) || File.Exists(options.FileName))
        {
            try
            {
                var process = SpawnThread.Start(start);
                process.StandardInput.Close();
                return new ChildProcess(options, process, OpenLog(options.LogFile));
            }
            catch (Win32Exception exception)
            {
                throw new DevnetException($"{options.Name} cannot be started from {options.FileName}: {exception.Message}.", exception);
            }
        }

        throw new DevnetException($"{options.Name} cannot be started: there is no file {options.FileName}.");
    }

    /// <summary>Sends SIGINT, waits, kills what remains. Does nothing where the process has ended.</summary>
    public async Task Stop()
    {
        if (Interlocked.Exchange(ref _stopped, 1) == 0 && !_process.HasExited)
        {
            Posix.Signal(_process.Id, Posix.Interrupt);
            try
            {
                await _process.WaitForExitAsync(CancellationToken.None).WaitAsync(_options.StopTimeout);
            }
            catch (TimeoutException)
            {
                Kill();
            }
        }

        await Exited;
    }

    /// <summary>SIGKILL, with all its children: what a crash looks like.</summary>
    public void Kill() => _process.Kill(entireProcessTree: true);

    public async ValueTask DisposeAsync()
    {
        await Stop();
        _process.Dispose();
    }

    private static StreamWriter? OpenLog(string? path)
    {
        if (path is null) return null;
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var stream = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        return new StreamWriter(stream) { AutoFlush = true };
    }

    private async Task<int> WaitForEnd()
    {
        await Task.WhenAll(Pump(_process.StandardOutput), Pump(_process.StandardError));
        await _process.WaitForExitAsync(CancellationToken.None);
        if (_log is not null) await _log.DisposeAsync();
        return _process.ExitCode;
    }

    private async Task Pump(StreamReader reader)
    {
        while (await reader.ReadLineAsync(CancellationToken.None) is { } line)
        {
            lock (_lock)
            {
                _log?.WriteLine(line);
                _tail.Enqueue(line);
                if (_tail.Count > KeptLines) _tail.Dequeue();
            }

            _options.OnLine?.Invoke(line);
        }
    }
}
