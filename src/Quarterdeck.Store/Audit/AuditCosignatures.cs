using Quarterdeck.Primitives.Audit;

namespace Quarterdeck.Store.Audit;

/// <summary>What witnesses have cosigned.</summary>
public sealed class AuditCosignatures(OperationsStore store)
{
    /// <summary>The size that the witness cosigned last; 0 before the first.</summary>
    public Task<long> LastSize(NoteVerifierKey witness, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(witness);
        return store.QueryFirstOrDefault<long>(
            "SELECT coalesce(max(size), 0) FROM audit.cosignatures WHERE witness = @witness", new { witness = witness.ToString() }, cancel);
    }

    /// <summary>Keeps a witness's line over the checkpoint of that size. Its signature must have been verified.</summary>
    public Task Keep(NoteVerifierKey witness, Uri from, long size, string line, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(witness);
        return store.Ingest(FactSource.Http(from, store.Clock.GetUtcNow()), write => write.Execute(
            "INSERT INTO audit.cosignatures (size, witness, line) VALUES (@size, @witness, @line) ON CONFLICT DO NOTHING",
            new { size, witness = witness.ToString(), line }), cancel);
    }
}
