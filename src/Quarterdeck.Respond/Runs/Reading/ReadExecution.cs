using System.Text.Json.Nodes;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Primitives;
using Quarterdeck.Respond.Runs.Engine;
using Quarterdeck.Respond.Runs.Steps;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Runs.Reading;

/// <summary>
/// Executes the steps that only read: nothing is journaled before them, and a lost one is read again. Where the runbook says
/// how often, a read that fails is tried again; an operator who stops the run is heard between two tries.
/// </summary>
internal sealed class ReadExecution(
    OperationsStore store, PackBindings bindings, StepReading reading, RunOptions options, TimeProvider clock)
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    /// <summary>Reads and writes the outcome, unless an operator stops the run before there is one.</summary>
    public async Task Execute(RunRecord record, StepRow step, StepWriter writer, CancellationToken cancel)
    {
        var tries = 1 + (step.What.Retry?.Times ?? 0);
        for (var attempt = 1; ; attempt++)
        {
            var (output, error, evidence) = await Try(record, step.What, cancel);
            if (attempt > 1) (output ?? (evidence ??= []))["attempts"] = attempt;
            if (output is not null)
            {
                await writer.Done(step, output, null, cancel);
                return;
            }

            if (attempt >= tries)
            {
                await writer.Failed(step, tries > 1 ? $"{error} Tried {tries} times." : error!, evidence, cancel);
                return;
            }

            if (!await Rest(record.Run.Id, TimeSpan.FromSeconds(step.What.Retry!.EverySeconds), cancel)) return;
        }
    }

    private async Task<(JsonObject? Output, string? Error, JsonObject? Evidence)> Try(
        RunRecord record, StepDefinition what, CancellationToken cancel)
    {
        var pack = record.Run.Pack;
        try
        {
            var variables = record.Variables();
            return (await Patiently(what, token => reading.Read(pack, what, variables, token), cancel), null, null);
        }
        catch (StepFailedException problem)
        {
            return (null, problem.Message, (JsonObject?)problem.Evidence?.DeepClone());
        }
        catch (RpcException problem)
        {
            return (null, $"The read fails: {bindings.Reverts(pack).Explain(problem)}", null);
        }
        catch (AbiException problem)
        {
            return (null, problem.Message, null);
        }
        catch (TransientException problem)
        {
            return (null, $"No answer: {problem.Message}", null);
        }
    }

    // False where an operator wants the run to stop: the step has no outcome then, and is read again if the run goes on.
    private async Task<bool> Rest(string run, TimeSpan time, CancellationToken cancel)
    {
        var until = clock.GetUtcNow() + time;
        while (true)
        {
            var left = until - clock.GetUtcNow();
            if (left > TimeSpan.Zero) await Task.Delay(left < Look ? left : Look, clock, cancel);
            if (await store.QueryFirstOrDefault<string>("select stop_requested from runs.runs where id = @run", new { run }, cancel) is not null) return false;
            if (clock.GetUtcNow() >= until) return true;
        }
    }

    private async Task<JsonObject> Patiently(StepDefinition what, Func<CancellationToken, Task<JsonObject>> read, CancellationToken cancel)
    {
        // A check watches its own time: it ends with what it saw last, not with silence.
        var limit = what is StepDefinition.Check
            ? Timeout.InfiniteTimeSpan
            : what.TimeoutSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : options.ReadTimeout;
        for (var attempt = 1; ; attempt++)
        {
            using var late = new CancellationTokenSource(limit, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancel);
            try
            {
                return await read(either.Token);
            }
            catch (TransientException) when (attempt < options.ReadAttempts && what.Retry is null)
            {
            }
            catch (OperationCanceledException) when (late.IsCancellationRequested && !cancel.IsCancellationRequested)
            {
                if (attempt >= options.ReadAttempts || what.TimeoutSeconds is not null)
                    throw new TransientException($"No answer within {limit.TotalSeconds:0.#} s.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50 << attempt), clock, cancel);
        }
    }
}

/// <summary>What a step demanded does not hold.</summary>
internal sealed class StepFailedException(string message, JsonObject? evidence) : Exception(message)
{
    public JsonObject? Evidence => evidence;
}
