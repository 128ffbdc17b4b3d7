using System.Text.Json.Nodes;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Store;

namespace Quarterdeck.Observe.Notifying.Silences;

/// <summary>Makes, changes, ends and lists silences.</summary>
public sealed class SilenceBook(OperationsStore store)
{
    private static readonly TimeSpan Shown = TimeSpan.FromDays(5);
    private const string Columns = "id, matchers, starts_at, ends_at, created_by, comment, updated_at";

    /// <summary>All silences that are not over, and those that ended in the last five days; latest change first.</summary>
    public async Task<IReadOnlyList<Silence>> List(CancellationToken cancel) => Read(await store.Query<Row>(
        $"SELECT {Columns} FROM notifying.silences WHERE ends_at > @since ORDER BY updated_at DESC, id",
        new { since = store.Clock.GetUtcNow() - Shown }, cancel));

    /// <summary>One silence; null where there is none.</summary>
    public async Task<Silence?> Find(Guid id, CancellationToken cancel) => Read(await store.Query<Row>(
        $"SELECT {Columns} FROM notifying.silences WHERE id = @id", new { id }, cancel)).FirstOrDefault();

    /// <summary>Makes or changes one. Its id, or why it is refused; an id that does not exist is refused with null.</summary>
    public async Task<(Guid? Id, string? Refusal)> Set(Actor actor, SilenceRequest request, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(request);
        var now = store.Clock.GetUtcNow();
        if (SilenceRules.Refusal(request, now) is { } refusal) return (null, refusal);
        Silence? existing = null;
        if (request.Id is { } id)
        {
            existing = await Find(id, cancel);
            if (existing is null) return (null, null);
        }

        return await store.Act(actor, request.Comment, async act =>
        {
            if (existing is not null && SilenceRules.CanChangeInPlace(existing, request, act.Now))
            {
                await act.Execute(
                    """
                    UPDATE notifying.silences SET starts_at = @starts, ends_at = @ends, created_by = @by, comment = @comment, updated_at = @now
                    WHERE id = @id
                    """,
                    new { id = existing.Id, starts = request.StartsAt, ends = request.EndsAt, by = request.CreatedBy, comment = request.Comment, now = act.Now });
                act.Record("silence.change", existing.Id.ToString(), Detail(request));
                return ((Guid?)existing.Id, (string?)null);
            }

            if (existing is not null && existing.StateAt(act.Now) != SilenceState.Expired) await End(act, existing);
            var fresh = new Silence(Guid.NewGuid(), request.Matchers, request.StartsAt < act.Now ? act.Now : request.StartsAt, request.EndsAt,
                request.CreatedBy, request.Comment, act.Now);
            await act.Execute(
                """
                INSERT INTO notifying.silences (id, matchers, starts_at, ends_at, created_by, comment, updated_at)
                VALUES (@id, @matchers, @starts, @ends, @by, @comment, @now)
                """,
                new
                {
                    id = fresh.Id,
                    matchers = (JsonNode)fresh.MatchersJson(),
                    starts = fresh.StartsAt,
                    ends = fresh.EndsAt,
                    by = fresh.CreatedBy,
                    comment = fresh.Comment,
                    now = act.Now,
                });
            act.Record("silence.make", fresh.Id.ToString(), Detail(request));
            act.Signal(Signals.Notifications);
            return (fresh.Id, null);
        }, cancel);
    }

    /// <summary>Ends one now; false where there is none that is not over.</summary>
    public async Task<bool> Expire(Actor actor, Guid id, CancellationToken cancel)
    {
        if (await Find(id, cancel) is not { } silence || silence.StateAt(store.Clock.GetUtcNow()) == SilenceState.Expired) return false;
        await store.Act(actor, "ends a silence", act => End(act, silence), cancel);
        return true;
    }

    private static async Task End(ActScope act, Silence silence)
    {
        // One that has not begun ends as it begins: it never muted anything.
        await act.Execute(
            "UPDATE notifying.silences SET starts_at = least(starts_at, @now), ends_at = @now, updated_at = @now WHERE id = @id",
            new { id = silence.Id, now = act.Now });
        act.Record("silence.end", silence.Id.ToString());
        act.Signal(Signals.Notifications);
    }

    private static JsonObject Detail(SilenceRequest request) => new()
    {
        ["matchers"] = string.Join(", ", request.Matchers),
        ["startsAt"] = request.StartsAt.ToString("O"),
        ["endsAt"] = request.EndsAt.ToString("O"),
        ["createdBy"] = request.CreatedBy,
    };

    private static List<Silence> Read(IReadOnlyList<Row> rows) => [.. rows.Select(r => new Silence(
        r.Id, Silence.ReadMatchers(r.Matchers), r.StartsAt, r.EndsAt, r.CreatedBy, r.Comment, r.UpdatedAt))];

    private sealed record Row(
        Guid Id, JsonNode Matchers, DateTimeOffset StartsAt, DateTimeOffset EndsAt, string CreatedBy, string Comment, DateTimeOffset UpdatedAt);
}
