using System.Text.Json.Nodes;

namespace Quarterdeck.Packs.Manifest;

/// <summary>A fault that a drill injects on a devnet or fork, and what must come of it.</summary>
/// <param name="Name">Name in faults.yaml.</param>
/// <param name="Alert">The alert that must fire.</param>
/// <param name="Runbook">Slug of the runbook that must be proposed; null where none.</param>
/// <param name="Contained">Contracts that must be paused at the end, in order.</param>
/// <param name="Steps">What is done to cause the fault.</param>
public sealed record FaultDefinition(
    string Name, string Alert, string? Runbook, IReadOnlyList<string> Contained, IReadOnlyList<FaultStep> Steps)
{
    /// <summary>One sentence for people; empty where not said.</summary>
    public string Help { get; init; } = "";

    /// <summary>What ends the fault again where people cannot: the drill does it while the run waits for a repair. Empty where nothing does.</summary>
    public IReadOnlyList<FaultStep> Repair { get; init; } = [];
}

/// <summary>One act of a fault.</summary>
public abstract record FaultStep;

/// <summary>A transaction. <paramref name="Args"/> are as in contracts/deploy.yaml.</summary>
/// <param name="Contract">Contract name.</param>
/// <param name="Function">Signature.</param>
/// <param name="Args">Arguments as text.</param>
/// <param name="As">Account that sends it; on a fork it is impersonated.</param>
/// <param name="Value">Wei sent along, as text; null for none.</param>
/// <param name="Repeat">How often.</param>
public sealed record FaultSend(
    string Contract, string Function, IReadOnlyList<string> Args, string As, string? Value, int Repeat) : FaultStep;

/// <summary>A JSON-RPC call to the development node.</summary>
/// <param name="Method">Such as <c>anvil_setStorageAt</c>.</param>
/// <param name="Params">Its parameters; text may hold <c>@Contract</c> and <c>#account</c>.</param>
public sealed record FaultRpc(string Method, JsonArray Params) : FaultStep;

/// <summary>Stops a service.</summary>
/// <param name="Service">Service name.</param>
public sealed record FaultStop(string Service) : FaultStep;

/// <summary>Starts a service.</summary>
/// <param name="Service">Service name.</param>
public sealed record FaultStart(string Service) : FaultStep;

/// <summary>Moves the chain's clock forward and mines a block.</summary>
/// <param name="By">How far.</param>
public sealed record FaultWarp(TimeSpan By) : FaultStep;

/// <summary>Mines blocks.</summary>
/// <param name="Blocks">How many.</param>
public sealed record FaultMine(int Blocks) : FaultStep;

/// <summary>Waits in real time.</summary>
/// <param name="For">How long.</param>
public sealed record FaultWait(TimeSpan For) : FaultStep;
