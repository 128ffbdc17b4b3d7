using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Store;

namespace Quarterdeck.Server.Identity;

/// <summary>
/// Leaves a trace of what was tried and refused before any action began: by whom, what, and why. As many in a minute for each person as
/// tell the story, so that nobody fills the log by trying.
/// </summary>
internal sealed class AccessRefusals(OperationsStore store, TimeProvider clock)
{
    private const int RecordedPerMinute = 60;
    private const int Kept = 10_000;
    private readonly ConcurrentDictionary<string, Tally> _tallies = new(StringComparer.Ordinal);

    /// <summary>An operator, or a program, was refused a change.</summary>
    public Task Refused(Actor actor, string method, string path, string why, CancellationToken cancel) =>
        Counts(actor.ToString())
            ? store.Act(actor, "was refused", async act =>
            {
                act.Record("access.refused", Short(path), new() { ["method"] = method, ["why"] = why });
                await Task.CompletedTask;
            }, cancel)
            : Task.CompletedTask;

    /// <summary>A session or token that is over, or that this server never gave, was shown to change something; told whose it was, where that is known.</summary>
    /// <returns>Whether it was ever given: what was not is a guess.</returns>
    public async Task<bool> Ended(string token, bool changes, string method, string path, CancellationToken cancel)
    {
        var owner = await store.QueryFirstOrDefault<string>(
            """
            SELECT operator_id FROM identity.sessions WHERE token_hash = @hash
            UNION ALL SELECT operator_id FROM identity.tokens WHERE token_hash = @hash LIMIT 1
            """, new { hash = Token.Hash(token) }, cancel);
        if (owner is not null && changes)
            await Refused(Actor.Operator(owner), method, path, "the session or token is over, its operator may not act any more, or its seal does not hold", cancel);
        return owner is not null;
    }

    /// <summary>An address must wait after failed proofs. Only a hash of it is kept.</summary>
    public Task Locked(string address, CancellationToken cancel)
    {
        var mark = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(address)))[..16];
        return Counts(mark)
            ? store.Act(Actor.System("identity"), "too many failed proofs", async act =>
            {
                act.Record("signin.locked", mark);
                await Task.CompletedTask;
            }, cancel)
            : Task.CompletedTask;
    }

    private bool Counts(string who)
    {
        var minute = clock.GetUtcNow().ToUnixTimeSeconds() / 60;
        if (_tallies.Count > Kept) _tallies.Clear();
        return _tallies.AddOrUpdate(who, _ => new Tally(minute, 1), (_, was) => was.Minute == minute ? was with { Count = was.Count + 1 } : new Tally(minute, 1))
            .Count <= RecordedPerMinute;
    }

    private static string Short(string path) => new([.. path.Take(200).Select(c => char.IsControl(c) ? '?' : c)]);

    private sealed record Tally(long Minute, int Count);
}
