using System.Text.Json.Nodes;
using Quarterdeck.Packs;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Runs.Services;

namespace Quarterdeck.Respond.Runs.Effects;

/// <summary>Runs programs that the pack allows, as their plan has them word by word.</summary>
internal sealed class ExternalEffect(ServiceDrivers drivers)
{
    public async Task<EffectOutcome> Perform(BoundPack pack, ActionEffect.ExternalCommand effect, TimeSpan limit, CancellationToken cancel)
    {
        if (!pack.Pack.External.Contains(effect.Argv[0], StringComparer.Ordinal))
            return new EffectOutcome.Failed($"The pack's 'external:' does not allow the program '{effect.Argv[0]}' any more.");
        try
        {
            var answer = await drivers.Commands.Run(effect.Argv, limit, cancel);
            var output = new JsonObject { ["command"] = string.Join(' ', effect.Argv), ["value"] = answer.Output, ["exitCode"] = answer.ExitCode };
            if (answer.Succeeded) return new EffectOutcome.Done(output);
            var why = ServiceDrivers.Failure(effect.Argv, answer, limit);
            return answer.ExitCode is null ? new EffectOutcome.Unknown(why) : new EffectOutcome.Failed(why, output);
        }
        catch (CommandNotStartedException problem)
        {
            return new EffectOutcome.Failed($"Nothing was run. {problem.Message}");
        }
    }
}
