using Quarterdeck.Store;

namespace Quarterdeck.Server.Identity;

/// <summary>The sealed facts of an operator, as any query may join them: prefix o.</summary>
internal sealed record SealedOperator(
    string Id, string Name, string[] Roles, DateTimeOffset? ExpiresAt, DateTimeOffset? RemovedAt, long Version, byte[]? Seal);

/// <summary>Writes and reads operators, each with its seal.</summary>
internal sealed class OperatorRows(IdentitySeal seal)
{
    public const string Columns = "o.id, o.name, o.roles, o.expires_at, o.removed_at, o.version, o.seal";

    /// <summary>Adds the operator, or gives one that is there (also a removed one) these roles and this time.</summary>
    /// <param name="name">Null keeps the name; a new one is called by its id.</param>
    public async Task Put(ActScope act, string id, string? name, IReadOnlyList<string> roles, DateTimeOffset? until)
    {
        var known = await Lock(act, id);
        var row = new SealedOperator(id, name ?? known?.Name ?? id, [.. roles], until, null, (known?.Version ?? 0) + 1, null);
        await act.Execute(
            """
            INSERT INTO identity.operators (id, name, roles, created_at, expires_at, version, seal)
            VALUES (@id, @name, @roles, @now, @until, @version, @seal)
            ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name, roles = EXCLUDED.roles, expires_at = EXCLUDED.expires_at, version = EXCLUDED.version,
                                           seal = EXCLUDED.seal, removed_at = NULL, removed_by = NULL, removed_reason = NULL
            """,
            new { id, name = row.Name, roles = row.Roles, now = act.Now, until, version = row.Version, seal = SealOf(row) });
    }

    /// <summary>Marks the operator as removed; false where there is none that is not.</summary>
    public async Task<bool> Remove(ActScope act, string id, string by, string reason)
    {
        if (await Lock(act, id) is not { RemovedAt: null } known) return false;
        var row = known with { RemovedAt = act.Now, Version = known.Version + 1 };
        return await act.Execute(
            """
            UPDATE identity.operators SET removed_at = @now, removed_by = @by, removed_reason = @reason, version = @version, seal = @seal
            WHERE id = @id
            """, new { now = act.Now, by, reason, version = row.Version, seal = SealOf(row), id }) == 1;
    }

    /// <summary>Whether the row is as this server wrote it.</summary>
    public bool Holds(SealedOperator row) => seal.Holds(row.Seal, "operators", Facts(row));

    /// <summary>The seal of a row.</summary>
    public byte[] SealOf(SealedOperator row) => seal.Of("operators", Facts(row));

    private static object?[] Facts(SealedOperator row) => [row.Id, row.Name, row.Roles, row.ExpiresAt, row.RemovedAt is not null, row.Version];

    private static Task<SealedOperator?> Lock(ActScope act, string id) => act.QueryFirstOrDefault<SealedOperator>(
        $"SELECT {Columns} FROM identity.operators o WHERE o.id = @id FOR UPDATE", new { id });
}
