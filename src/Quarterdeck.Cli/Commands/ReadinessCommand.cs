using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Quarterdeck.Cli.Api;
using Quarterdeck.Cli.Up;
using Spectre.Console;

namespace Quarterdeck.Cli.Commands;

/// <summary><c>readiness</c>: for each pausable contract, who could pause it now and how long it would take. Exit code 1 where one could not be.</summary>
internal sealed class ReadinessCommand : Command
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public ReadinessCommand() : base("readiness", "For each pausable contract: who can pause it now, is the call valid now, how many could approve, how long it takes. Exit code 1 where a runbook's contract cannot be paused.")
    {
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var (state, url) = (UpOptions.State(), ServerAccess.UrlOption());
        foreach (var option in new Option[] { json, state, url }) Options.Add(option);
        SetAction(async (parsed, cancel) =>
        {
            var folder = Path.GetFullPath(parsed.GetRequiredValue(state));
            using var api = await ServerAccess.Find(parsed.GetValue(url), folder, cancel)
                ?? throw new CommandException($"No server runs from {folder}. Start './quarterdeck up', or name one with --url.");
            var contracts = await api.Get<JsonArray>("/api/readiness/contracts", cancel);
            // A contract that no runbook pauses is told, and is no failure: nobody means to pause it in an emergency.
            var ready = contracts.OfType<JsonObject>().All(contract => (bool)contract["ready"]! || contract["runbook"] is null);
            if (parsed.GetValue(json)) Console.WriteLine(new JsonObject { ["ready"] = ready, ["contracts"] = contracts }.ToJsonString(Json));
            else Print(Terminal.For(Console.Out, Console.IsOutputRedirected), contracts);
            return ready ? 0 : 1;
        });
    }

    private static void Print(IAnsiConsole console, JsonArray contracts)
    {
        var table = new Table().AddColumns("contract", "ready", "who can pause it now", "approvals", "runbook", "expected");
        foreach (var contract in contracts.OfType<JsonObject>())
        {
            var accounts = contract["accounts"]!.AsArray().OfType<JsonObject>().ToList();
            var able = accounts.Where(account => (bool)account["valid"]! && (bool)account["canSign"]!).Select(account => (string)account["account"]!).ToList();
            var why = (string?)contract["problem"] ?? accounts.Select(account => $"{(string)account["account"]!}: {(string?)account["refusal"] ?? (string?)account["signerProblem"]}").FirstOrDefault();
            table.AddRow([
                Markup.Escape((string)contract["contract"]!), (bool)contract["ready"]! ? "[green]yes[/]" : contract["runbook"] is null ? "[yellow]no runbook[/]" : "[red]no[/]",
                (bool?)contract["paused"] == true ? "it is paused" : Markup.Escape(able.Count > 0 ? string.Join(", ", able) : $"nobody ({why ?? "the environment has no account"})"),
                string.Create(CultureInfo.InvariantCulture, $"{(int)contract["reachable"]!} reachable, {(int)contract["policy"]!["required"]!} needed"),
                Markup.Escape((string?)contract["runbook"] ?? "–"),
                (long?)contract["expectedContainedMs"] is { } expected ? string.Create(CultureInfo.InvariantCulture, $"{expected / 1000.0:0.0} s") : "not rehearsed"]);
        }

        console.Write(table);
    }
}
