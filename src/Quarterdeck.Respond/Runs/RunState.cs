namespace Quarterdeck.Respond.Runs;

/// <summary>Where a run stands.</summary>
public enum RunState
{
    /// <summary>Asked for; has nothing to approve and is about to start.</summary>
    Proposed,

    /// <summary>The plan of its next stage waits for approvals.</summary>
    AwaitingApproval,

    /// <summary>Steps are being executed.</summary>
    Running,

    /// <summary>Waits for time to pass, for a person, or for another run that writes to the same contract.</summary>
    Waiting,

    /// <summary>Stopped by an operator, to go on later.</summary>
    Paused,

    /// <summary>All steps are done or were rightly skipped.</summary>
    Succeeded,

    /// <summary>A step failed.</summary>
    Failed,

    /// <summary>Ended by an operator.</summary>
    Aborted,
}

/// <summary>Where a step stands.</summary>
public enum StepState
{
    /// <summary>Not begun.</summary>
    Pending,

    /// <summary>Its effect is under way.</summary>
    Running,

    /// <summary>Waits for time or for a person.</summary>
    Waiting,

    /// <summary>Done and, where it can be, verified.</summary>
    Done,

    /// <summary>Did not come about.</summary>
    Failed,

    /// <summary>Not needed: what it is for holds already, or the run ended before it.</summary>
    Skipped,

    /// <summary>Its intent is journaled and its outcome is not: it must be probed.</summary>
    Unknown,
}

/// <summary>Text forms, as stored and as the API writes them.</summary>
public static class RunStates
{
    /// <summary>The state's name.</summary>
    public static string Text(this RunState state) =>
        state == RunState.AwaitingApproval ? "awaiting_approval" : Lower(state);

    /// <summary>The state's name.</summary>
    public static string Text(this StepState state) => Lower(state);

    /// <summary>Reads a stored name.</summary>
    public static RunState ParseRun(string text) => Enum.GetValues<RunState>().First(state => state.Text() == text);

    /// <summary>Reads a stored name.</summary>
    public static StepState ParseStep(string text) => Enum.GetValues<StepState>().First(state => state.Text() == text);

    /// <summary>Whether nothing more happens to the run.</summary>
    public static bool Ended(this RunState state) => state is RunState.Succeeded or RunState.Failed or RunState.Aborted;

    /// <summary>Whether nothing more happens to the step.</summary>
    public static bool Ended(this StepState state) => state is StepState.Done or StepState.Failed or StepState.Skipped;

#pragma warning disable CA1308 // The stored form is lower case.
    private static string Lower<T>(T state) where T : struct, Enum => state.ToString().ToLowerInvariant();
#pragma warning restore CA1308
}
