using System.Collections.Concurrent;
using System.Threading.Channels;
using Npgsql;

namespace Quarterdeck.Store;

/// <summary>
/// Wake-ups without content. A signal raised in a door reaches waiters of this process at once after the commit, and those of other
/// processes by NOTIFY. A lost one (a process killed right after its commit, a broken connection) costs latency, never
/// correctness: who waits also wakes by timeout and reads the tables. After a reconnect everyone is woken once.
/// </summary>
public sealed class Signals : IAsyncDisposable
{
    /// <summary>A block was indexed or taken back.</summary>
    public const string Blocks = "blocks";

    /// <summary>Metrics were sampled.</summary>
    public const string Samples = "samples";

    /// <summary>An alert changed state.</summary>
    public const string Alerts = "alerts";

    /// <summary>An incident changed.</summary>
    public const string Incidents = "incidents";

    /// <summary>A run or a step changed.</summary>
    public const string Runs = "runs";

    /// <summary>A plan or an approval changed.</summary>
    public const string Plans = "plans";

    /// <summary>A transaction changed.</summary>
    public const string Transactions = "transactions";

    /// <summary>Audit entries were numbered.</summary>
    public const string Audit = "audit";

    /// <summary>A notification waits to be sent.</summary>
    public const string Notifications = "notifications";

    private const string Channel = "quarterdeck";
    private readonly string _instance = Guid.NewGuid().ToString("N");
    private readonly NpgsqlDataSource _source;
    private readonly Func<NpgsqlConnection> _connect;
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<Subscription, bool> _subscriptions = new();
    private readonly Channel<string> _outgoing = System.Threading.Channels.Channel.CreateUnbounded<string>();
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? _sender;
    private Task? _listener;

    internal Signals(NpgsqlDataSource source, Func<NpgsqlConnection> listener, TimeProvider clock) =>
        (_source, _connect, _clock) = (source, listener, clock);

    /// <summary>
    /// Hears the names from now on, also while its owner is busy: what a worker's loop holds, so that a signal raised during its work
    /// makes its next wait return at once.
    /// </summary>
    public Subscription Subscribe(params IReadOnlyCollection<string> names)
    {
        StartListener();
        var subscription = new Subscription(this, _clock, names);
        _subscriptions[subscription] = true;
        return subscription;
    }

    /// <summary>Waits for a signal raised from now on: true when it came, false after the timeout. Loops use <see cref="Subscribe"/>.</summary>
    public async Task<bool> Wait(string name, TimeSpan timeout, CancellationToken cancel)
    {
        using var subscription = Subscribe([name]);
        return await subscription.Wait(timeout, cancel);
    }

    /// <summary>Completes when the listening connection stands, so that no signal of another process is missed any more.</summary>
    public Task Listening(CancellationToken cancel)
    {
        StartListener();
        return _listening.Task.WaitAsync(cancel);
    }

    /// <summary>In this process at once, in others by NOTIFY.</summary>
    internal void Raise(IReadOnlyCollection<string> names)
    {
        if (names.Count == 0) return;
        foreach (var name in names)
        {
            RaiseHere(name);
            _outgoing.Writer.TryWrite(name);
        }

        if (_sender is not null) return;
        lock (_gate) _sender ??= Task.Run(() => Send(_stop.Token));
    }

    /// <summary>In this process only.</summary>
    internal void RaiseHere(string name)
    {
        foreach (var (subscription, _) in _subscriptions) subscription.Hear(name);
    }

    internal void Remove(Subscription subscription) => _subscriptions.TryRemove(subscription, out _);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _outgoing.Writer.TryComplete();
        if (_sender is not null) await Task.WhenAny(_sender, Task.Delay(TimeSpan.FromSeconds(2)));
        await _stop.CancelAsync();
        await Task.WhenAll(_sender ?? Task.CompletedTask, _listener ?? Task.CompletedTask);
        _stop.Dispose();
    }

    private void StartListener()
    {
        if (_listener is not null) return;
        lock (_gate) _listener ??= Task.Run(() => Listen(_stop.Token));
    }

    // NOTIFY inside the transactions would make their commits queue behind one lock; here many signals become one statement.
    private async Task Send(CancellationToken stop)
    {
        try
        {
            var names = new HashSet<string>();
            while (await _outgoing.Reader.WaitToReadAsync(stop))
            {
                names.Clear();
                while (_outgoing.Reader.TryRead(out var name)) names.Add($"{_instance}:{name}");
                try
                {
                    await using var command = _source.CreateCommand($"SELECT pg_notify('{Channel}', n) FROM unnest($1) n");
                    command.Parameters.Add(new() { Value = names.ToArray() });
                    await command.ExecuteNonQueryAsync(stop);
                }
                catch (Exception e) when (Failures.IsOutage(e))
                {
                    // Other processes wake by timeout; the next signal tries again.
                    await Task.Delay(TimeSpan.FromMilliseconds(100), stop);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
    }

    private async Task Listen(CancellationToken stop)
    {
        var pause = TimeSpan.FromMilliseconds(50);
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await using var connection = _connect();
                await connection.OpenAsync(stop);
                connection.Notification += (_, e) => Hear(e.Payload);
                await using (var listen = new NpgsqlCommand($"LISTEN {Channel}", connection))
                    await listen.ExecuteNonQueryAsync(stop);
                pause = TimeSpan.FromMilliseconds(50);
                _listening.TrySetResult();
                foreach (var (subscription, _) in _subscriptions) subscription.Hear(null);
                while (true) await connection.WaitAsync(stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (Failures.IsOutage(e))
            {
                await Task.Delay(pause, CancellationToken.None);
                pause = TimeSpan.FromMilliseconds(Math.Min(pause.TotalMilliseconds * 2, 2000));
            }
        }
    }

    private void Hear(string payload)
    {
        var colon = payload.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0 || payload.AsSpan(0, colon).SequenceEqual(_instance)) return;
        RaiseHere(payload[(colon + 1)..]);
    }

    /// <summary>Remembers that a signal came until the next <see cref="Wait"/> consumes it.</summary>
    public sealed class Subscription : IDisposable
    {
        private readonly Signals _signals;
        private readonly TimeProvider _clock;
        private readonly HashSet<string> _names;
        private readonly SemaphoreSlim _heard = new(0, 1);

        internal Subscription(Signals signals, TimeProvider clock, IEnumerable<string> names) =>
            (_signals, _clock, _names) = (signals, clock, [.. names]);

        /// <summary>True when a signal came since the last wait returned, false after the timeout.</summary>
        public async Task<bool> Wait(TimeSpan timeout, CancellationToken cancel)
        {
            if (_heard.Wait(0, CancellationToken.None)) return true;
            using var late = new CancellationTokenSource(timeout, _clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancel);
            try
            {
                await _heard.WaitAsync(either.Token);
                return true;
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                return false;
            }
        }

        /// <summary>Stops hearing.</summary>
        public void Dispose() => _signals.Remove(this);

        internal void Hear(string? name)
        {
            if (name is not null && !_names.Contains(name)) return;
            lock (_heard)
            {
                if (_heard.CurrentCount == 0) _heard.Release();
            }
        }
    }
}
