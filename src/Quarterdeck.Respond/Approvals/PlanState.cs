namespace Quarterdeck.Respond.Approvals;

/// <summary>Where a plan stands.</summary>
public enum PlanState
{
    /// <summary>Waits for approvals.</summary>
    Pending,

    /// <summary>Has its quorum, is not in use yet.</summary>
    Approved,

    /// <summary>Consumed: its calls are being sent.</summary>
    Executing,

    /// <summary>Its calls are through.</summary>
    Executed,

    /// <summary>An operator said no.</summary>
    Rejected,

    /// <summary>Its time ran out before it was used.</summary>
    Expired,

    /// <summary>What it says no longer holds, or its run ended.</summary>
    Void,
}

/// <summary>The states' text forms and the moves between them.</summary>
public static class PlanStates
{
    /// <summary>The state's name as stored and as the API writes it.</summary>
    public static string Text(this PlanState state) => state switch
    {
        PlanState.Pending => "pending",
        PlanState.Approved => "approved",
        PlanState.Executing => "executing",
        PlanState.Executed => "executed",
        PlanState.Rejected => "rejected",
        PlanState.Expired => "expired",
        _ => "void",
    };

    /// <summary>Reads a stored name.</summary>
    public static PlanState Parse(string text) =>
        Enum.GetValues<PlanState>().First(state => state.Text() == text);

    /// <summary>Whether a plan may go from one state to the other. The database holds the same table.</summary>
    public static bool MayBecome(this PlanState from, PlanState to) => (from, to) switch
    {
        (PlanState.Pending, PlanState.Approved or PlanState.Rejected or PlanState.Expired or PlanState.Void) => true,
        (PlanState.Approved, PlanState.Executing or PlanState.Rejected or PlanState.Expired or PlanState.Void) => true,
        (PlanState.Executing, PlanState.Executed or PlanState.Void) => true,
        _ => false,
    };
}
