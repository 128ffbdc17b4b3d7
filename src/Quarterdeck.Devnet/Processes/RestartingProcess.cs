namespace Quarterdeck.Devnet.Processes;

/// <summary>How a process that ended by itself comes back.</summary>
public sealed record RestartOptions
{
    /// <summary>The pause before the first restart; doubled each time.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest pause.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A process that ran so long starts again with the first pause.</summary>
    public TimeSpan Settled { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Told of each end that was not asked for, with the exit code.</summary>
    public Action<int>? OnCrash { get; init; }

    /// <summary>Told of each process that was started again.</summary>
    public Action<int>? OnRestart { get; init; }

    /// <summary>What is started instead of the first; null = the same.</summary>
    public ChildProcessOptions? Again { get; init; }
}

/// <summary>Keeps a process running: where it ends by itself, it is started again after a pause that grows.</summary>
public sealed class RestartingProcess : IAsyncDisposable
{
    private readonly ChildProcessOptions _options;
    private readonly RestartOptions _restart;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private int _disposed;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private volatile ChildProcess _current;
    private int _restarts;
    private bool _paused;
    private TaskCompletionSource _resume = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private RestartingProcess(ChildProcessOptions options, RestartOptions restart)
    {
        (_options, _restart) = (options, restart);
        _current = ChildProcess.Start(options);
        _loop = Loop();
    }

    public string Name => _options.Name;

    /// <summary>The id of the process that runs now, or ran last.</summary>
    public int ProcessId => _current.Id;

    public bool IsRunning => !_current.Exited.IsCompleted;

    /// <summary>How often it came back.</summary>
    public int Restarts => Volatile.Read(ref _restarts);

    public string Tail => _current.Tail;

    /// <summary>Starts it.</summary>
    /// <exception cref="DevnetException">The executable cannot be started at all.</exception>
    public static RestartingProcess Start(ChildProcessOptions options, RestartOptions restart) => new(options, restart);

    /// <summary>Stops it and leaves it stopped until <see cref="Resume"/>: a fault on purpose.</summary>
    public async Task Pause()
    {
        await _turn.WaitAsync();
        try
        {
            _paused = true;
            await _current.Stop();
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Starts it again after <see cref="Pause"/>.</summary>
    public async Task Resume()
    {
        await _turn.WaitAsync();
        try
        {
            if (!_paused) return;
            _paused = false;
            _resume.SetResult();
            _resume = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Stops it for good.</summary>
    public async Task Stop()
    {
        await _stop.CancelAsync();
        await _turn.WaitAsync();
        try
        {
            await _current.Stop();
        }
        finally
        {
            _turn.Release();
        }

        await _loop;
    }

    public async ValueTask DisposeAsync()
    {
        // A part may be ended before the environment that it belongs to.
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        await Stop();
        await _current.DisposeAsync();
        _stop.Dispose();
        _turn.Dispose();
    }

    private async Task Loop()
    {
        var pause = _restart.FirstPause;
        while (!_stop.IsCancellationRequested)
        {
            var started = TimeProvider.System.GetTimestamp();
            var code = await _current.Exited;
            if (_stop.IsCancellationRequested) return;
            if (TimeProvider.System.GetElapsedTime(started) > _restart.Settled) pause = _restart.FirstPause;
            try
            {
                if (_paused)
                {
                    await _resume.Task.WaitAsync(_stop.Token);
                }
                else
                {
                    _restart.OnCrash?.Invoke(code);
                    await Task.Delay(pause, _stop.Token);
                    pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, _restart.LongestPause.Ticks));
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await Restart();
        }
    }

    private async Task Restart()
    {
        await _turn.WaitAsync();
        try
        {
            if (_stop.IsCancellationRequested || _paused) return;
            await _current.DisposeAsync();
            _current = ChildProcess.Start(_restart.Again ?? _options);
            Interlocked.Increment(ref _restarts);
            _restart.OnRestart?.Invoke(_current.Id);
        }
        finally
        {
            _turn.Release();
        }
    }
}
