using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Runs.Steps;

namespace Quarterdeck.Respond.Runs.Engine;

/// <summary>What the engine knows of a step when it decides.</summary>
/// <param name="Writes">Whether the step sends a transaction, for which its stage's plan must be approved.</param>
/// <param name="ForPerson">Whether it is done when an operator says so.</param>
internal sealed record StepView(
    int Index, int Stage, bool Writes, bool ForPerson, OnFailure OnFailure, StepState State, DateTimeOffset? DueAt,
    string? Error = null, bool PassedOver = false)
{
    /// <summary>Its outcome is unknown and only a person can tell.</summary>
    public bool Asked { get; init; }

    /// <summary>It watches a condition while it waits.</summary>
    public bool Looks { get; init; }

    /// <summary>The branch it belongs to; null for none.</summary>
    public GuardTerms? Guard { get; init; }

    /// <summary>The branch it chose, where it is a decision that was made.</summary>
    public int? Chosen { get; init; }

    /// <summary>Whether it runs another runbook.</summary>
    public bool Runs { get; init; }

    /// <summary>The run that it started, by itself or as the fallback of its failure; null where none.</summary>
    public RunState? Child { get; init; }

    /// <summary>Whether a runbook is run where it fails.</summary>
    public bool HasFallback { get; init; }
}

/// <summary>What a failing step does to its run.</summary>
internal enum OnFailure
{
    /// <summary>The run pauses, and a person decides.</summary>
    Stop,

    /// <summary>The run goes on and tells it at its end.</summary>
    Continue,

    /// <summary>The run ends.</summary>
    Abort,
}

/// <summary>What the engine knows of a run when it decides.</summary>
internal sealed record RunView(
    RunState State, StopRequest? Stop, IReadOnlyList<StepView> Steps, IReadOnlyDictionary<int, StagePlanView> Plans);

/// <summary>The plan of a stage.</summary>
internal sealed record StagePlanView(PlanState State, string? Reason = null);

/// <summary>An operator's wish to stop, kept until the effect under way has an outcome.</summary>
internal sealed record StopRequest(bool Abort, string By, string Reason);

/// <summary>What to do next.</summary>
internal abstract record RunMove
{
    private RunMove()
    {
    }

    /// <summary>Nothing more, ever.</summary>
    public sealed record Nothing : RunMove;

    /// <summary>Begin this step: journal the intent, then act.</summary>
    public sealed record Execute(int Step) : RunMove;

    /// <summary>This step was begun: find out what became of it, without repeating it.</summary>
    public sealed record Settle(int Step) : RunMove;

    /// <summary>This step's time has come.</summary>
    public sealed record Complete(int Step) : RunMove;

    /// <summary>Look whether what this step waits for holds, at most until its time.</summary>
    public sealed record Look(int Step, DateTimeOffset? Until) : RunMove;

    /// <summary>This step is of a branch that was not chosen.</summary>
    public sealed record Skip(int Step) : RunMove;

    /// <summary>The run that this step started has ended.</summary>
    public sealed record Join(int Step) : RunMove;

    /// <summary>This step failed: start the run that is to be run then.</summary>
    public sealed record Fallback(int Step) : RunMove;

    /// <summary>Gather the plan of this stage from its writes.</summary>
    public sealed record Gather(int Stage) : RunMove;

    /// <summary>Rest in this state until the time given or a signal.</summary>
    public sealed record Rest(RunState State, DateTimeOffset? Until, string? Reason) : RunMove;

    /// <summary>End the run.</summary>
    public sealed record Finish(RunState State, string Reason) : RunMove;
}

