using System.CommandLine;
using System.Text.Json;
using Quarterdeck.Cli.Api;
using Quarterdeck.Cli.Approvals;

namespace Quarterdeck.Cli.Commands;

/// <summary><c>approve PLAN</c>: reads a plan on this machine and signs it with one's key file.</summary>
internal sealed class ApproveCommand : Command
{
    public ApproveCommand() : base("approve", "Show a plan as it is signed, and approve it with your key file.")
    {
        var plan = new Argument<string>("PLAN") { Description = "The plan's hash; 'quarterdeck plans' lists those that wait." };
        Arguments.Add(plan);
        var consent = Consent.AddTo(this);
        var who = OperatorConnection.Options.AddTo(this);
        SetAction(async (parsed, cancel) =>
        {
            using var connection = await who.Connect(parsed, cancel);
            var hash = parsed.GetRequiredValue(plan);
            var sheet = SignedSheet.Read(hash, await connection.Api.Get<JsonElement>($"/api/plans/{Uri.EscapeDataString(hash)}", cancel));
            var confirmed = await consent.Ask(parsed, sheet);
            var signature = connection.Sign(sheet.Digest);
            var done = await connection.Api.Post<JsonElement>($"/api/plans/{hash}/approvals", new { kind = "wallet", signature, confirmed }, cancel);
            await Console.Out.WriteLineAsync(Outcome(done));
            return 0;
        });
    }

    internal static string Outcome(JsonElement done) =>
        $"Signed. It is {done.GetProperty("state").GetString()}: {done.GetProperty("approvals").GetInt32()} of {done.GetProperty("required").GetInt32()}.";
}

/// <summary><c>break-glass PLAN --reason TEXT</c>: one person acts alone where the policy lets them, loudly.</summary>
internal sealed class BreakGlassCommand : Command
{
    public BreakGlassCommand() : base("break-glass", "Act alone on a plan in an emergency: it pages everybody, and two others review it.")
    {
        var plan = new Argument<string>("PLAN") { Description = "The plan's hash." };
        var reason = new Option<string>("--reason") { Description = "Why there is no time for a second person.", HelpName = "TEXT", Required = true };
        Arguments.Add(plan);
        Options.Add(reason);
        var consent = Consent.AddTo(this);
        var who = OperatorConnection.Options.AddTo(this);
        SetAction(async (parsed, cancel) =>
        {
            using var connection = await who.Connect(parsed, cancel);
            var hash = parsed.GetRequiredValue(plan);
            var sheet = SignedSheet.Read(hash, await connection.Api.Get<JsonElement>($"/api/plans/{Uri.EscapeDataString(hash)}", cancel));
            var confirmed = await consent.Ask(parsed, sheet);
            var done = await connection.Api.Post<JsonElement>(
                $"/api/plans/{hash}/break-glass",
                new { kind = "wallet", reason = parsed.GetRequiredValue(reason), signature = connection.Sign(sheet.Digest), confirmed }, cancel);
            await Console.Out.WriteLineAsync($"{ApproveCommand.Outcome(done)} Everybody is told; two others must review it.");
            return 0;
        });
    }
}

/// <summary><c>deny PLAN --reason TEXT</c>.</summary>
internal sealed class DenyCommand : Command
{
    public DenyCommand() : base("deny", "Say no to a plan.")
    {
        var plan = new Argument<string>("PLAN") { Description = "The plan's hash." };
        var reason = new Option<string>("--reason") { Description = "Why.", HelpName = "TEXT", Required = true };
        Arguments.Add(plan);
        Options.Add(reason);
        var who = OperatorConnection.Options.AddTo(this);
        SetAction(async (parsed, cancel) =>
        {
            using var connection = await who.Connect(parsed, cancel);
            await connection.Api.Post(
                $"/api/plans/{Uri.EscapeDataString(parsed.GetRequiredValue(plan))}/reject", new { reason = parsed.GetRequiredValue(reason) }, cancel);
            await Console.Out.WriteLineAsync("Denied.");
            return 0;
        });
    }
}
