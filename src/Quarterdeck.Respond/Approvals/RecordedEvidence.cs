using System.Security.Cryptography;
using System.Text;
using Quarterdeck.Primitives;
using Quarterdeck.Store;
using Quarterdeck.Store.Audit;

namespace Quarterdeck.Respond.Approvals;

/// <summary>What the audit log names by its hash and this half keeps: plans as they were signed, runbooks as they were run.</summary>
public sealed class RecordedEvidence(OperationsStore store)
{
    /// <summary>The evidence behind those of the digests that are a plan's or a runbook's.</summary>
    public async Task<IReadOnlyList<AuditEvidence>> Find(IReadOnlyCollection<Hash32> named, CancellationToken cancel)
    {
        var digests = named.Select(h => h.ToArray()).ToArray();
        var plans = await store.Query<(Hash32 Hash, byte[] Canonical)>(
            "select hash, canonical from approvals.plans where hash = any(@digests) order by hash", new { digests }, cancel);
        var runbooks = await store.Query<(Hash32 Hash, string Source)>(
            "select distinct runbook_hash, runbook_source from runs.runs where runbook_hash = any(@digests) order by 1", new { digests }, cancel);
        return
        [
            .. plans.Select(p => new AuditEvidence(p.Hash, ".json", p.Canonical)),
            // A file that began with a byte order mark is not what its text gives again.
            .. runbooks.Select(r => new AuditEvidence(r.Hash, ".md", Encoding.UTF8.GetBytes(r.Source)))
                .Where(e => new Hash32(SHA256.HashData(e.Bytes)) == e.Digest),
        ];
    }
}
