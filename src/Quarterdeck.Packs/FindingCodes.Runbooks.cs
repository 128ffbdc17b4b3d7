namespace Quarterdeck.Packs;

public static partial class FindingCodes
{
    internal const string RunbookUnreadable = "QD2001";
    internal const string FrontMatterInvalid = "QD2002";
    internal const string DirectiveUnknown = "QD2003";
    internal const string DirectiveInvalid = "QD2004";
    internal const string ManualCommand = "QD2005";

    private static readonly Entry[] RunbookEntries =
    [
        new(RunbookUnreadable, "Runbook cannot be read", "The file is larger than 1 MiB, or its Markdown is nested deeper than any reader follows."),
        new(FrontMatterInvalid, "Front matter invalid", "The YAML at the top of the runbook cannot be read, or its severity is no known word."),
        new(DirectiveUnknown, "Directive unknown or misplaced", "A blockquote looks like a directive for the engine but is none, or stands where there is no step to direct."),
        new(DirectiveInvalid, "Directive invalid", "A directive's value cannot be read."),
        new(ManualCommand, "Command line left to a person", "The line is not understood. It is shown to the operator, who does it by hand and says what was seen; it is never handed to a shell."),
    ];
}
