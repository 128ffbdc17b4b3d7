using System.Text.RegularExpressions;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Primitives.Ids;
using Quarterdeck.Respond;
using Quarterdeck.Server.Identity.Oidc;
using Quarterdeck.Store;

namespace Quarterdeck.Server.Identity;

/// <summary>What one person asks for an operator.</summary>
internal sealed record OperatorAsk(
    string Kind, string OperatorId, string? Name, IReadOnlyList<string>? Roles, string Justification, DateTimeOffset? ExpiresAt, string? Subject = null);

/// <summary>A request in the list.</summary>
internal sealed record OperatorRequestRow(
    string Id, string Kind, string OperatorId, string Name, string[] Roles, string Justification, DateTimeOffset? OperatorExpiresAt,
    string RequestedBy, DateTimeOffset RequestedAt, DateTimeOffset ExpiresAt, string State, string? DecidedBy, DateTimeOffset? DecidedAt,
    string? DecidedReason, string? Subject);

/// <summary>
/// Lets people in by two people: one asks, with a reason, another approves. A link falls into two halves, one for each of the
/// two, so that neither of them can become the third person.
/// </summary>
internal sealed partial class OperatorRequests(
    OperationsStore store, OperatorRows rows, IdentitySeal seal, Links links, IdentityOptions options, TimeProvider clock)
{
    public const string Join = "join";
    public const string ChangeRoles = "roles";
    public const string Recover = "recover";

    /// <summary>An account at the identity provider is the operator's: its sessions are theirs.</summary>
    public const string Bind = "bind";

    /// <summary>All requests, the undecided ones first, then the latest.</summary>
    public Task<IReadOnlyList<OperatorRequestRow>> List(CancellationToken cancel) => store.Query<OperatorRequestRow>(
        """
        SELECT id, kind, operator_id, name, roles, justification, operator_expires_at, requested_by, requested_at, expires_at,
               CASE WHEN state = 'pending' AND expires_at <= @now THEN 'expired' ELSE state END AS state,
               decided_by, decided_at, decided_reason, subject
        FROM identity.requests ORDER BY state <> 'pending', requested_at DESC LIMIT 500
        """, new { now = clock.GetUtcNow() }, cancel);

    /// <summary>Asks. Returns the request's id and, where a link will follow, the asking person's half of it.</summary>
    public Task<Outcome<(string Id, string? Half)>> Ask(string requester, OperatorAsk ask, CancellationToken cancel)
    {
        if (Malformed(ask) is { } malformed) return Task.FromResult<Outcome<(string, string?)>>(malformed);
        return store.Act<Outcome<(string, string?)>>(Actor.Operator(requester), ask.Justification.Trim(), async act =>
        {
            var known = await act.QueryFirstOrDefault<Known>(
                "SELECT name, roles, expires_at, removed_at IS NULL AS active FROM identity.operators WHERE id = @id FOR UPDATE",
                new { id = ask.OperatorId });
            if (await Stands(act, ask, known) is { } refusal)
            {
                act.Record("operator.request-refused", ask.OperatorId, new() { ["kind"] = ask.Kind, ["why"] = refusal.Detail });
                return refusal;
            }

            var half = ask.Kind is ChangeRoles or Bind ? null : Token.New("qdl_");
            var id = Id.New("req", clock);
            var row = new
            {
                id,
                kind = ask.Kind,
                operatorId = ask.OperatorId,
                name = Labels.Clean(ask.Name, known?.Name ?? ask.OperatorId),
                roles = (ask.Kind is Recover or Bind ? known!.Roles : ask.Roles!.Distinct(StringComparer.Ordinal)).ToArray(),
                justification = ask.Justification.Trim(),
                until = ask.Kind is Recover or Bind ? known!.ExpiresAt : ask.ExpiresAt,
                half = half is null ? null : Token.Hash(half),
                requester,
                now = act.Now,
                expires = act.Now + options.RequestLifetime,
                subject = ask.Kind == Bind ? ask.Subject : null,
            };
            var stamp = seal.Of("requests", Facts(new Open(
                id, row.kind, row.operatorId, row.name, row.roles, row.justification, row.until, row.half, requester, row.expires, null, row.subject)));
            await act.Execute(
                """
                UPDATE identity.requests SET state = 'refused', decided_by = @requester, decided_at = @now, decided_reason = 'it expired'
                WHERE operator_id = @operatorId AND state = 'pending' AND expires_at <= @now
                """, row);
            await act.Execute(
                """
                INSERT INTO identity.requests (id, kind, operator_id, name, roles, justification, operator_expires_at, first_half,
                                               requested_by, requested_at, expires_at, seal, subject)
                VALUES (@id, @kind, @operatorId, @name, @roles, @justification, @until, @half, @requester, @now, @expires, @stamp, @subject)
                """,
                new
                {
                    row.id,
                    row.kind,
                    row.operatorId,
                    row.name,
                    row.roles,
                    row.justification,
                    row.until,
                    row.half,
                    row.requester,
                    row.now,
                    row.expires,
                    stamp,
                    row.subject,
                });
            act.Record("operator.request", id, new()
            {
                ["kind"] = ask.Kind,
                ["operator"] = ask.OperatorId,
                ["roles"] = string.Join(' ', row.roles),
                ["subject"] = row.subject,
                ["until"] = row.until?.ToString("O", System.Globalization.CultureInfo.InvariantCulture),
            });
            act.Signal(IdentitySignals.Operators);
            return (id, half);
        }, cancel);
    }

    /// <summary>The second person agrees: it is done at once. Returns their half of the link, where there is one.</summary>
    public Task<Outcome<string?>> Approve(string id, string approver, CancellationToken cancel) =>
        store.Act<Outcome<string?>>(Actor.Operator(approver), "approves what was asked for an operator", async act =>
        {
            if (await Pending(act, id) is not { } request) return Gone(act, id);
            var refusal = !seal.Holds(request.Seal, "requests", Facts(request))
                ? new Refusal(
                    RefusalKind.Forbidden, "Nobody asked for this here", "The request was not written by this server: its seal does not hold.",
                    "Refuse it, and find out who writes to the database.")
                : request.RequestedBy == approver || request.OperatorId == approver
                ? new Refusal(
                    RefusalKind.Forbidden, "It takes a second person",
                    request.RequestedBy == approver ? "You asked for it yourself." : "It is about yourself.", "Ask another operator.")
                : request.ExpiresAt <= act.Now
                    ? new Refusal(RefusalKind.Conflict, "The request has expired", $"It waited until {request.ExpiresAt:u}.", "Ask again.")
                    : null;
            if (refusal is not null)
            {
                act.Record("operator.approval-refused", id, new() { ["why"] = refusal.Detail });
                return refusal;
            }

            await act.Execute(
                "UPDATE identity.requests SET state = 'approved', decided_by = @approver, decided_at = @now WHERE id = @id",
                new { approver, now = act.Now, id });
            if (request.Kind != Bind)
            {
                await rows.Put(act, request.OperatorId, request.Name, request.Roles, request.OperatorExpiresAt);
            }
            else if (options.OidcIssuer is not { } issuer || !await Subjects.Bind(act, seal, clock, id, request.OperatorId, issuer, request.Subject!))
            {
                act.Record("operator.bind-refused", request.OperatorId, new() { ["request"] = id, ["why"] = "the account is another operator's, or there is no provider" });
                return Refusals.CredentialTaken;
            }

            act.Record($"operator.{request.Kind}", request.OperatorId, new()
            {
                ["request"] = id,
                ["requestedBy"] = request.RequestedBy,
                ["roles"] = string.Join(' ', request.Roles),
                ["justification"] = request.Justification,
            });
            act.Signal(IdentitySignals.Operators);
            if (request.FirstHalf is null) return (string?)null;
            // Whoever found the lost authenticator is shut out in the same moment.
            if (request.Kind == Recover) await Operators.ShutOut(act, request.OperatorId, "the operator's authenticator was replaced");
            var half = Token.New("qdh_");
            await links.Put(act, request.OperatorId, request.FirstHalf, half);
            return half;
        }, cancel);

    /// <summary>Somebody says no, or who asked takes it back.</summary>
    public Task<Outcome<bool>> Refuse(string id, string person, string reason, CancellationToken cancel) =>
        store.Act<Outcome<bool>>(Actor.Operator(person), reason, async act =>
        {
            if (await Pending(act, id) is not { } request)
            {
                act.Record("operator.refusal-refused", id);
                return Refusals.Unknown("undecided request", id);
            }

            await act.Execute(
                "UPDATE identity.requests SET state = 'refused', decided_by = @person, decided_at = @now, decided_reason = @reason WHERE id = @id",
                new { person, now = act.Now, reason, id });
            act.Record("operator.refuse", id, new() { ["operator"] = request.OperatorId });
            act.Signal(IdentitySignals.Operators);
            return true;
        }, cancel);

    private static Outcome<string?> Gone(ActScope act, string id)
    {
        act.Record("operator.approval-refused", id, new() { ["why"] = "there is no undecided request of this id" });
        return Refusals.Unknown("undecided request", id);
    }

    private static Task<Open?> Pending(ActScope act, string id) => act.QueryFirstOrDefault<Open>(
        """
        SELECT id, kind, operator_id, name, roles, justification, operator_expires_at, first_half, requested_by, expires_at, seal, subject
        FROM identity.requests WHERE id = @id AND state = 'pending' FOR UPDATE
        """, new { id });

    private Refusal? Malformed(OperatorAsk ask) =>
        ask.Kind is not (Join or ChangeRoles or Recover or Bind) ? Invalid("the kind", "Give join, roles, recover or bind.")
        : ask.Kind == Bind && options.OidcIssuer is null ? Invalid("the kind", "No identity provider is configured.")
        : ask.Kind == Bind && ask.Subject is not { Length: > 0 and <= 255 } ? Invalid("the subject", "Give the sub that the identity provider knows the person by.")
        : !OperatorId().IsMatch(ask.OperatorId) ? Invalid("the operator's id", "Begin with a lower-case letter; then letters, digits, '.', '_' and '-'.")
        : string.IsNullOrWhiteSpace(ask.Justification) || ask.Justification.Length > 2000 ? Invalid("the justification", "Write a sentence or two.")
        : ask.Kind is not (Recover or Bind) && (ask.Roles is not { Count: > 0 } || ask.Roles.Any(r => !Role().IsMatch(r))) ? Invalid("the roles", "Name at least one.")
        : ask.ExpiresAt <= clock.GetUtcNow() ? Invalid("the expiry", "Give a time in the future, or none.")
        : null;

    private static async Task<Refusal?> Stands(ActScope act, OperatorAsk ask, Known? known) =>
        ask.Kind == Join && known is { Active: true }
            ? new Refusal(RefusalKind.Conflict, "The operator is there already", $"'{ask.OperatorId}' is an operator.", "Ask for other roles, with kind roles.")
        : ask.Kind != Join && known is not { Active: true }
            ? Refusals.Unknown("operator", ask.OperatorId)
        : await act.QueryFirstOrDefault<bool>(
            "SELECT EXISTS (SELECT FROM identity.requests WHERE operator_id = @id AND state = 'pending' AND expires_at > @now)",
            new { id = ask.OperatorId, now = act.Now })
            ? new Refusal(RefusalKind.Conflict, "A request is open already", $"One about '{ask.OperatorId}' waits for its second person.", "Decide that one first.")
        : null;

    private static Refusal Invalid(string what, string remedy) =>
        new(RefusalKind.Invalid, "The request cannot be taken", $"It is {what} that is wrong.", remedy);

    [GeneratedRegex("^[a-z][a-z0-9._-]{0,63}$")]
    private static partial Regex OperatorId();

    [GeneratedRegex("^[a-z][a-z0-9-]{0,39}$")]
    private static partial Regex Role();

    private sealed record Known(string Name, string[] Roles, DateTimeOffset? ExpiresAt, bool Active);

    private static object?[] Facts(Open request) =>
    [
        request.Id, request.Kind, request.OperatorId, request.Name, request.Roles, request.Justification, request.OperatorExpiresAt, request.FirstHalf,
        request.RequestedBy, request.ExpiresAt, .. request.Subject is null ? Array.Empty<object?>() : [request.Subject],
    ];

    private sealed record Open(
        string Id, string Kind, string OperatorId, string Name, string[] Roles, string Justification, DateTimeOffset? OperatorExpiresAt,
        byte[]? FirstHalf, string RequestedBy, DateTimeOffset ExpiresAt, byte[]? Seal, string? Subject);
}
