using System.Text.Json.Nodes;
using Quarterdeck.Primitives.Audit;

namespace Quarterdeck.Store;

/// <summary>The transaction of <see cref="OperationsStore.Act{T}(Actor, string, Func{ActScope, Task{T}}, CancellationToken)"/>.</summary>
public sealed class ActScope : WriteScope
{
    private readonly List<RecordedEntry> _entries = [];
    private readonly TimeProvider _clock;

    internal ActScope(
        Session session, Actor actor, string reason, TimeProvider clock, CancellationToken cancel)
        : base(session, clock.GetUtcNow(), cancel) => (Actor, Reason, _clock) = (actor, reason, clock);

    /// <summary>Who acts.</summary>
    public Actor Actor { get; }

    /// <summary>Why, in the actor's words or the rule's.</summary>
    public string Reason { get; }

    internal IReadOnlyList<RecordedEntry> Entries => _entries;

    /// <summary>Adds an entry to the audit log, committed together with the change. At least one is needed.</summary>
    /// <param name="action">What, as <c>noun.verb</c>: <c>plan.approve</c>, <c>transaction.broadcast</c>.</param>
    /// <param name="subject">The id of what it was done to: <c>run_…</c>, a plan's hash.</param>
    /// <param name="detail">Anything worth proving later. Integers beyond 2^53 as strings; no secret, no personal data.</param>
    /// <exception cref="FormatException">The detail has no canonical form, or the entry exceeds 65,535 bytes.</exception>
    public void Record(string action, string subject, JsonObject? detail = null)
    {
        // Turned into bytes at once: what the caller changes in the detail later is not recorded.
        var entry = AuditEntry.New(_clock, Actor, action, subject, Reason, detail);
        _entries.Add(new RecordedEntry(action, subject, entry.ToCanonicalBytes()));
    }
}

/// <summary>An entry as the inbox holds it.</summary>
internal sealed record RecordedEntry(string Action, string Subject, byte[] Canonical);
