using System.Text.Json.Nodes;
using Quarterdeck.Packs;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Runs.Planning;
using Quarterdeck.Respond.Runs.Reading;
using Quarterdeck.Respond.Runs.Services;

namespace Quarterdeck.Respond.Runs.Effects;

/// <summary>Carries verbs out on services. What was lost is told by the service's state, or by its identity having changed.</summary>
internal sealed class ServiceEffect(ServiceDrivers drivers, RunOptions options)
{
    /// <summary>The service's identity now, empty where it cannot be told, and the verb that will take this one back.</summary>
    public async Task<EffectTrace> Before(BoundPack pack, ActionEffect.ServiceVerb effect, string key, CancellationToken cancel)
    {
        var (service, verb) = Check(pack, effect);
        var status = await Status(service, cancel);
        return new EffectTrace(key, status?.Identity ?? "", null) { Undo = ActionPlanning.Undo(verb, status) };
    }

    public async Task<EffectOutcome> Perform(BoundPack pack, ActionEffect.ServiceVerb effect, EffectTrace trace, CancellationToken cancel)
    {
        var (service, verb) = Check(pack, effect);
        CommandResult answer;
        try
        {
            answer = await drivers.Of(service).Carry(service, verb, effect.Argv, trace.Key, options.CommandTimeout, cancel);
        }
        catch (CommandNotStartedException problem)
        {
            return new EffectOutcome.Failed(problem.Message);
        }

        var output = new JsonObject { ["command"] = string.Join(' ', effect.Argv), ["value"] = answer.Output, ["exitCode"] = answer.ExitCode };
        if (answer.Succeeded) return new EffectOutcome.Done(output);
        // A tool that was ended at its limit, or that says no after it began, may have done it all the same.
        var probed = await Probe(pack, effect, trace, cancel);
        return probed is EffectOutcome.Done ? probed
            : answer.ExitCode is null ? new EffectOutcome.Unknown(ServiceDrivers.Failure(effect.Argv, answer, options.CommandTimeout))
            : new EffectOutcome.Failed(ServiceDrivers.Failure(effect.Argv, answer, options.CommandTimeout), output);
    }

    public async Task<EffectOutcome> Probe(BoundPack pack, ActionEffect.ServiceVerb effect, EffectTrace trace, CancellationToken cancel)
    {
        var (service, verb) = Check(pack, effect);
        if (await drivers.Of(service).Carried(service, trace.Key, cancel) == true)
            return new EffectOutcome.Done(new JsonObject { ["probed"] = "the driver's record says that it was carried out" });
        var status = await Status(service, cancel);
        var holds = verb.Name switch
        {
            _ when status is null => null,
            "start" => status.Running ? true : (bool?)null,
            "stop" => status.Running ? null : true,
            "scale" => status.Replicas == verb.Replicas ? true : null,
            _ => string.IsNullOrEmpty(trace.Before) || service.Driver == ServiceDriverKind.Process || status.Identity == trace.Before ? (bool?)null : true,
        };
        if (holds == true)
            return new EffectOutcome.Done(new JsonObject { ["probed"] = status!.Said, ["before"] = trace.Before, ["after"] = status.Identity });
        var seen = status is null ? "it cannot be asked now" : $"it is {status.Said}";
        return new EffectOutcome.Unknown($"Whether '{verb.Name}' came about on the service '{effect.Service}' is not known: {seen}.");
    }

    private async Task<ServiceStatus?> Status(ServiceBinding service, CancellationToken cancel)
    {
        try
        {
            return await drivers.Of(service).Status(service, options.ReadTimeout, cancel);
        }
        catch (CommandNotStartedException problem)
        {
            throw new StepFailedException(problem.Message, null);
        }
    }

    // What is run are the words that were approved; the environment must still mean the same by them.
    private (ServiceBinding Service, ServiceVerb Verb) Check(BoundPack pack, ActionEffect.ServiceVerb effect)
    {
        var service = ServiceDrivers.Find(pack, effect.Service);
        var verb = new ServiceVerb(effect.Verb, effect.Replicas);
        if (!drivers.Argv(service, verb).SequenceEqual(effect.Argv))
            throw new StepFailedException($"The environment acts on the service '{effect.Service}' in another way than was approved.", null);
        return (service, verb);
    }
}
