using System.Globalization;
using System.Text.Json.Nodes;
using Quarterdeck.Primitives.Amounts;
using Quarterdeck.Respond.Runs.Engine;
using Quarterdeck.Respond.Runs.Reading;
using Quarterdeck.Respond.Runs.Steps;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Runs.Decisions;

/// <summary>
/// Makes decisions: measures what each branch asks about, chooses the first that holds, and records both. Where nothing can be told, or
/// no branch holds, a person chooses; where a person chose beforehand, that stands beside what was measured.
/// </summary>
internal sealed class DecisionExecution(OperationsStore store, SeriesCheck series)
{
    public async Task Execute(RunRecord record, StepRow step, StepWriter writer, CancellationToken cancel)
    {
        var branches = ((StepDefinition.Decide)step.What).Branches;
        var measured = branches.Select(branch => Measure(record, branch, cancel)).ToList();
        var inputs = new JsonArray([.. measured.Select(m => m.Said)]);
        var choice = await store.QueryFirstOrDefault<Choice>(
            "select branch, by, reason from runs.choices where run_id = @run and step_index = @index order by at desc limit 1",
            new { run = record.Run.Id, index = step.Index }, cancel);
        if (choice is not null)
        {
            await writer.Done(step, Output(branches, choice.Branch, inputs, choice.By, choice.Reason), null, cancel);
            return;
        }

        // A branch that cannot be told stands before those behind it: nobody knows that it does not hold.
        int[] order = [.. Enumerable.Range(0, branches.Count)];
        var first = Array.FindIndex(order, i => !branches[i].Otherwise && measured[i].Holds != false);
        var chosen = first < 0 ? Array.FindIndex(order, i => branches[i].Otherwise) : measured[first].Holds == true ? first : -1;
        if (chosen >= 0) await writer.Done(step, Output(branches, chosen, inputs, "system:runs", "measured"), null, cancel);
        else await writer.AskChoice(step, inputs, cancel);
    }

    /// <summary>What a decision comes to, as its step keeps it.</summary>
    public static JsonObject Output(IReadOnlyList<Branch> branches, int chosen, JsonArray inputs, string by, string reason) => new()
    {
        ["branch"] = chosen,
        ["value"] = chosen < branches.Count ? branches[chosen].Condition : "none of them",
        ["action"] = chosen < branches.Count ? branches[chosen].Action : "",
        ["by"] = by,
        ["reason"] = reason,
        ["measured"] = inputs,
    };

    private Measured Measure(RunRecord record, Branch branch, CancellationToken cancel)
    {
        var said = new JsonObject { ["condition"] = branch.Condition };
        if (branch.Otherwise) return new Measured(null, said);
        try
        {
            if (branch.Subject is { } subject) return Compare(record, branch, RunText.Fill(subject, record.Variables()), said, cancel);
            if (branch.Expression is { } expression)
            {
                var (holds, seen) = series.Look(record.Run.Pack, RunText.Fill(expression, record.Variables()), cancel);
                said["seen"] = seen;
                said["holds"] = holds;
                return new Measured(seen.ContainsKey("error") ? null : holds, said);
            }
        }
        catch (StepFailedException problem)
        {
            said["error"] = problem.Message;
        }

        said["holds"] = null;
        return new Measured(null, said);
    }

    private Measured Compare(RunRecord record, Branch branch, string subject, JsonObject said, CancellationToken cancel)
    {
        said["subject"] = branch.Subject;
        var value = Number(subject) ?? (branch.Subject!.StartsWith("${", StringComparison.Ordinal) ? null : series.Measure(record.Run.Pack, subject, cancel));
        said["value"] = value?.ToString(18);
        said["limits"] = string.Join(" and ", branch.Bounds.Select(bound => $"{bound.Operator} {bound.Value}"));
        if (value is not { } number)
        {
            said["holds"] = null;
            return new Measured(null, said);
        }

        var holds = branch.Bounds.All(bound => Holds(number, bound.Operator, Rational.Parse(bound.Value)));
        said["holds"] = holds;
        return new Measured(holds, said);
    }

    // As cast prints numbers too: 950000 [9.5e5].
    private static Rational? Number(string text)
    {
        text = text.Trim().Split(' ')[0];
        if (text is "true" or "false") return text == "true" ? Rational.One : Rational.Zero;
        return text.Length > 0 && decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _) || System.Numerics.BigInteger.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)
            ? Parsed(text)
            : null;
    }

    private static Rational? Parsed(string text)
    {
        try
        {
            return Rational.Parse(text);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static bool Holds(Rational value, string comparison, Rational limit) => comparison switch
    {
        "<" => value < limit,
        "<=" => value <= limit,
        ">" => value > limit,
        ">=" => value >= limit,
        "==" => value == limit,
        _ => value != limit,
    };

    private sealed record Measured(bool? Holds, JsonObject Said);

    private sealed record Choice(int Branch, string By, string Reason);
}
