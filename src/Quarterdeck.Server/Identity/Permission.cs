namespace Quarterdeck.Server.Identity;

/// <summary>What an endpoint demands. Each endpoint names exactly one, or says that it needs none.</summary>
internal static class Permission
{
    /// <summary>See everything that is watched: overview, alerts, incidents, runs, plans, runbooks, transactions.</summary>
    public const string Read = "read";

    /// <summary>Acknowledge, note and resolve incidents.</summary>
    public const string RespondToIncidents = "incidents.respond";

    /// <summary>Propose a run.</summary>
    public const string ProposeRuns = "runs.propose";

    /// <summary>Abort, pause and resume a run, confirm its manual steps.</summary>
    public const string OperateRuns = "runs.operate";

    /// <summary>Sign a plan; the plan's policy decides whether it counts.</summary>
    public const string ApprovePlans = "plans.approve";

    /// <summary>Act alone on a plan whose policy lets one, in an emergency.</summary>
    public const string BreakGlass = "plans.break-glass";

    /// <summary>Review what another did alone.</summary>
    public const string ReviewBreakGlass = "plans.review";

    /// <summary>Ask for a standing approval, which others sign.</summary>
    public const string RequestStanding = "standing.request";

    /// <summary>Take a standing approval back.</summary>
    public const string RevokeStanding = "standing.revoke";

    /// <summary>Reject a plan.</summary>
    public const string RejectPlans = "plans.reject";

    /// <summary>Read the audit log.</summary>
    public const string ReadAudit = "audit.read";

    /// <summary>Take the audit log along.</summary>
    public const string ExportAudit = "audit.export";

    /// <summary>Ask for an operator to be added, changed or let in again, and remove one.</summary>
    public const string ManageOperators = "operators.manage";

    /// <summary>Be the second person to what another asks for an operator.</summary>
    public const string ApproveOperators = "operators.approve";

    /// <summary>Review who has access.</summary>
    public const string ReviewAccess = "access.review";

    /// <summary>Oneself and one's own sessions; every signed-in operator has it.</summary>
    public const string OwnIdentity = "identity.own";

    /// <summary>One's own credentials and API tokens; every operator has it who signed in by a credential or a link.</summary>
    public const string OwnCredentials = "identity.credentials";

    /// <summary>Silence alerts, and end silences.</summary>
    public const string SilenceAlerts = "alerts.silence";

    /// <summary>Send alerts in, as an Alertmanager or a Prometheus does.</summary>
    public const string SendAlerts = "alerts.send";

    private static readonly Dictionary<string, string[]> ByRole = new(StringComparer.Ordinal)
    {
        ["viewer"] = [Read],
        ["responder"] = [Read, RespondToIncidents, ProposeRuns, RevokeStanding, SilenceAlerts, ReadAudit],
        ["operator"] =
        [
            Read, RespondToIncidents, ProposeRuns, OperateRuns, ApprovePlans, BreakGlass, ReviewBreakGlass, RejectPlans, RequestStanding, RevokeStanding,
            SilenceAlerts, SendAlerts, ReadAudit, ExportAudit,
        ],
        ["approver"] =
        [
            Read, RespondToIncidents, ApprovePlans, BreakGlass, ReviewBreakGlass, RejectPlans, RequestStanding, RevokeStanding, ReadAudit, ApproveOperators,
        ],
        ["compliance"] = [Read, ReviewBreakGlass, RevokeStanding, ReadAudit, ExportAudit, ReviewAccess],
        ["admin"] = [Read, RevokeStanding, ReadAudit, ManageOperators, ApproveOperators, ReviewAccess],
    };

    /// <summary>The roles that can be the second person to a request about an operator.</summary>
    public static IReadOnlyList<string> DecidingRoles { get; } = [.. ByRole.Where(r => r.Value.Contains(ApproveOperators)).Select(r => r.Key)];

    /// <summary>What an API token may carry: nothing with which it could make further access.</summary>
    public static IReadOnlyList<string> Scopes { get; } =
        [Read, RespondToIncidents, ProposeRuns, OperateRuns, ApprovePlans, RejectPlans, ReadAudit, ExportAudit];

    /// <summary>
    /// What a session by the identity provider may carry: whoever runs the provider must not be able to make further access, to let
    /// people in or to act alone. A plan's approval takes a passkey's or a wallet's signature as well.
    /// </summary>
    public static IReadOnlyList<string> OfProviderSessions { get; } = [.. Scopes, OwnIdentity];

    /// <summary>The built-in roles.</summary>
    public static IReadOnlyCollection<string> Roles => ByRole.Keys;

    /// <summary>
    /// What the roles allow together, in order. A pack's own role (a council, a treasurer) exists for its policies, so it may read
    /// and sign; whether a signature counts is the policy's to say.
    /// </summary>
    public static IReadOnlyList<string> Of(IEnumerable<string> roles) =>
    [
        .. roles.SelectMany(role => ByRole.TryGetValue(role, out var own) ? own : [Read, ApprovePlans, RejectPlans, RevokeStanding])
            .Append(OwnIdentity).Append(OwnCredentials).Distinct().Order(StringComparer.Ordinal),
    ];
}
