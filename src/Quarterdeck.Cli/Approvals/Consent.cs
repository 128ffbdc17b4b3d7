using System.CommandLine;

namespace Quarterdeck.Cli.Approvals;

/// <summary>What a signer does before the key is used: reads the sheet, types the target's name where it is asked for, and says yes.</summary>
internal sealed record Consent(Option<string?> Confirm, Option<bool> Yes)
{
    public static Consent AddTo(Command command)
    {
        var consent = new Consent(
            new Option<string?>("--confirm") { Description = "The name of the target, where signing it wants the name typed.", HelpName = "NAME" },
            new Option<bool>("--yes") { Description = "Sign without asking; what is signed is printed all the same." });
        command.Options.Add(consent.Confirm);
        command.Options.Add(consent.Yes);
        return consent;
    }

    /// <summary>Shows the sheet and asks; returns the name that was typed, null where none is wanted.</summary>
    public async Task<string?> Ask(ParseResult parsed, SignedSheet sheet)
    {
        await Console.Out.WriteLineAsync(sheet.Print());
        var typed = parsed.GetValue(Confirm);
        if (sheet.NamesToType is { Count: > 0 } names)
        {
            typed ??= Read($"Type the name of what it acts on ({names.Count} possible): ");
            if (!names.Contains(typed?.Trim(), StringComparer.Ordinal))
                throw new CommandException($"'{SignedSheet.Clean(typed ?? "")}' is not what this acts on. Nothing was signed. Give it with --confirm.", QuarterdeckCommand.BadInput);
        }

        if (!parsed.GetValue(Yes) && Read($"Sign {sheet.Hash.ToString()[..10]}…? Type yes: ")?.Trim() != "yes")
            throw new CommandException("Nothing was signed.", QuarterdeckCommand.BadInput);
        return typed;
    }

    private static string? Read(string question)
    {
        if (Console.IsInputRedirected && Console.In.Peek() < 0)
            throw new CommandException("Nobody is there to ask: give --yes, and --confirm where a name is wanted.", QuarterdeckCommand.BadInput);
        Console.Error.Write(question);
        return Console.In.ReadLine();
    }
}
