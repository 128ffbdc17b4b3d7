namespace Quarterdeck.Respond.Runs.Engine;

/// <summary>
/// The runs that this process found waiting for another that writes to the same contract, so that not each of them tries at each signal:
/// when the one before them ends, the first that is asked for goes on and the others wait behind it. Known here only, and no longer than a
/// moment: the claims in the database decide.
/// </summary>
internal sealed class ClaimQueue
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Place> _places = new(StringComparer.Ordinal);
    private HashSet<string> _active = new(StringComparer.Ordinal);
    private Dictionary<string, string> _next = new(StringComparer.Ordinal);

    /// <summary>The run waits for this one's end.</summary>
    public void Wait(string run, string behind, DateTimeOffset now)
    {
        lock (_gate) _places[run] = new Place(behind, now + Longest);
    }

    /// <summary>Begins a look at all runs that have not ended; the others are forgotten.</summary>
    public void Forget(IEnumerable<string> active)
    {
        lock (_gate)
        {
            _active = active.ToHashSet(StringComparer.Ordinal);
            _next = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var ended in _places.Keys.Where(run => !_active.Contains(run)).ToList()) _places.Remove(ended);
        }
    }

    /// <summary>Whether the run still waits; asked in the order in which runs are to go on.</summary>
    public bool Waits(string run, DateTimeOffset now)
    {
        lock (_gate)
        {
            if (!_places.TryGetValue(run, out var place)) return false;
            if (now < place.Until && _active.Contains(place.Behind)) return true;
            if (now < place.Until && _next.TryGetValue(place.Behind, out var first))
            {
                _places[run] = new Place(first, now + Longest);
                return true;
            }

            _next[place.Behind] = run;
            _places.Remove(run);
            return false;
        }
    }

    private sealed record Place(string Behind, DateTimeOffset Until);
}
