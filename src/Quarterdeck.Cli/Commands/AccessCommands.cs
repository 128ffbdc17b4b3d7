using System.CommandLine;
using System.Text.Json;
using Quarterdeck.Cli.Api;
using Quarterdeck.Cli.Approvals;
using Quarterdeck.Cli.Operators;

namespace Quarterdeck.Cli.Commands;

/// <summary><c>tokens list|create|revoke</c>: one's own API tokens.</summary>
internal sealed class TokensCommand : Command
{
    public TokensCommand() : base("tokens", "Your API tokens: scoped, expiring, shown once.")
    {
        var label = new Argument<string>("LABEL") { Description = "What it is for." };
        var scopes = new Option<string>("--scopes") { Description = "Such as read,audit.read.", HelpName = "SCOPE,SCOPE", Required = true };
        var days = new Option<int?>("--days") { Description = "How long it lasts; 90 at most.", HelpName = "N" };
        var create = new Command("create", "Make a token; its secret is printed now and never again.") { label };
        create.Options.Add(scopes);
        create.Options.Add(days);
        var creating = OperatorConnection.Options.AddTo(create);
        create.SetAction(async (parsed, cancel) =>
        {
            using var connection = await creating.Connect(parsed, cancel);
            var made = await connection.Api.Post<JsonElement>("/api/tokens", new
            {
                label = parsed.GetRequiredValue(label),
                scopes = parsed.GetRequiredValue(scopes).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
                days = parsed.GetValue(days),
            }, cancel);
            await Console.Out.WriteLineAsync(made.GetProperty("token").GetString());
            await Console.Error.WriteLineAsync($"{made.GetProperty("id").GetString()} lasts until {made.GetProperty("expiresAt").GetString()}.");
            return 0;
        });
        Subcommands.Add(create);
        Subcommands.Add(OwnThings.List("/api/tokens", "List your tokens.", one =>
            $"{one.GetProperty("id").GetString()}  {one.GetProperty("label").GetString()}  {string.Join(",", one.GetProperty("scopes").EnumerateArray().Select(s => s.GetString()))}  "
            + $"until {one.GetProperty("expiresAt").GetString()}"));
        Subcommands.Add(OwnThings.Revoke("/api/tokens", "TOKEN", "End one of your tokens."));
    }
}

/// <summary><c>sessions list|revoke</c>: where one is signed in.</summary>
internal sealed class SessionsCommand : Command
{
    public SessionsCommand() : base("sessions", "Where you are signed in.")
    {
        Subcommands.Add(OwnThings.List("/api/sessions", "List your sessions.", one =>
            $"{one.GetProperty("id").GetString()}  {(one.GetProperty("current").GetBoolean() ? "this one" : "        ")}  {one.GetProperty("method").GetString()}  "
            + $"{one.GetProperty("agent").GetString()}  last seen {one.GetProperty("lastSeenAt").GetString()}  until {one.GetProperty("expiresAt").GetString()}"));
        Subcommands.Add(OwnThings.Revoke("/api/sessions", "SESSION", "End one of your sessions."));
    }
}

/// <summary><c>access-review [--format md|json|csv]</c> and <c>access-review sign</c>: who has access, for the quarterly review.</summary>
internal sealed class AccessReviewCommand : Command
{
    public AccessReviewCommand() : base("access-review", "Who has access, as a report; 'sign' records that it was looked over.")
    {
        var format = new Option<string>("--format") { Description = "md, json or csv.", HelpName = "FORMAT", DefaultValueFactory = _ => "md" };
        format.AcceptOnlyFromAmong("md", "json", "csv");
        var output = new Option<string?>("--out") { Description = "A file to write; otherwise it is printed.", HelpName = "FILE" };
        Options.Add(format);
        Options.Add(output);
        var who = OperatorConnection.Options.AddTo(this);
        SetAction(async (parsed, cancel) =>
        {
            using var connection = await who.Connect(parsed, cancel);
            var report = await connection.Api.Get<JsonElement>("/api/operators/review", cancel);
            var text = AccessReport.Write(report, parsed.GetRequiredValue(format));
            if (parsed.GetValue(output) is { } file) await File.WriteAllTextAsync(file, text, cancel);
            else await Console.Out.WriteAsync(text);
            return 0;
        });
        var note = new Option<string>("--note") { Description = "What was found.", HelpName = "TEXT", Required = true };
        var sign = new Command("sign", "Record that you looked it over.");
        sign.Options.Add(note);
        var signing = OperatorConnection.Options.AddTo(sign);
        sign.SetAction(async (parsed, cancel) =>
        {
            using var connection = await signing.Connect(parsed, cancel);
            var made = await connection.Api.Post<JsonElement>("/api/operators/review", new { text = parsed.GetRequiredValue(note) }, cancel);
            await Console.Out.WriteLineAsync($"Recorded as {made.GetProperty("id").GetString()}.");
            return 0;
        });
        Subcommands.Add(sign);
    }
}

/// <summary>Lists and ends what belongs to oneself.</summary>
internal static class OwnThings
{
    public static Command List(string path, string description, Func<JsonElement, string> line)
    {
        var command = new Command("list", description);
        var who = OperatorConnection.Options.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var connection = await who.Connect(parsed, cancel);
            foreach (var one in await connection.Api.Get<JsonElement[]>(path, cancel)) await Console.Out.WriteLineAsync(SignedSheet.Clean(line(one)));
            return 0;
        });
        return command;
    }

    public static Command Revoke(string path, string what, string description)
    {
        var id = new Argument<string>(what);
        var command = new Command("revoke", description) { id };
        var who = OperatorConnection.Options.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var connection = await who.Connect(parsed, cancel);
            await connection.Api.Delete($"{path}/{Uri.EscapeDataString(parsed.GetRequiredValue(id))}", cancel);
            await Console.Out.WriteLineAsync("Ended.");
            return 0;
        });
        return command;
    }
}
