using System.Text.Json;
using Quarterdeck.Packs;
using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Primitives;
using Quarterdeck.Respond.Runs.Steps;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Runs.Nesting;

/// <summary>A runbook that a run may come to, as it was when the run was proposed.</summary>
internal sealed record PinnedRunbook(string Slug, string Title, string Severity, string RunbookSource, Hash32 RunbookHash, string Steps)
{
    /// <summary>Its steps.</summary>
    public IReadOnlyList<ResolvedStep> Resolved() =>
    [
        .. JsonSerializer.Deserialize<List<Stored>>(Steps, JsonSerializerOptions.Web)!.Select(step => new ResolvedStep(
            step.Index, step.Stage, step.Text, step.Line, StepDefinition.Read(step.Definition), Enum.Parse<FailureResponse>(step.OnFailure))),
    ];

    /// <summary>Pins.</summary>
    public static PinnedRunbook Of(Runbook runbook, string source, IReadOnlyList<ResolvedStep> steps) => new(
        runbook.Slug, runbook.Title, RunCreation.Text(runbook.Severity), source, runbook.Hash,
        JsonSerializer.Serialize(steps.Select(step => new Stored(
            step.Index, step.Stage, step.Text, step.Line, step.Definition.ToJson(), step.OnFailure.ToString())), JsonSerializerOptions.Web));

    private sealed record Stored(int Index, int Stage, string Text, int Line, string Definition, string OnFailure);
}

/// <summary>Collects and keeps the runbooks that a run may come to by a link or a failing step.</summary>
internal static class PinnedRunbooks
{
    /// <summary>Every runbook within reach, each once; the problems that make one impossible to run.</summary>
    public static (IReadOnlyList<PinnedRunbook> Runbooks, IReadOnlyList<string> Problems) Collect(BoundPack pack, string slug, IReadOnlyList<ResolvedStep> steps)
    {
        var (found, problems) = (new Dictionary<string, PinnedRunbook>(StringComparer.Ordinal), new List<string>());
        Follow(slug, steps, [slug]);
        return ([.. found.Values], problems);

        void Follow(string from, IReadOnlyList<ResolvedStep> within, IReadOnlyList<string> path)
        {
            foreach (var step in within)
            {
                string?[] named = [step.Definition is StepDefinition.Runbook link ? link.Slug : null, step.Definition.Fallback];
                foreach (var next in named.OfType<string>())
                {
                    if (path.Contains(next)) problems.Add($"line {step.Line} of '{from}': the runbooks {string.Join(" → ", path)} → {next} run each other in a circle.");
                    else if (!found.ContainsKey(next)) Pin(next, $"line {step.Line} of '{from}'", path);
                }
            }
        }

        void Pin(string next, string where, IReadOnlyList<string> path)
        {
            if (pack.Pack.FindRunbook(next) is not { } runbook)
            {
                problems.Add($"{where}: the pack has no runbook '{next}'.");
                return;
            }

            var resolver = new RunbookSteps(pack);
            var steps = resolver.Resolve(runbook);
            problems.AddRange(resolver.Problems.Select(problem => $"{runbook.Source} {problem}"));
            found[next] = PinnedRunbook.Of(runbook, pack.Pack.RunbookDocuments.First(d => d.Source == runbook.Source).Text, steps);
            Follow(next, steps, [.. path, next]);
        }
    }

    public static async Task Insert(ActScope act, string run, IReadOnlyList<PinnedRunbook> runbooks)
    {
        foreach (var pinned in runbooks)
        {
            await act.Execute(
                """
                insert into runs.pinned (run_id, slug, title, severity, runbook_source, runbook_hash, steps)
                values (@run, @slug, @title, @severity, @source, @hash, @steps::jsonb)
                """,
                new
                {
                    run,
                    slug = pinned.Slug,
                    title = pinned.Title,
                    severity = pinned.Severity,
                    source = pinned.RunbookSource,
                    hash = pinned.RunbookHash,
                    steps = pinned.Steps,
                });
        }
    }
}
