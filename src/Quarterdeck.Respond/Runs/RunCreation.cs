using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Primitives;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Runs.Planning;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Runs;

/// <summary>What a run comes from, where it is not proposed by itself.</summary>
/// <param name="Parent">The run and step that started it; null for none.</param>
/// <param name="Undoes">The run whose effects it takes back; null for none.</param>
internal sealed record RunOrigin((string Run, int Step, string Root)? Parent, string? Undoes);

/// <summary>Writes a run with its steps and its first plan, in the transaction of what asks for it.</summary>
internal static class RunCreation
{
    public static async Task Insert(
        ActScope act, RunDraft draft, Plan? plan, string source, string? incidentId, string reason, RunOrigin? origin = null)
    {
        var runbook = draft.Runbook;
        await act.Execute(
            """
            insert into runs.runs (id, pack, runbook, title, severity, environment, runbook_source, runbook_hash, incident_id,
                                   requester, reason, state, proposed_at, parent_id, parent_step, root_id, undoes_id)
            values (@id, @pack, @slug, @title, @severity, @environment, @source, @hash, @incidentId, @requester, @reason, @state, @now,
                    @parent, @parentStep, @root, @undoes)
            """,
            new
            {
                id = draft.Id,
                pack = draft.Pack.Pack.Name,
                slug = runbook.Slug,
                title = runbook.Title,
                severity = Text(runbook.Severity),
                environment = draft.Pack.Environment.Name,
                source,
                hash = runbook.Hash,
                incidentId,
                requester = draft.Requester,
                reason,
                state = plan is null ? "proposed" : "awaiting_approval",
                now = act.Now,
                parent = origin?.Parent?.Run,
                parentStep = origin?.Parent?.Step,
                root = origin?.Parent?.Root,
                undoes = origin?.Undoes,
            });
        foreach (var step in draft.Steps)
        {
            await act.Execute(
                """
                insert into runs.steps (run_id, index, stage, kind, text, line, definition, on_failure)
                values (@id, @index, @stage, @kind, @text, @line, @definition::jsonb, @onFailure)
                """,
                new
                {
                    id = draft.Id,
                    index = step.Index,
                    stage = step.Stage,
                    kind = step.Definition.Kind,
                    text = step.Text,
                    line = step.Line,
                    definition = step.Definition.ToJson(),
                    onFailure = step.OnFailure switch
                    {
                        FailureResponse.Continue => "continue",
                        FailureResponse.Abort => "abort",
                        _ => "stop",
                    },
                });
        }

        if (plan is not null) await SubmitPlan.Submit(act, plan);
        act.Signal(Signals.Runs);
    }

    /// <summary>A severity as stored.</summary>
    public static string Text(Severity? severity) => severity switch
    {
        Severity.Critical => "critical",
        Severity.Info => "info",
        _ => "warning",
    };
}
