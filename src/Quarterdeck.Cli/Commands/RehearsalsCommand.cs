using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Quarterdeck.Cli.Api;
using Quarterdeck.Cli.Drills;
using Quarterdeck.Cli.Up;
using Spectre.Console;

namespace Quarterdeck.Cli.Commands;

/// <summary><c>rehearsals</c>: what was rehearsed, with times, and which runbook is overdue.</summary>
internal sealed class RehearsalsCommand : Command
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public RehearsalsCommand() : base("rehearsals", "Show what was rehearsed, with its times, and which runbook is overdue.")
    {
        var runbook = new Argument<string?>("RUNBOOK") { Description = "Only of this runbook.", Arity = ArgumentArity.ZeroOrOne };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var (state, url) = (UpOptions.State(), ServerAccess.UrlOption());
        Arguments.Add(runbook);
        foreach (var option in new Option[] { json, state, url }) Options.Add(option);
        SetAction(async (parsed, cancel) =>
        {
            var folder = Path.GetFullPath(parsed.GetRequiredValue(state));
            using var api = await ServerAccess.Find(parsed.GetValue(url), folder, cancel);
            var (rehearsals, standing) = api is null
                ? (await Left(folder, parsed.GetValue(runbook), cancel), new JsonArray())
                : (await api.Get<JsonArray>($"/api/rehearsals{(parsed.GetValue(runbook) is { } slug ? $"?runbook={Uri.EscapeDataString(slug)}" : "")}", cancel),
                    await api.Get<JsonArray>("/api/rehearsals/standing", cancel));
            if (parsed.GetValue(json)) Console.WriteLine(new JsonObject { ["standing"] = standing, ["rehearsals"] = rehearsals }.ToJsonString(Json));
            else Print(Terminal.For(Console.Out, Console.IsOutputRedirected), rehearsals, standing, api is null ? folder : null);
            return 0;
        });
    }

    /// <summary>Where no server runs: what drills left in the state folder.</summary>
    internal static async Task<JsonArray> Left(string state, string? runbook, CancellationToken cancel)
    {
        var folder = Path.Combine(state, "rehearsals");
        var found = new List<(DrillRehearsal Read, JsonNode Shown)>();
        foreach (var file in Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "reh_*.json*") : [])
        {
            var text = await File.ReadAllTextAsync(file, cancel);
            if (JsonSerializer.Deserialize<DrillRehearsal>(text, Json) is not { } one || (runbook is not null && one.Runbook != runbook)) continue;
            var shown = JsonNode.Parse(text)!;
            shown["passed"] = one.Failure is null;
            found.Add((one, shown));
        }

        return new JsonArray([.. found.OrderByDescending(entry => entry.Read.EndedAt).Select(entry => entry.Shown)]);
    }

    private static void Print(IAnsiConsole console, JsonArray rehearsals, JsonArray standing, string? folder)
    {
        if (folder is not null) console.MarkupLineInterpolated($"[grey]No server runs from {folder}: these are the rehearsals that drills left there.[/]");
        foreach (var one in standing.OfType<JsonObject>().Where(one => (bool)one["overdue"]!))
            console.MarkupLineInterpolated($"[red]overdue[/] {(string)one["runbook"]!}: no passing rehearsal for {Days((double?)one["ageSeconds"])}, and one counts for {Days((double?)one["limitSeconds"])}");
        var table = new Table().AddColumns("ended", "runbook", "fault", "ground", "passed", "detected", "decided", "contained", "restored");
        foreach (var one in rehearsals.OfType<JsonObject>())
        {
            var times = one["milliseconds"]!;
            table.AddRow([
                DateTimeOffset.Parse((string)one["endedAt"]!, CultureInfo.InvariantCulture).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
                Text(one["runbook"]), Text(one["fault"]), Text(one["ground"]), (bool)one["passed"]! ? "[green]yes[/]" : "[red]no[/]",
                Seconds(times["detected"]), Seconds(times["decided"]), Seconds(times["contained"]), Seconds(times["restored"])]);
        }

        if (rehearsals.Count == 0) console.WriteLine("Nothing was rehearsed yet: ./quarterdeck drill RUNBOOK.");
        else console.Write(table);
    }

    private static string Text(JsonNode? node) => Markup.Escape((string?)node ?? "–");

    private static string Seconds(JsonNode? node) =>
        (long?)node is { } value ? string.Create(CultureInfo.InvariantCulture, $"{value / 1000.0:0.0} s") : "–";

    private static string Days(double? seconds) => string.Create(CultureInfo.InvariantCulture, $"{(seconds ?? 0) / 86_400:0.#} days");
}