/// <summary>The rules of a run: from what is stored and the time to the one next move. Pure.</summary>
internal static class RunMachine
{
    /// <summary>Decides.</summary>
    public static RunMove Next(RunView run, DateTimeOffset now)
    {
        if (run.State.Ended()) return new RunMove.Nothing();

        // An effect under way is always followed to its outcome first, whoever wants to stop.
        var begun = run.Steps.FirstOrDefault(step => step.State is StepState.Running or StepState.Unknown);
        if (begun is { Asked: false }) return new RunMove.Settle(begun.Index);
        if (begun is not null && run.Stop is not { Abort: true })
            return new RunMove.Rest(RunState.Waiting, null, $"Step {begun.Index}: {begun.Error} Say whether it came about.");

        if (run.Stop is { } stop)
        {
            return stop.Abort
                ? new RunMove.Finish(RunState.Aborted, $"Aborted by {stop.By}: {stop.Reason}")
                : new RunMove.Rest(RunState.Paused, null, $"Paused by {stop.By}: {stop.Reason}");
        }

        var fallen = run.Steps.FirstOrDefault(step => step is
        { State: StepState.Failed, HasFallback: true, PassedOver: false, Child: null or not (RunState.Failed or RunState.Aborted) });
        if (fallen is not null)
        {
            return fallen.Child switch
            {
                null => new RunMove.Fallback(fallen.Index),
                RunState.Succeeded => new RunMove.Join(fallen.Index),
                _ => new RunMove.Rest(RunState.Waiting, null, $"Step {fallen.Index} failed; the run for that case is under way."),
            };
        }

        var fatal = run.Steps.FirstOrDefault(
            step => step.State == StepState.Failed && step.OnFailure != OnFailure.Continue && !step.PassedOver);
        if (fatal is { OnFailure: OnFailure.Abort }) return new RunMove.Finish(RunState.Failed, $"Step {fatal.Index} failed: {fatal.Error}");
        if (fatal is not null) return new RunMove.Rest(RunState.Paused, null, $"Step {fatal.Index} failed: {fatal.Error}");

        var next = run.Steps.FirstOrDefault(step => !step.State.Ended());
        if (next is null) return End(run);
        if (next.Guard is { } guard && run.Steps.First(step => step.Index == guard.Decision) is var decision && decision.Chosen != guard.Branch)
            return new RunMove.Skip(next.Index);
        if (next.State == StepState.Waiting) return Waiting(next, run, now);
        return next.Writes ? Write(next, run) : new RunMove.Execute(next.Index);
    }

    /// <summary>The state to show while the steps before a stage's first write are done without approval.</summary>
    public static RunState StateWhileExecuting(RunView run, int step)
    {
        var stage = run.Steps.Where(s => s.Writes && s.Index >= step && !s.State.Ended()).Select(s => (int?)s.Stage).FirstOrDefault();
        return stage is { } waiting && run.Plans.TryGetValue(waiting, out var plan) && plan.State == PlanState.Pending
            ? RunState.AwaitingApproval
            : RunState.Running;
    }

    private static RunMove Waiting(StepView step, RunView run, DateTimeOffset now)
    {
        if (step.Runs)
        {
            return step.Child is { } child && child.Ended()
                ? new RunMove.Join(step.Index)
                : new RunMove.Rest(RunState.Waiting, null, $"Step {step.Index} runs another runbook.");
        }

        if (step.Looks && !(now >= step.DueAt)) return new RunMove.Look(step.Index, step.DueAt);
        if (step.DueAt is { } due)
            return now >= due ? new RunMove.Complete(step.Index) : new RunMove.Rest(RunState.Waiting, due, null);
        return step.ForPerson
            ? new RunMove.Rest(RunState.Waiting, null, $"Step {step.Index} waits for an operator.")
            : Write(step, run);
    }

    private static RunMove Write(StepView step, RunView run)
    {
        if (!run.Plans.TryGetValue(step.Stage, out var plan)) return new RunMove.Gather(step.Stage);
        return plan.State switch
        {
            PlanState.Pending => new RunMove.Rest(RunState.AwaitingApproval, null, null),
            PlanState.Approved or PlanState.Executing => new RunMove.Execute(step.Index),
            PlanState.Rejected => new RunMove.Finish(RunState.Aborted, $"The plan was rejected: {plan.Reason}"),
            PlanState.Expired => new RunMove.Finish(RunState.Failed, "The plan expired before it was used."),
            _ => new RunMove.Finish(RunState.Failed, $"The plan is {plan.State.Text()}: {plan.Reason}"),
        };
    }

    private static RunMove.Finish End(RunView run)
    {
        var failed = run.Steps.Where(step => step.State == StepState.Failed).Select(step => step.Index).ToList();
        return failed.Count == 0
            ? new RunMove.Finish(RunState.Succeeded, "All steps are done.")
            : new RunMove.Finish(RunState.Failed, $"All steps were tried; failed: {string.Join(", ", failed)}.");
    }
}
