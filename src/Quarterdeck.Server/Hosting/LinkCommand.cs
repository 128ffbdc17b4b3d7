using Quarterdeck.Primitives.Audit;
using Quarterdeck.Respond;
using Quarterdeck.Server.Identity;

namespace Quarterdeck.Server.Hosting;

/// <summary>
/// <c>Quarterdeck.Server link --operator NAME [--roles a,b]</c>: prints a one-time link. With <c>--roles</c> it also adds the
/// operator. Only until an administrator and a second person have enrolled: from then on it takes the two of them.
/// <c>link --first</c> prints the first administrator's link while nobody has enrolled, and nothing afterwards.
/// </summary>
internal static class LinkCommand
{
    private const string First = "admin";

    /// <summary>Runs it; the exit code.</summary>
    public static async Task<int> Run(
        string[] args, Operators operators, Links links, Uri publicUrl, TextWriter output, TextWriter errors, CancellationToken cancel)
    {
        var first = args.Contains("--first");
        var name = Value(args, "--operator") ?? (first ? First : null);
        if (name is null)
        {
            await errors.WriteLineAsync("Usage: link --operator NAME [--roles role,role], or: link --first [--operator NAME]");
            return 2;
        }

        if (first && await operators.AnyEnrolled(cancel)) return 0;
        if (await operators.IsFounded(cancel))
        {
            await errors.WriteLineAsync(
                "There is an administrator and a second person already, so two people let others in. "
                + "Remedy: an administrator asks (POST /api/operators/requests) and another approves.");
            return 1;
        }

        if (first)
        {
            if ((await operators.List(cancel)).All(o => o.Id != name))
                await operators.Add(Actor.Cli("link"), name, ["admin"], "the first administrator, by the command line", cancel);
        }
        else if (Value(args, "--roles") is { } roles)
        {
            string[] wanted = roles.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            await operators.Add(Actor.Cli("link"), name, wanted, "one of the first operators, by the command line", cancel);
        }

        switch (await links.Make(Actor.Cli("link"), name, cancel))
        {
            case Outcome<string>.Done { Value: var token }:
                await output.WriteLineAsync($"{publicUrl.GetLeftPart(UriPartial.Authority)}/link#{token}");
                return 0;
            case Outcome<string>.Refused { Refusal: var refusal }:
                await errors.WriteLineAsync($"{refusal.Title}. {refusal.Detail} {refusal.Remedy}");
                return 1;
            default:
                throw new InvalidOperationException("An outcome is done or refused.");
        }
    }

    private static string? Value(string[] args, string name)
    {
        var at = Array.IndexOf(args, name);
        return at >= 0 && at + 1 < args.Length ? args[at + 1] : null;
    }
}
