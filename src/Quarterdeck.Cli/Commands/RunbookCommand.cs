using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Quarterdeck.Packs;
using Quarterdeck.Packs.Runbooks;
using Spectre.Console;

namespace Quarterdeck.Cli.Commands;

/// <summary><c>quarterdeck runbook show FILE</c>: what was understood of a runbook.</summary>
internal sealed class RunbookCommand : Command
{
    internal static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public RunbookCommand() : base("runbook", "Read Markdown runbooks.") => Subcommands.Add(Show());

    private static Command Show()
    {
        var file = new Argument<FileInfo>("file") { Description = "The Markdown file." };
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var folder = new Option<DirectoryInfo?>("--pack") { Description = "Resolve inline code against the contracts of this pack." };
        var show = new Command("show", "Print each procedure with its typed steps, and how much was understood.") { file, json, folder };
        show.SetAction(async (parsed, cancel) =>
        {
            var path = parsed.GetRequiredValue(file);
            if (!path.Exists) throw new CommandException($"There is no file {path.FullName}. Name a Markdown file.", QuarterdeckCommand.BadInput);
            var document = RunbookParser.Parse(path.Name, await File.ReadAllBytesAsync(path.FullName, cancel), PackFor(path, parsed.GetValue(folder)));
            if (parsed.GetValue(json)) Console.WriteLine(Json(document).ToJsonString(Readable));
            else Print(document);
            return 0;
        });
        return show;
    }

    /// <summary>The pack named, or the one whose <c>runbooks</c> folder holds the file.</summary>
    private static ProtocolPack? PackFor(FileInfo file, DirectoryInfo? named)
    {
        var root = named ?? (File.Exists(Path.Combine(file.Directory?.Parent?.FullName ?? "/", "protocol.yaml")) ? file.Directory!.Parent : null);
        return root is null ? null : PackLoader.Load(root.FullName).Pack;
    }

    internal static JsonObject Json(RunbookDocument document) => new()
    {
        ["file"] = document.Source,
        ["hash"] = document.Hash.ToString(),
        ["procedures"] = new JsonArray([.. document.Runbooks.Select(r => (JsonNode)new JsonObject
        {
            ["slug"] = r.Slug,
            ["title"] = r.Title,
            ["line"] = r.Line,
            ["severity"] = r.Severity?.ToString().ToLowerInvariant(),
            ["alerts"] = new JsonArray([.. r.Alerts.Select(a => (JsonNode)JsonValue.Create(a))]),
            ["steps"] = new JsonArray([.. r.Steps.Select(Step)]),
            ["totals"] = Totals(r.Coverage),
        })]),
        ["totals"] = Totals(document.Coverage),
    };

    private static JsonNode Step(RunbookStep step)
    {
        var json = new JsonObject { ["line"] = step.Line, ["kind"] = step.Kind, ["text"] = step.Text };
        if (step.Class is { } actionClass) json["class"] = actionClass.ToString().ToLowerInvariant();
        if (step is ManualStep { Why.Length: > 0 } manual) json["why"] = manual.Why;
        return json;
    }

    private static JsonObject Totals(Coverage coverage) => new()
    {
        ["commandLines"] = coverage.CommandLines,
        ["typed"] = coverage.Typed,
        ["manual"] = coverage.Manual,
    };

    private static void Print(RunbookDocument document)
    {
        foreach (var runbook in document.Runbooks)
        {
            var about = string.Join(", ", new[] { runbook.Severity?.ToString().ToLowerInvariant(), string.Join(", ", runbook.Alerts) }.Where(s => !string.IsNullOrEmpty(s)));
            AnsiConsole.MarkupLineInterpolated($"[bold]{runbook.Title}[/]{(about.Length > 0 ? $"  ({about})" : "")}");
            foreach (var step in runbook.Steps)
                Console.WriteLine($"  {step.Line,5}  {step.Kind + (step.Class is { } c ? "/" + c.ToString().ToLowerInvariant() : ""),-18} {step.Text.ReplaceLineEndings(" ")}");
            Console.WriteLine();
        }

        var (total, typed, manual) = document.Coverage;
        Console.WriteLine($"{total} command lines: {typed} typed, {manual} left to a person.");
    }
}
