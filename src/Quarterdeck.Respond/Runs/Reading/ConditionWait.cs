using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Primitives;
using Quarterdeck.Respond.Runs.Steps;

namespace Quarterdeck.Respond.Runs.Reading;

/// <summary>
/// Looks now and then whether what a step waits for holds. The deadline is stored with the step; when it was last looked is only in
/// this process, so a restart costs one look.
/// </summary>
internal sealed class ConditionWait(SeriesCheck series, StepReading reading, RunOptions options, TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, DateTimeOffset> _next = new(StringComparer.Ordinal);

    /// <summary>Whether it is time to look again for a run.</summary>
    public bool IsDue(string run) => !_next.TryGetValue(run, out var next) || clock.GetUtcNow() >= next;

    /// <summary>What was seen where it holds; null where not yet, or where it was looked a moment ago.</summary>
    public async Task<JsonObject?> Look(RunRecord record, StepRow step, CancellationToken cancel)
    {
        if (!IsDue(record.Run.Id)) return null;
        var condition = ((StepDefinition.WaitUntil)step.What).Condition;
        var found = await Holds(record, condition, cancel);
        if (found is null) _next[record.Run.Id] = clock.GetUtcNow() + options.LookInterval;
        else _next.TryRemove(record.Run.Id, out _);
        return found;
    }

    /// <summary>When it is looked next.</summary>
    public DateTimeOffset NextLook(string run) => _next.TryGetValue(run, out var next) ? next : clock.GetUtcNow();

    private async Task<JsonObject?> Holds(RunRecord record, StepDefinition condition, CancellationToken cancel)
    {
        try
        {
            if (condition is StepDefinition.Check check)
            {
                var (holds, seen) = series.Look(record.Run.Pack, RunText.Fill(check.Expression, record.Variables()), cancel);
                return holds ? seen : null;
            }

            var answer = await reading.Read(record.Run.Pack, condition, record.Variables(), cancel);
            return (string?)answer["value"] is null or "" or "0" or "false" or "f" ? null : answer;
        }
        catch (Exception problem) when (problem is StepFailedException or RpcException or AbiException or TransientException)
        {
            return null;
        }
    }
}
