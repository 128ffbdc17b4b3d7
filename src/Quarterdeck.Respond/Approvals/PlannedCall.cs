using System.Numerics;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Primitives;

namespace Quarterdeck.Respond.Approvals;

/// <summary>One state change of a plan, exactly as it will be sent.</summary>
/// <param name="Position">1-based order within the plan.</param>
/// <param name="Step">The run's step that sends it.</param>
/// <param name="Chain">Where.</param>
/// <param name="Account">The environment's name of the sending account.</param>
/// <param name="From">The sending address.</param>
/// <param name="Target">The contract called.</param>
/// <param name="TargetName">Its name in the pack.</param>
/// <param name="Function">Canonical signature, such as <c>pause()</c>.</param>
/// <param name="Arguments">The arguments as text, in order.</param>
/// <param name="Calldata">What is sent.</param>
/// <param name="Value">Wei.</param>
/// <param name="ActionClass">pause, unpause, role, parameter, funds, deploy or other.</param>
/// <param name="AfterSeconds">How long the runbook waits before this call, counted from the one before.</param>
/// <param name="Inverse">How it is undone, as far as the pack says; null where it says nothing.</param>
/// <param name="Forecast">What the simulation showed when the plan was made.</param>
public sealed record PlannedCall(
    int Position, int Step, ChainId Chain, string Account, Address From, Address Target, string TargetName, string Function,
    IReadOnlyList<string> Arguments, byte[] Calldata, BigInteger Value, string ActionClass, long AfterSeconds,
    string? Inverse, CallForecast Forecast);

/// <summary>What a simulation said a call would do.</summary>
/// <param name="Outcome">succeeds, reverts, alreadyDone or notSimulated (it only becomes possible after a wait).</param>
/// <param name="Reason">The decoded revert, or why it could not be simulated; null where it succeeds.</param>
/// <param name="Gas">Gas used; 0 where unknown.</param>
/// <param name="Events">The events it would raise, each as text.</param>
public sealed record CallForecast(string Outcome, string? Reason, long Gas, IReadOnlyList<string> Events)
{
    /// <summary>Balances and pause states that it would change, each as text.</summary>
    public IReadOnlyList<string> Changes { get; init; } = [];

    /// <summary>The call goes through.</summary>
    public const string Succeeds = "succeeds";

    /// <summary>The call fails.</summary>
    public const string Reverts = "reverts";

    /// <summary>What the call is for holds already.</summary>
    public const string AlreadyDone = "alreadyDone";

    /// <summary>The call waits for time to pass, so it is simulated before it is sent.</summary>
    public const string NotSimulated = "notSimulated";
}
