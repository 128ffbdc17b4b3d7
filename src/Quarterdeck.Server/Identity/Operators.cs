using Quarterdeck.Chains.Evm;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Respond;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Store;

namespace Quarterdeck.Server.Identity;

/// <summary>An operator in the list.</summary>
internal sealed record OperatorRow(
    string Id, string Name, string[] Roles, string[] CredentialKinds, DateTimeOffset? LastSeenAt, DateTimeOffset? RemovedAt,
    DateTimeOffset? ExpiresAt);

/// <summary>A credential that is not revoked.</summary>
internal sealed record CredentialRow(
    string Id, string Kind, string Label, string? Address, byte[]? CredentialId, DateTimeOffset CreatedAt, DateTimeOffset? LastUsedAt);

/// <summary>An operator that an environment file names.</summary>
internal sealed record SeededOperator(string Id, IReadOnlyList<string> Roles, Address Wallet);

/// <summary>Who the operators are.</summary>
internal sealed class Operators(OperationsStore store, OperatorRows rows, Wallets wallets)
{
    /// <summary>All of them, also removed ones, by name.</summary>
    public Task<IReadOnlyList<OperatorRow>> List(CancellationToken cancel) => store.Query<OperatorRow>(
        """
        SELECT o.id, o.name, o.roles, o.last_seen_at, o.removed_at, o.expires_at,
               COALESCE((SELECT array_agg(DISTINCT c.kind ORDER BY c.kind) FROM identity.credentials c
                         WHERE c.operator_id = o.id AND c.revoked_at IS NULL), '{}') AS credential_kinds
        FROM identity.operators o ORDER BY o.removed_at IS NOT NULL, o.name
        """, null, cancel);

    /// <summary>The operator's credentials, oldest first.</summary>
    public Task<IReadOnlyList<CredentialRow>> CredentialsOf(string operatorId, CancellationToken cancel) => store.Query<CredentialRow>(
        """
        SELECT id, kind, label, address, credential_id, created_at, last_used_at FROM identity.credentials
        WHERE operator_id = @operatorId AND revoked_at IS NULL ORDER BY created_at, id
        """, new { operatorId }, cancel);

    /// <summary>Revokes one of the operator's own credentials; the last one stays.</summary>
    public Task<Outcome<bool>> RevokeCredential(string operatorId, string credentialId, CancellationToken cancel) =>
        store.Act<Outcome<bool>>(Actor.Operator(operatorId), "removes a credential", async act =>
        {
            var own = await act.Query<string>(
                "SELECT id FROM identity.credentials WHERE operator_id = @operatorId AND revoked_at IS NULL FOR UPDATE", new { operatorId });
            Refusal? refusal = !own.Contains(credentialId) ? Refusals.Unknown("credential", credentialId)
                : own.Count == 1 ? Refusals.LastCredential
                : null;
            act.Record(refusal is null ? "credential.revoke" : "credential.revoke-refused", credentialId);
            if (refusal is not null) return refusal;
            await act.Execute("UPDATE identity.credentials SET revoked_at = @now WHERE id = @credentialId", new { now = act.Now, credentialId });
            act.Signal(IdentitySignals.Operators);
            return true;
        }, cancel);

    /// <summary>Removes an operator: sessions, credentials and links end at once; tokens, requests and open approvals as well; the record
    /// stays. One person may do it: it takes access away and gives none.</summary>
    public Task<Outcome<bool>> Remove(Actor actor, string operatorId, string reason, CancellationToken cancel) =>
        store.Act<Outcome<bool>>(actor, reason, async act =>
        {
            if (!await rows.Remove(act, operatorId, actor.ToString(), reason))
            {
                act.Record("operator.remove-refused", operatorId);
                return Refusals.Unknown("operator", operatorId);
            }

            await ShutOut(act, operatorId, "the operator was removed");
            await act.Execute(
                """
                UPDATE identity.requests SET state = 'refused', decided_by = @by, decided_at = @now, decided_reason = 'its operator was removed'
                WHERE state = 'pending' AND (requested_by = @operatorId OR operator_id = @operatorId)
                """, new { by = actor.Kind == "operator" ? actor.Name : operatorId, now = act.Now, operatorId });
            act.Record("operator.remove", operatorId);
            act.Signal(IdentitySignals.Operators);
            return true;
        }, cancel);

