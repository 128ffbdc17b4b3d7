using System.Globalization;
using Quarterdeck.Observe.Indexing;
using Quarterdeck.Observe.Indexing.Backfilling;
using Quarterdeck.Packs;

namespace Quarterdeck.Server.Hosting;

/// <summary>Tells how indexing goes: a line for each chain, every two seconds while it changes.</summary>
internal sealed class IndexPrinter(BoundPack pack, ChainHealth health, TextWriter output, TimeProvider clock)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);
    private readonly Dictionary<string, string> _last = new(StringComparer.Ordinal);

    public async Task Run(CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(Every, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(cancel)) Print();
        }
        catch (OperationCanceledException)
        {
            // The last word is where it ended.
            Print();
        }
    }

    /// <summary>One chain in words.</summary>
    public static string Line(ChainState state) => state switch
    {
        { Failure: { } why } => $"{state.Chain}: waits: {why}",
        { Backfill: { Phase: BackfillPhase.Announcements } found } => string.Create(CultureInfo.InvariantCulture,
            $"{state.Chain}: looking for announced contracts, block {found.At:N0} of {found.To:N0} ({found.Done:P0}), {Left(found)}"),
        { Backfill: { } fill } => string.Create(CultureInfo.InvariantCulture,
            $"{state.Chain}: block {fill.At:N0} of {fill.To:N0} ({fill.Done:P0}), {fill.Events:N0} events, {fill.EventsPerSecond:N0} events/s, {fill.BlocksPerSecond:N0} blocks/s, {Left(fill)}"),
        { Indexed: { } indexed } => string.Create(CultureInfo.InvariantCulture,
            $"{state.Chain}: at block {indexed.Number:N0}, {state.BlockLag ?? 0:N0} behind the head, {state.EventsPerMinute:N0} events in the last minute"),
        _ => $"{state.Chain}: asking {state.Endpoint}",
    };

    private void Print()
    {
        foreach (var state in health.Chains.Where(c => c.Pack == pack.Pack.Name))
        {
            var line = Line(state);
            if (_last.GetValueOrDefault(state.Chain) == line) continue;
            _last[state.Chain] = line;
            output.WriteLine(line);
        }
    }

    private static string Left(BackfillProgress progress) => progress.Remaining is not { } left ? "time left unknown"
        : left.TotalSeconds < 90 ? string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(left.TotalSeconds):N0} s left")
        : left.TotalMinutes < 90 ? string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(left.TotalMinutes):N0} min left")
        : string.Create(CultureInfo.InvariantCulture, $"{left.TotalHours:N1} h left");
}
