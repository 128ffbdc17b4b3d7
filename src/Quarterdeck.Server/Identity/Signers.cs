using Quarterdeck.Respond.Rehearsals;
using Quarterdeck.Store;

namespace Quarterdeck.Server.Identity;

/// <summary>Who could approve now; <see cref="SignersOfRoles"/>.</summary>
internal sealed class Signers(OperationsStore store)
{
    /// <summary>People in office with one of the roles, by name.</summary>
    public Task<IReadOnlyList<PauseSigner>> Of(IReadOnlyList<string> roles, CancellationToken cancel) => store.Query<PauseSigner>(
        """
        SELECT o.name,
               EXISTS (SELECT 1 FROM identity.credentials c WHERE c.operator_id = o.id AND c.revoked_at IS NULL) AS has_credential,
               EXISTS (SELECT 1 FROM identity.sessions s WHERE s.operator_id = o.id AND s.revoked_at IS NULL AND s.expires_at > @now) AS signed_in,
               o.last_seen_at
        FROM identity.operators o
        WHERE o.roles && @roles AND o.removed_at IS NULL AND (o.expires_at IS NULL OR o.expires_at > @now)
        ORDER BY o.name
        """, new { roles = roles.ToArray(), now = store.Clock.GetUtcNow() }, cancel);
}
