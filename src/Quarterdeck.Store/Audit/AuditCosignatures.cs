using System.Text.Json.Nodes;
using Quarterdeck.Primitives.Audit;

namespace Quarterdeck.Store.Audit;

/// <summary>What witnesses have cosigned.</summary>
public sealed class AuditCosignatures(OperationsStore store)
{
    private const string Subject = "checkpoint";

    /// <summary>The size that the witness cosigned last; 0 before the first.</summary>
    public Task<long> LastSize(NoteVerifierKey witness, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(witness);
        return store.QueryFirstOrDefault<long>(
            "SELECT coalesce(max(size), 0) FROM audit.cosignatures WHERE witness = @witness", new { witness = witness.ToString() }, cancel);
    }

    /// <summary>
    /// Whether anything but cosignatures came between the sizes: each cosignature is an entry, and would ask for the next for ever.
    /// </summary>
    public Task<bool> News(long from, long to, CancellationToken cancel) => store.QueryFirstOrDefault<bool>(
        """
        SELECT EXISTS (SELECT FROM audit.leaves l JOIN audit.inbox i ON i.id = l.inbox_id
                       WHERE l.index >= @from AND l.index < @to AND i.subject <> @subject)
        """, new { from, to, subject = Subject }, cancel);

    /// <summary>Keeps a witness's line over a checkpoint, and records that it did. Its signature must have been verified.</summary>
    public Task Keep(NoteVerifierKey witness, Uri from, Checkpoint checkpoint, string line, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(witness);
        ArgumentNullException.ThrowIfNull(checkpoint);
        return store.Act(Actor.System("witnesses"), "A witness cosigned a checkpoint.", async act =>
        {
            var kept = await act.Execute(
                "INSERT INTO audit.cosignatures (size, witness, line) VALUES (@size, @witness, @line) ON CONFLICT DO NOTHING",
                new { size = checkpoint.Size, witness = witness.ToString(), line });
            act.Record(kept == 1 ? "checkpoint.cosign" : "checkpoint.cosign-again", Subject, new JsonObject
            {
                ["witness"] = witness.Name,
                ["key"] = witness.ToString(),
                ["size"] = checkpoint.Size,
                ["root"] = checkpoint.Root.ToString()[2..],
                ["from"] = from.GetLeftPart(UriPartial.Authority),
            });
        }, cancel);
    }
}
