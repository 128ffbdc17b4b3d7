using System.Threading.Channels;
using Quarterdeck.Server.Identity;
using Quarterdeck.Store;

namespace Quarterdeck.Server.Api.Streaming;

/// <summary>Hears the store's signals and hands each listener the names of what changed; names only, the reader asks for the rest.</summary>
internal sealed class ChangeFeed(OperationsStore store) : BackgroundService
{
    private static readonly string[] Topics =
    [
        Signals.Blocks, Signals.Samples, Signals.Alerts, Signals.Incidents, Signals.Runs, Signals.Plans, Signals.Transactions, Signals.Audit, Signals.Notifications,
        IdentitySignals.Operators,
    ];

    private readonly HashSet<Listener> _listeners = [];
    private readonly Lock _gate = new();

    /// <summary>Starts to hear.</summary>
    public Listener Listen()
    {
        var listener = new Listener(this);
        lock (_gate) _listeners.Add(listener);
        return listener;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Topics.Select(topic => Follow(topic, stoppingToken)));

    private async Task Follow(string topic, CancellationToken stop)
    {
        using var subscription = store.Signals.Subscribe([topic]);
        while (!stop.IsCancellationRequested)
        {
            try
            {
                if (!await subscription.Wait(TimeSpan.FromMinutes(1), stop)) continue;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }

            lock (_gate)
            {
                foreach (var listener in _listeners) listener.Hear(topic);
            }
        }
    }

    /// <summary>One open stream. Topics that come faster than they are sent melt into one.</summary>
    internal sealed class Listener(ChangeFeed feed) : IDisposable
    {
        private readonly Lock _gate = new();
        private readonly HashSet<string> _heard = [];
        private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
            new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

        public void Hear(string topic)
        {
            lock (_gate) _heard.Add(topic);
            _wake.Writer.TryWrite(true);
        }

        /// <summary>Waits for the next change and takes all that were heard.</summary>
        public async Task<IReadOnlyList<string>> Next(CancellationToken cancel)
        {
            await _wake.Reader.ReadAsync(cancel);
            lock (_gate)
            {
                string[] topics = [.. _heard.Order(StringComparer.Ordinal)];
                _heard.Clear();
                return topics;
            }
        }

        public void Dispose()
        {
            lock (feed._gate) feed._listeners.Remove(this);
        }
    }
}
