using System.CommandLine;
using System.Text.Json;
using Quarterdeck.Cli.Api;
using Quarterdeck.Cli.Approvals;

namespace Quarterdeck.Cli.Commands;

/// <summary><c>plans [PLAN]</c>: the plans that wait for approvals, or one of them as it is signed.</summary>
internal sealed class PlansCommand : Command
{
    public PlansCommand() : base("plans", "List the plans that wait for approvals, or show one.")
    {
        var plan = new Argument<string?>("PLAN") { Description = "A plan's hash; without it, all that wait.", Arity = ArgumentArity.ZeroOrOne };
        Arguments.Add(plan);
        var who = OperatorConnection.Options.AddTo(this);
        SetAction(async (parsed, cancel) =>
        {
            using var connection = await who.Connect(parsed, cancel);
            if (parsed.GetValue(plan) is { } hash)
            {
                var answer = await connection.Api.Get<JsonElement>($"/api/plans/{Uri.EscapeDataString(hash)}", cancel);
                await Console.Out.WriteLineAsync(SignedSheet.Read(hash, answer).Print());
                return 0;
            }

            foreach (var run in await connection.Api.Get<JsonElement[]>("/api/runs", cancel))
            {
                if (run.GetProperty("pendingPlan") is not { ValueKind: JsonValueKind.Object } waiting) continue;
                await Console.Out.WriteLineAsync(SignedSheet.Clean(
                    $"{waiting.GetProperty("hash").GetString()}  {waiting.GetProperty("approvals").GetInt32()} of {waiting.GetProperty("required").GetInt32()}  "
                    + $"{run.GetProperty("pack").GetString()}/{run.GetProperty("runbook").GetString()}  by {run.GetProperty("proposedBy").GetString()}  "
                    + $"until {waiting.GetProperty("expiresAt").GetString()}"));
            }

            return 0;
        });
    }
}
