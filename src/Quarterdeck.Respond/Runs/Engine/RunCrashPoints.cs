using Quarterdeck.Store;

namespace Quarterdeck.Respond.Runs.Engine;

/// <summary>Where a process may die while it drives a run. Those of its transactions are with them.</summary>
[CrashPointNames]
internal static class RunCrashPoints
{
    /// <summary>Run, steps and plan are committed, nobody told.</summary>
    public const string Proposed = "runs.proposed";

    /// <summary>The run's lease is held, nothing is done under it.</summary>
    public const string Leased = "runs.leased";

    /// <summary>A write is about to be journaled: approvals are not consumed yet.</summary>
    public const string BeforeIntent = "runs.step.before-intent";

    /// <summary>A step's outcome is known and not journaled.</summary>
    public const string StepKnown = "runs.step.known";

    /// <summary>A step's outcome is journaled.</summary>
    public const string StepJournaled = "runs.step.journaled";

    /// <summary>A run inside this one is started.</summary>
    public const string ChildStarted = "runs.child-started";

    /// <summary>All steps ended, the run has not.</summary>
    public const string BeforeFinish = "runs.before-finish";

    /// <summary>The run's end is journaled.</summary>
    public const string Finished = "runs.finished";
}
