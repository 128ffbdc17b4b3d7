using Quarterdeck.Packs;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Runs.Planning;
using Quarterdeck.Respond.Runs.Reading;

namespace Quarterdeck.Respond.Runs.Effects;

/// <summary>Sends each action to what makes it.</summary>
internal sealed class EffectKinds(ServiceEffect services, HttpEffect http, DatabaseEffect database, ExternalEffect external, RunOptions options)
{
    /// <summary>What is to be known before the intent is journaled.</summary>
    /// <exception cref="StepFailedException">It cannot be made as things are.</exception>
    public async Task<EffectTrace> Before(BoundPack pack, PlannedAction action, string run, CancellationToken cancel) => action.Effect switch
    {
        ActionEffect.ServiceVerb verb => await services.Before(pack, verb, ActionPlanning.Key(run, action.Step), cancel),
        ActionEffect.HttpRequest request => new EffectTrace(request.IdempotencyKey, null, null),
        _ => new EffectTrace(ActionPlanning.Key(run, action.Step), null, null),
    };

    /// <summary>Makes it, once.</summary>
    /// <param name="prepared">Keeps the target's own transaction id before anything is committed there.</param>
    public Task<EffectOutcome> Perform(
        BoundPack pack, PlannedAction action, EffectTrace trace, Func<string, Task> prepared, CancellationToken cancel) => action.Effect switch
        {
            ActionEffect.ServiceVerb verb => services.Perform(pack, verb, trace, cancel),
            ActionEffect.HttpRequest request => http.Perform(pack, request, cancel),
            ActionEffect.DatabaseWrite write => database.Perform(pack, write, prepared, cancel),
            ActionEffect.ExternalCommand command => external.Perform(pack, command, options.CommandTimeout, cancel),
            _ => throw new InvalidOperationException("There is no fifth kind of action."),
        };

    /// <summary>Finds out what became of it by what it leaves behind.</summary>
    public Task<EffectOutcome> Probe(BoundPack pack, PlannedAction action, EffectTrace trace, CancellationToken cancel) => action.Effect switch
    {
        ActionEffect.ServiceVerb verb => services.Probe(pack, verb, trace, cancel),
        ActionEffect.DatabaseWrite write => database.Probe(pack, write, trace, cancel),
        ActionEffect.HttpRequest request => Task.FromResult<EffectOutcome>(new EffectOutcome.Unknown(
            $"Whether {request.Method} {action.Target} came about is not known: its answer was lost. Its Idempotency-Key is {request.IdempotencyKey}.")),
        _ => Task.FromResult<EffectOutcome>(new EffectOutcome.Unknown($"Whether {action.Target} ran to its end is not known.")),
    };
}
