using Quarterdeck.Packs.Runbooks.Commands;
using Quarterdeck.Packs.Runbooks.Shell;

namespace Quarterdeck.Packs.Runbooks;

/// <summary>Reads what stands in <c>$( )</c> as a step of its own.</summary>
public static class CommandSubstitution
{
    /// <summary>The step whose output the substitution stands for; null where it is not one read that is understood.</summary>
    public static RunbookStep? Step(SubstitutionPart part, ProtocolPack pack)
    {
        ArgumentNullException.ThrowIfNull(part);
        if (part.Script.Statements is not [{ Malformed: false, Compound: null, Pipelines: [_] } only]) return null;
        return new CommandReader(pack).Read(only, "") is [var step] && step is not ManualStep && !step.IsWrite ? step : null;
    }

    /// <summary>The one read that a text is, as a command line; null where it is something else.</summary>
    public static RunbookStep? Step(string command, int line, ProtocolPack pack)
    {
        ArgumentNullException.ThrowIfNull(command);
        if (!KnownPrograms.IsAtStartOf(command)) return null;
        if (ShellParser.Parse(command, line).Statements is not [{ Malformed: false, Compound: null, Pipelines: [_] } only]) return null;
        return new CommandReader(pack).Read(only, "") is [var step] && step is not ManualStep && !step.IsWrite ? step : null;
    }
}
