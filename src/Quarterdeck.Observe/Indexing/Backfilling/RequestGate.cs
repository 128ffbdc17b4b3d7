namespace Quarterdeck.Observe.Indexing.Backfilling;

/// <summary>
/// How many requests may be under way: halved when an endpoint asks for fewer, one more after a run of answers, as TCP does.
/// </summary>
internal sealed class RequestGate(int? fixedLimit, int endpoints)
{
    private const int EachEndpoint = 4;
    private const int Most = 32;
    private const int RunOfAnswers = 32;
    private readonly Lock _lock = new();
    private readonly Queue<TaskCompletionSource> _waiting = [];
    private int _limit = fixedLimit ?? Math.Min(Most, EachEndpoint * endpoints);
    private int _underWay;
    private int _answers;

    /// <summary>Requests that may be under way now.</summary>
    public int Limit
    {
        get
        {
            lock (_lock) return _limit;
        }
    }

    /// <summary>Waits for a place; give it back with <see cref="Leave"/>.</summary>
    public Task Enter(CancellationToken cancel)
    {
        lock (_lock)
        {
            if (_underWay < _limit)
            {
                _underWay++;
                return Task.CompletedTask;
            }

            var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(turn);
            return Wait(turn, cancel);
        }
    }

    /// <summary>Gives a place back.</summary>
    public void Leave()
    {
        lock (_lock)
        {
            _underWay--;
            while (_underWay < _limit && _waiting.TryDequeue(out var turn))
                if (turn.TrySetResult()) _underWay++;
        }
    }

    /// <summary>A request was answered.</summary>
    public void Answered()
    {
        lock (_lock)
        {
            if (fixedLimit is not null || ++_answers < RunOfAnswers) return;
            (_limit, _answers) = (Math.Min(_limit + 1, Math.Min(Most, 2 * EachEndpoint * endpoints)), 0);
        }
    }

    /// <summary>An endpoint asked for fewer requests.</summary>
    public void Limited()
    {
        lock (_lock)
        {
            if (fixedLimit is null) (_limit, _answers) = (Math.Max(1, _limit / 2), 0);
        }
    }

    private static async Task Wait(TaskCompletionSource turn, CancellationToken cancel)
    {
        await using var registration = cancel.Register(() => turn.TrySetCanceled(cancel));
        await turn.Task;
    }
}
