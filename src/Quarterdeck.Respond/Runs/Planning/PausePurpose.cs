using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Packs;
using Quarterdeck.Respond.Runs.Steps;

namespace Quarterdeck.Respond.Runs.Planning;

/// <summary>What the pack knows of pausing: how to see that a call's purpose holds, and how it is undone.</summary>
internal static class PausePurpose
{
    /// <summary>The read that tells whether a pause or unpause holds already; null for other calls.</summary>
    public static StateProbe? Probe(BoundContract contract, AbiFunction function)
    {
        if (contract.Definition.Pause is not { } pause) return null;
        bool? holds = function.Signature == pause.Call ? true : function.Signature == pause.Inverse ? false : null;
        if (holds is not { } wanted) return null;
        var state = AbiFunction.Parse(pause.State);
        return new StateProbe(pause.State, Hex.Data(state.EncodeCall()), wanted);
    }

    /// <summary>How the call is undone, in words; null where the pack does not say.</summary>
    public static string? Inverse(BoundContract contract, AbiFunction function)
    {
        if (contract.Definition.Pause is not { } pause) return null;
        if (function.Signature == pause.Inverse) return $"{contract.Name}.{pause.Call}";
        if (function.Signature != pause.Call || pause.Inverse is null) return null;
        var role = pause.InverseRole is null ? "" : $" by {pause.InverseRole}";
        var first = pause.Request is null ? "" : $"{pause.Request}, then ";
        var delay = pause.InverseDelay is { } time ? $" after {time.TotalHours:0.#} h" : "";
        return $"{contract.Name}: {first}{pause.Inverse}{delay}{role}";
    }

    /// <summary>The call that undoes this one at once; null where there is none, or where it is asked for first and comes later.</summary>
    public static string? Undo(BoundContract contract, AbiFunction function)
    {
        if (contract.Definition.Pause is not { Request: null } pause) return null;
        return function.Signature == pause.Inverse ? pause.Call : function.Signature == pause.Call ? pause.Inverse : null;
    }
}
