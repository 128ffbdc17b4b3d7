using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Follow;

/// <summary>Wakes the follower: at each new head where there is a WebSocket, and in any case after the poll interval.</summary>
internal sealed class HeadSignal : IAsyncDisposable
{
    private readonly FollowOptions _options;
    private readonly SemaphoreSlim _heads = new(0, 1);
    private readonly CancellationTokenSource _ended;
    private readonly Task _listening;

    public HeadSignal(FollowOptions options, CancellationToken cancel)
    {
        _options = options;
        _ended = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        _listening = options.Heads is { CanSubscribe: true } ? Listen(_ended.Token) : Task.CompletedTask;
    }

    public async Task Wait(CancellationToken cancel)
    {
        using var interval = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var poll = Task.Delay(_options.PollInterval, _options.Clock, interval.Token);
        var head = _heads.WaitAsync(interval.Token);
        await Task.WhenAny(poll, head);
        await interval.CancelAsync();
        try
        {
            await Task.WhenAll(poll, head);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // Whichever did not come first was cancelled on purpose.
        }
    }

    private async Task Listen(CancellationToken cancel)
    {
        try
        {
            while (true)
            {
                try
                {
                    await foreach (var _ in _options.Heads!.Subscribe(["newHeads"], cancel)) Wake();
                }
                catch (Exception e) when (e is TransientException or Rpc.RpcException)
                {
                    // Polling goes on meanwhile; what was missed is found by it.
                    await Task.Delay(_options.PollInterval, _options.Clock, cancel);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The follower ended.
        }
    }

    private void Wake()
    {
        try
        {
            if (_heads.CurrentCount == 0) _heads.Release();
        }
        catch (SemaphoreFullException)
        {
            // Already awake.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _listening;
        _ended.Dispose();
        _heads.Dispose();
    }
}
