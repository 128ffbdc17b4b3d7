using System.CommandLine;
using System.Text.Json;
using Quarterdeck.Cli.Api;
using Quarterdeck.Cli.Approvals;

namespace Quarterdeck.Cli.Commands;

/// <summary><c>operators list|request|requests|approve|refuse|remove</c>: letting people in and out, by two people.</summary>
internal sealed class OperatorsCommand : Command
{
    public OperatorsCommand() : base("operators", "Operators: who there is, and letting people in and out by two people.")
    {
        Subcommands.Add(List());
        Subcommands.Add(Request());
        Subcommands.Add(Requests());
        Subcommands.Add(Decide("approve", "Be the second person to a request. Prints your half of the link, where there is one."));
        Subcommands.Add(Decide("refuse", "Say no to a request."));
        Subcommands.Add(Remove());
    }

    private static Command List()
    {
        var command = new Command("list", "List the operators.");
        var who = OperatorConnection.Options.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var connection = await who.Connect(parsed, cancel);
            foreach (var one in await connection.Api.Get<JsonElement[]>("/api/operators", cancel))
            {
                var removed = one.GetProperty("removedAt").GetString() is { } at ? $"  removed {at}" : "";
                var expires = one.GetProperty("expiresAt").GetString() is { } until ? $"  until {until}" : "";
                await Console.Out.WriteLineAsync(SignedSheet.Clean(
                    $"{one.GetProperty("id").GetString(),-20}  {Joined(one, "roles")}  [{Joined(one, "credentialKinds")}]{expires}{removed}"));
            }

            return 0;
        });
        return command;
    }

    private static Command Request()
    {
        var id = new Argument<string>("OPERATOR") { Description = "The short name that the audit log writes." };
        var kind = new Option<string>("--kind") { Description = "join, roles, recover, or bind (an account at the identity provider).", HelpName = "KIND", DefaultValueFactory = _ => "join" };
        kind.AcceptOnlyFromAmong("join", "roles", "recover", "bind");
        var name = new Option<string?>("--name") { Description = "The person's full name.", HelpName = "TEXT" };
        var roles = new Option<string?>("--roles") { Description = "Roles, with commas between them.", HelpName = "ROLE,ROLE" };
        var subject = new Option<string?>("--subject") { Description = "With bind: what the identity provider calls the person (sub).", HelpName = "SUB" };
        var days = new Option<int?>("--days") { Description = "Access ends after so many days.", HelpName = "N" };
        var reason = new Option<string>("--justification") { Description = "Why.", HelpName = "TEXT", Required = true };
        var command = new Command("request", "Ask for an operator; another operator approves. Prints your half of the link, where there will be one.") { id };
        foreach (var option in new Option[] { kind, name, roles, subject, days, reason }) command.Options.Add(option);
        var who = OperatorConnection.Options.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var connection = await who.Connect(parsed, cancel);
            var made = await connection.Api.Post<JsonElement>("/api/operators/requests", new
            {
                kind = parsed.GetRequiredValue(kind),
                @operator = parsed.GetRequiredValue(id),
                name = parsed.GetValue(name),
                subject = parsed.GetValue(subject),
                roles = parsed.GetValue(roles)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
                justification = parsed.GetRequiredValue(reason),
                expiresAt = parsed.GetValue(days) is { } count ? TimeProvider.System.GetUtcNow().AddDays(count) : (DateTimeOffset?)null,
            }, cancel);
            await Tell(made, "asked for");
            return 0;
        });
        return command;
    }

    private static Command Requests()
    {
        var command = new Command("requests", "List what was asked for operators, undecided first.");
        var who = OperatorConnection.Options.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var connection = await who.Connect(parsed, cancel);
            foreach (var one in await connection.Api.Get<JsonElement[]>("/api/operators/requests", cancel))
            {
                await Console.Out.WriteLineAsync(SignedSheet.Clean(
                    $"{one.GetProperty("id").GetString()}  {one.GetProperty("state").GetString(),-8}  {one.GetProperty("kind").GetString()} {one.GetProperty("operator").GetString()} "
                    + $"as {Joined(one, "roles")}{(one.GetProperty("subject").GetString() is { } subject ? $" for the account '{subject}'" : "")}  by {one.GetProperty("requestedBy").GetString()}: {one.GetProperty("justification").GetString()}"));
            }

            return 0;
        });
        return command;
    }

    private static Command Decide(string verb, string description)
    {
        var id = new Argument<string>("REQUEST");
        var reason = new Option<string?>("--reason") { Description = "Why; a refusal needs it.", HelpName = "TEXT" };
        var command = new Command(verb, description) { id };
        if (verb == "refuse") command.Options.Add(reason);
        var who = OperatorConnection.Options.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var connection = await who.Connect(parsed, cancel);
            var path = $"/api/operators/requests/{Uri.EscapeDataString(parsed.GetRequiredValue(id))}/{verb}";
            if (verb == "refuse") await connection.Api.Post(path, new { reason = parsed.GetValue(reason) ?? "" }, cancel);
            else await Tell(await connection.Api.Post<JsonElement>(path, null, cancel), "approved");
            return 0;
        });
        return command;
    }

    private static Command Remove()
    {
        var id = new Argument<string>("OPERATOR");
        var reason = new Option<string>("--reason") { Description = "Why.", HelpName = "TEXT", Required = true };
        var command = new Command("remove", "Remove an operator: sessions, tokens, credentials and open approvals end at once.") { id };
        command.Options.Add(reason);
        var who = OperatorConnection.Options.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var connection = await who.Connect(parsed, cancel);
            await connection.Api.Post(
                $"/api/operators/{Uri.EscapeDataString(parsed.GetRequiredValue(id))}/remove", new { reason = parsed.GetRequiredValue(reason) }, cancel);
            await Console.Out.WriteLineAsync("Removed.");
            return 0;
        });
        return command;
    }

    private static async Task Tell(JsonElement made, string done)
    {
        await Console.Out.WriteLineAsync($"{made.GetProperty("id").GetString()} is {done}.");
        if (made.TryGetProperty("half", out var half) && half.GetString() is { } secret)
        {
            await Console.Out.WriteLineAsync($"Your half of the link: {secret}");
            await Console.Out.WriteLineAsync("Give it to the person yourself. Whoever asked has the first half, whoever approved the second: CONSOLE/link#FIRST.SECOND");
        }
    }

    private static string Joined(JsonElement parent, string name) => string.Join(",", parent.GetProperty(name).EnumerateArray().Select(r => r.GetString()));
}
