using System.CommandLine;
using System.Text.Json;
using Quarterdeck.Cli.Api;
using Quarterdeck.Cli.Approvals;

namespace Quarterdeck.Cli.Commands;

/// <summary><c>standing grant|sign|list|show|revoke</c>: approvals given ahead of time.</summary>
internal sealed class StandingCommand : Command
{
    public StandingCommand() : base("standing", "Approve ahead what automation may do under one alert.")
    {
        Subcommands.Add(Grant());
        Subcommands.Add(Sign());
        Subcommands.Add(List());
        Subcommands.Add(Show());
        Subcommands.Add(Revoke());
    }

    private static Command Grant()
    {
        var pack = new Argument<string>("PACK");
        var runbook = new Argument<string>("RUNBOOK") { Description = "The runbook's slug." };
        var alert = new Option<string>("--alert") { Description = "The alert rule under which alone it may be used.", HelpName = "NAME", Required = true };
        var uses = new Option<int>("--uses") { Description = "How many runs; 1 to 100.", HelpName = "N", DefaultValueFactory = _ => 1 };
        var hours = new Option<int>("--hours") { Description = "For how long; 90 days at most.", HelpName = "H", DefaultValueFactory = _ => 168 };
        var reason = new Option<string>("--reason") { Description = "Why; signers read it.", HelpName = "TEXT", Required = true };
        var command = new Command("grant", "Ask for a standing approval; it is in force when the policy's quorum has signed.") { pack, runbook };
        foreach (var option in new Option[] { alert, uses, hours, reason }) command.Options.Add(option);
        var who = OperatorConnection.Options.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var connection = await who.Connect(parsed, cancel);
            var made = await connection.Api.Post<JsonElement>("/api/standing", new
            {
                pack = parsed.GetRequiredValue(pack),
                runbook = parsed.GetRequiredValue(runbook),
                alert = parsed.GetRequiredValue(alert),
                uses = parsed.GetValue(uses),
                hours = parsed.GetValue(hours),
                reason = parsed.GetRequiredValue(reason),
            }, cancel);
            var hash = made.GetProperty("hash").GetString()!;
            await Console.Out.WriteLineAsync(SignedSheet.Read(hash, made).Print());
            await Console.Out.WriteLineAsync($"It is in force once signed: quarterdeck standing sign {hash} --keystore FILE");
            return 0;
        });
        return command;
    }

    private static Command Sign()
    {
        var grant = new Argument<string>("HASH");
        var command = new Command("sign", "Show a standing approval as it is signed, and sign it with your key file.") { grant };
        var consent = Consent.AddTo(command);
        var who = OperatorConnection.Options.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var connection = await who.Connect(parsed, cancel);
            var hash = parsed.GetRequiredValue(grant);
            var sheet = SignedSheet.Read(hash, await connection.Api.Get<JsonElement>($"/api/standing/{Uri.EscapeDataString(hash)}", cancel));
            var confirmed = await consent.Ask(parsed, sheet);
            var done = await connection.Api.Post<JsonElement>(
                $"/api/standing/{hash}/approvals", new { kind = "wallet", signature = connection.Sign(sheet.Digest), confirmed }, cancel);
            await Console.Out.WriteLineAsync(ApproveCommand.Outcome(done));
            return 0;
        });
        return command;
    }

    private static Command List()
    {
        var command = new Command("list", "List standing approvals, those in force first.");
        var who = OperatorConnection.Options.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var connection = await who.Connect(parsed, cancel);
            foreach (var one in await connection.Api.Get<JsonElement[]>("/api/standing", cancel))
            {
                await Console.Out.WriteLineAsync(SignedSheet.Clean(
                    $"{one.GetProperty("hash").GetString()}  {one.GetProperty("state").GetString(),-9}  {one.GetProperty("used").GetInt32()} of {one.GetProperty("uses").GetInt32()} used  "
                    + $"{one.GetProperty("pack").GetString()}/{one.GetProperty("runbook").GetString()} under {one.GetProperty("alert").GetString()}  "
                    + $"until {one.GetProperty("expiresAt").GetString()}"));
            }

            return 0;
        });
        return command;
    }

    private static Command Show()
    {
        var grant = new Argument<string>("HASH");
        var command = new Command("show", "Print a standing approval as it is signed.") { grant };
        var who = OperatorConnection.Options.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var connection = await who.Connect(parsed, cancel);
            var hash = parsed.GetRequiredValue(grant);
            await Console.Out.WriteLineAsync(SignedSheet.Read(
                hash, await connection.Api.Get<JsonElement>($"/api/standing/{Uri.EscapeDataString(hash)}", cancel)).Print());
            return 0;
        });
        return command;
    }

    private static Command Revoke()
    {
        var grant = new Argument<string>("HASH");
        var reason = new Option<string>("--reason") { Description = "Why.", HelpName = "TEXT", Required = true };
        var command = new Command("revoke", "Take a standing approval back, at once and for good.") { grant };
        command.Options.Add(reason);
        var who = OperatorConnection.Options.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var connection = await who.Connect(parsed, cancel);
            await connection.Api.Post(
                $"/api/standing/{Uri.EscapeDataString(parsed.GetRequiredValue(grant))}/revoke", new { reason = parsed.GetRequiredValue(reason) }, cancel);
            await Console.Out.WriteLineAsync("Revoked.");
            return 0;
        });
        return command;
    }
}
