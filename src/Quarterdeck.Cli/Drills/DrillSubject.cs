using Quarterdeck.Devnet.Faults;
using Quarterdeck.Packs;
using Quarterdeck.Packs.Alerts;
using Quarterdeck.Packs.Manifest;
using Quarterdeck.Packs.Runbooks;

namespace Quarterdeck.Cli.Drills;

/// <summary>What a drill is about: a fault of a pack, a fault that every pack has, or a runbook.</summary>
/// <param name="Name">As it was asked for.</param>
/// <param name="Fault">What is injected; without steps where a runbook is rehearsed as it is.</param>
/// <param name="General">What is disturbed while the run is under way; null for nothing.</param>
internal sealed record DrillSubject(string Name, ProtocolPack Pack, FaultDefinition Fault, GeneralFault? General)
{
    /// <summary>False where nothing is injected: then no alert is waited for, and the operator on duty proposes.</summary>
    public bool HasAnomaly => Fault.Steps.Count > 0;

    /// <summary>The contract that is made to refuse its pause; null for none.</summary>
    public string? Refusing => General?.Kind == Disturbance.PauseReverting ? Fault.Contained[Fault.Contained.Count / 2] : null;

    /// <summary>The contracts that must be paused at the end, in order.</summary>
    public IReadOnlyList<string> Demanded => [.. Fault.Contained.Where(name => name != Refusing)];

    /// <summary>How long the alert's rule waits before it fires.</summary>
    public TimeSpan AlertDelay => Pack.Rules.SelectMany(file => file.Groups).SelectMany(group => group.Rules).OfType<AlertingRule>()
        .Where(rule => rule.Name == Fault.Alert).Select(rule => rule.For).DefaultIfEmpty(TimeSpan.Zero).Max();

    /// <summary>Looks a name up: a fault of a pack, a general fault, a runbook, in this order.</summary>
    /// <exception cref="CommandException">No pack has it.</exception>
    public static DrillSubject Find(string name, IReadOnlyList<string> folders)
    {
        var packs = PackLoader.LoadAll(folders).Select(result => result.Pack).OfType<ProtocolPack>().ToList();
        foreach (var pack in packs)
            if (pack.Faults.FirstOrDefault(fault => fault.Name == name) is { } fault) return new DrillSubject(name, pack, fault, null);
        if (GeneralFault.Find(name) is { } general)
        {
            foreach (var pack in packs)
                if (Pausing(pack) is { } trigger) return new DrillSubject(name, pack, trigger, general);
            throw new CommandException($"{name} disturbs a run that pauses contracts, and no pack has a runbook that does.", QuarterdeckCommand.BadInput);
        }

        foreach (var pack in packs)
        {
            if (pack.FindRunbook(name) is not { } runbook) continue;
            var trigger = pack.Faults.FirstOrDefault(fault => fault.Runbook == name) ?? AsItIs(runbook, pack);
            return new DrillSubject(name, pack, trigger, null);
        }

        throw new CommandException(
            $"No pack has a fault or a runbook '{name}'. Faults: {string.Join(", ", Faults(packs))}. Runbooks: {string.Join(", ", packs.SelectMany(pack => pack.Runbooks).Select(runbook => runbook.Slug))}.",
            QuarterdeckCommand.BadInput);
    }

    /// <summary>Every fault that can be drilled with these packs.</summary>
    public static IReadOnlyList<string> Faults(IEnumerable<ProtocolPack> packs) =>
        [.. packs.SelectMany(pack => pack.Faults).Select(fault => fault.Name).Concat(GeneralFault.All.Select(fault => fault.Name)).Distinct()];

    // The pack's own fault that ends with contracts paused; else its pausing runbook as it is.
    private static FaultDefinition? Pausing(ProtocolPack pack) =>
        pack.Faults.FirstOrDefault(fault => fault.Contained.Count > 0 && fault.Runbook is not null)
        ?? pack.Policies.Propose.Concat(pack.Runbooks.Select(runbook => runbook.Slug)).Select(pack.FindRunbook).OfType<Runbook>()
            .Select(runbook => AsItIs(runbook, pack)).FirstOrDefault(fault => fault.Contained.Count > 0);

    private static FaultDefinition AsItIs(Runbook runbook, ProtocolPack pack) => new(runbook.Slug, "", runbook.Slug, [.. Pauses(runbook, pack)], []);

    private static IEnumerable<string> Pauses(Runbook runbook, ProtocolPack pack) => runbook.Steps.OfType<SendStep>()
        .Where(step => step.ActionClass == ActionClass.Pause).Select(step => pack.FindContract(step.Target.Text))
        .OfType<ContractDefinition>().Where(contract => contract.Pause is not null).Select(contract => contract.Name).Distinct();
}
