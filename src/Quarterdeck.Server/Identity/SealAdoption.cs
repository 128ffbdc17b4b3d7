using Quarterdeck.Primitives.Audit;
using Quarterdeck.Store;

namespace Quarterdeck.Server.Identity;

/// <summary>
/// Seals operators and credentials that were there before seals were, once: when the key is made. With a key that was lost, nobody is
/// let in until somebody on the server's own machine says that the rows are true (<c>reseal</c>).
/// </summary>
internal sealed class SealAdoption(OperationsStore store, IdentitySeal seal, OperatorRows rows, CredentialSeals seals)
{
    /// <summary>At start. Returns why the server must not go on, or null.</summary>
    public async Task<string?> AtStart(CancellationToken cancel)
    {
        if (!seal.IsNew) return null;
        if (await store.QueryFirstOrDefault<bool>("SELECT EXISTS (SELECT FROM identity.operators WHERE seal IS NOT NULL)", null, cancel))
        {
            return "The key of identity seals (identity.key in QUARTERDECK_STATE) is new, and the database's operators bear the seals of another: "
                + "put the former key back, or, after looking over who the operators are, run: Quarterdeck.Server reseal";
        }

        await Reseal(Actor.System("identity"), "there were no seals before", cancel);
        return null;
    }

    /// <summary>Seals operators and credentials as they stand; all sessions, tokens, links and requests of before end by it.</summary>
    public async Task<(int Operators, int Credentials)> Reseal(Actor actor, string reason, CancellationToken cancel)
    {
        var people = await store.Query<SealedOperator>($"SELECT {OperatorRows.Columns} FROM identity.operators o ORDER BY o.id", null, cancel);
        if (people.Count == 0) return (0, 0);
        return await store.Act(actor, reason, async act =>
        {
            var credentials = 0;
            foreach (var person in people)
            {
                await act.Execute("UPDATE identity.operators SET seal = @stamp WHERE id = @id", new { stamp = rows.SealOf(person), id = person.Id });
                foreach (var one in await act.Query<StoredCredential>(
                    """
                    SELECT id, kind, address, credential_id, public_key, sign_count, seal FROM identity.credentials
                    WHERE operator_id = @id AND revoked_at IS NULL
                    """, new { id = person.Id }))
                {
                    await act.Execute("UPDATE identity.credentials SET seal = @stamp WHERE id = @id", new { stamp = seals.Of(person.Id, one), id = one.Id });
                    credentials++;
                }
            }

            act.Record("identity.reseal", "identity", new() { ["operators"] = people.Count, ["credentials"] = credentials });
            return (people.Count, credentials);
        }, cancel);
    }
}
