using System.Globalization;
using System.Text;
using System.Text.Json;
using Quarterdeck.Cli.Approvals;

namespace Quarterdeck.Cli.Runs;

/// <summary>A run as a terminal shows it: where it stands, each step, and the command for whatever it waits for.</summary>
internal static class RunSheet
{
    private static readonly string[] Endings = ["succeeded", "failed", "aborted"];

    /// <summary>Whether nothing more comes.</summary>
    public static bool Ended(JsonElement run) => Endings.Contains(Text(run, "state"), StringComparer.Ordinal);

    /// <summary>One line of a list.</summary>
    public static string Line(JsonElement run) => SignedSheet.Clean(
        $"{Text(run, "id")}  {Text(run, "state"),-17}  {Number(run, "stepsDone")}/{Number(run, "stepsTotal"),-3}  {Text(run, "pack")}/{Text(run, "runbook")}  by {Text(run, "proposedBy")}  {Text(run, "createdAt")}");

    /// <summary>The whole run.</summary>
    public static string Print(JsonElement run)
    {
        var sheet = new StringBuilder();
        Add(sheet, $"{Text(run, "id")}  {Text(run, "title")} ({Text(run, "pack")}/{Text(run, "runbook")})");
        sheet.AppendLine(State(run));
        Add(sheet, $"proposed by {Text(run, "proposedBy")} at {Text(run, "createdAt")}: {Text(run, "reason")}");
        foreach (var step in run.GetProperty("steps").EnumerateArray()) Add(sheet, Step(step));
        foreach (var next in Next(run)) Add(sheet, next);
        return sheet.ToString().TrimEnd();
    }

    /// <summary>The state, with why where there is a reason.</summary>
    public static string State(JsonElement run) => SignedSheet.Clean($"{Text(run, "state")}{(Text(run, "error") is { Length: > 0 } why ? ": " + why : "")}");

    /// <summary>One step.</summary>
    public static string Step(JsonElement step)
    {
        var line = $"  {Number(step, "index"),3}  {Text(step, "state"),-8}  {Text(step, "kind"),-9}  {OneLine(Text(step, "text"))}";
        if (Text(step, "error") is { Length: > 0 } error) line += $"  ! {OneLine(error)}";
        else if (Text(step, "output") is { Length: > 0 } output) line += $"  → {OneLine(output)}";
        if (step.TryGetProperty("transaction", out var transaction) && transaction.ValueKind == JsonValueKind.Object)
            line += $"  [{Text(transaction, "state")} {Text(transaction, "hash")}]";
        return SignedSheet.Clean(line);
    }

    /// <summary>What the run waits for, as commands.</summary>
    public static IEnumerable<string> Next(JsonElement run)
    {
        var id = Text(run, "id");
        if (run.TryGetProperty("pendingPlan", out var plan) && plan.ValueKind == JsonValueKind.Object)
            yield return $"It waits for approvals, {Number(plan, "approvals")} of {Number(plan, "required")}: quarterdeck approve {Text(plan, "hash")}";
        foreach (var step in run.GetProperty("steps").EnumerateArray())
        {
            var index = Number(step, "index");
            if (step.TryGetProperty("asked", out var asked) && asked.ValueKind == JsonValueKind.True && Text(step, "state") == "unknown")
                yield return $"Nobody knows whether step {index} came about: quarterdeck run resolve {id} {index} --happened yes|no --text SEEN";
            else if (Text(step, "state") == "waiting" && Text(step, "kind") == "manual")
                yield return $"Step {index} is yours: quarterdeck run confirm {id} {index} --text SEEN";
            else if (Text(step, "state") == "waiting" && Branches(step) is { Count: > 0 } branches)
                yield return $"Step {index} is to be decided: quarterdeck run branch {id} {index} N --reason WHY   ({string.Join("; ", branches.Select((branch, i) => $"{i} = {OneLine(branch)}"))}; {branches.Count} = none of them)";
        }

        if (Text(run, "state") == "paused") yield return $"It is paused: quarterdeck run resume {id} --reason WHY, or quarterdeck run abort {id} --reason WHY";
    }

    private static List<string> Branches(JsonElement step) =>
        step.TryGetProperty("branches", out var branches) && branches.ValueKind == JsonValueKind.Array
            ? [.. branches.EnumerateArray().Select(branch => branch.GetString() ?? "")]
            : [];

    private static void Add(StringBuilder sheet, string line) => sheet.AppendLine(SignedSheet.Clean(line));

    private static string Text(JsonElement of, string name) =>
        of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static string Number(JsonElement of, string name) =>
        of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetInt64().ToString(CultureInfo.InvariantCulture) : "?";

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").Trim() is { Length: > 160 } longer ? longer[..160] + "…" : text.ReplaceLineEndings(" ").Trim();
}