    /// <summary>Ends all ways in that an operator has, and what they approved and was not used yet.</summary>
    internal static async Task ShutOut(ActScope act, string operatorId, string reason)
    {
        foreach (var end in new[]
        {
            "UPDATE identity.credentials SET revoked_at = @now WHERE operator_id = @operatorId AND revoked_at IS NULL",
            "UPDATE identity.links SET used_at = @now WHERE operator_id = @operatorId AND used_at IS NULL",
            "UPDATE identity.tokens SET revoked_at = @now WHERE operator_id = @operatorId AND revoked_at IS NULL",
            "UPDATE identity.subjects SET revoked_at = @now WHERE operator_id = @operatorId AND revoked_at IS NULL",
        })
        {
            await act.Execute(end, new { now = act.Now, operatorId });
        }

        await Sessions.EndAll(act, operatorId);
        await WithdrawApprovals.Of(act, operatorId, reason);
    }

    /// <summary>
    /// Whether an administrator and another who may be the second person have ever enrolled. Until then the command line on the server's
    /// own machine makes operators. Who left counts on: else whoever removed all the others could let in whom they like.
    /// </summary>
    public async Task<bool> IsFounded(CancellationToken cancel) => await store.QueryFirstOrDefault<bool>(
        """
        WITH enrolled AS (SELECT o.id, o.roles FROM identity.operators o
                          WHERE EXISTS (SELECT FROM identity.credentials c WHERE c.operator_id = o.id))
        SELECT EXISTS (SELECT FROM enrolled a JOIN enrolled b ON a.id <> b.id WHERE 'admin' = ANY(a.roles) AND b.roles && @deciding)
        """, new { deciding = Permission.DecidingRoles.ToArray() }, cancel);

    /// <summary>Whether anybody has ever enrolled a credential.</summary>
    public async Task<bool> AnyEnrolled(CancellationToken cancel) =>
        await store.QueryFirstOrDefault<bool>("SELECT EXISTS (SELECT FROM identity.credentials)", null, cancel);

    /// <summary>Adds an operator.</summary>
    public Task Add(Actor actor, string id, IReadOnlyList<string> roles, string reason, CancellationToken cancel) =>
        store.Act(actor, reason, act => Put(act, id, roles), cancel);

    /// <summary>Brings the operators of a devnet's environment file into the database; those there already stay as they are.</summary>
    public async Task Seed(IReadOnlyList<SeededOperator> operators, CancellationToken cancel)
    {
        foreach (var person in operators)
        {
            var wallet = Wallets.Stored(person.Wallet);
            var stands = await store.QueryFirstOrDefault<bool>(
                """
                SELECT EXISTS (SELECT FROM identity.operators WHERE id = @id AND roles = @roles)
                   AND EXISTS (SELECT FROM identity.credentials WHERE address = @wallet AND revoked_at IS NULL)
                """, new { id = person.Id, roles = person.Roles.ToArray(), wallet }, cancel);
            if (stands) continue;
            await store.Act(Actor.System("identity"), "the devnet's environment file names the operator", async act =>
            {
                await Put(act, person.Id, person.Roles);
                var taken = await act.QueryFirstOrDefault<string>(
                    "SELECT id FROM identity.credentials WHERE address = @wallet AND revoked_at IS NULL", new { wallet });
                if (taken is null) await wallets.Add(act, person.Id, person.Wallet, "Devnet wallet");
            }, cancel);
        }
    }

    private async Task Put(ActScope act, string id, IReadOnlyList<string> roles)
    {
        await rows.Put(act, id, null, roles, null);
        act.Record("operator.add", id, new() { ["roles"] = string.Join(' ', roles) });
        act.Signal(IdentitySignals.Operators);
    }
}
