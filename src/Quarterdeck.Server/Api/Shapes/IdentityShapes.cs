using System.Text.Json;

namespace Quarterdeck.Server.Api.Shapes;

internal sealed record SignInMethods(string Environment, string EnvironmentKind, IReadOnlyList<string> PasskeyHosts, long ChainId, string? Provider);

internal sealed record WalletAddress(string Address);

internal sealed record SignInMessageShape(string Message);

internal sealed record SignedMessage(string Message, string Signature, string? Label = null);

internal sealed record LinkToken(string Token);

internal sealed record SessionToken(string Token, string Operator, DateTimeOffset ExpiresAt);

internal sealed record AssertionOptions(string Challenge, string RpId, IReadOnlyList<string> AllowCredentials);

internal sealed record RelyingParty(string Id, string Name);

internal sealed record PasskeyUser(string Id, string Name, string DisplayName);

internal sealed record PasskeyAlgorithm(string Type, int Alg);

internal sealed record RegistrationOptions(
    string Challenge, RelyingParty Rp, PasskeyUser User, IReadOnlyList<PasskeyAlgorithm> PubKeyCredParams,
    IReadOnlyList<string> ExcludeCredentials);

internal sealed record PasskeyAnswer(string Challenge, JsonElement Credential, string? Label = null);

internal sealed record Created(string Id);

internal sealed record Me(OperatorShape Operator, string Csrf, string Environment, string EnvironmentKind);

internal sealed record OperatorShape(
    string Id, string Name, IReadOnlyList<string> Roles, IReadOnlyList<string> Permissions, IReadOnlyList<CredentialShape> Credentials);

internal sealed record CredentialShape(
    string Id, string Kind, string Label, string? Address, string? CredentialId, DateTimeOffset CreatedAt, DateTimeOffset? LastUsedAt);

internal sealed record SessionShape(
    string Id, bool Current, string Method, DateTimeOffset CreatedAt, DateTimeOffset LastSeenAt, DateTimeOffset ExpiresAt, string Agent);

internal sealed record OperatorSummary(
    string Id, string Name, IReadOnlyList<string> Roles, IReadOnlyList<string> CredentialKinds, DateTimeOffset? LastSeenAt,
    DateTimeOffset? RemovedAt, DateTimeOffset? ExpiresAt);

/// <summary>What is asked for an operator. Kind: join, roles or recover.</summary>
internal sealed record OperatorRequestGiven(
    string Kind, string Operator, string Justification, string? Name = null, IReadOnlyList<string>? Roles = null,
    DateTimeOffset? ExpiresAt = null, string? Subject = null);

internal sealed record OperatorRequestShape(
    string Id, string Kind, string Operator, string Name, IReadOnlyList<string> Roles, string Justification, DateTimeOffset? OperatorExpiresAt,
    string RequestedBy, DateTimeOffset RequestedAt, DateTimeOffset ExpiresAt, string State, string? DecidedBy, DateTimeOffset? DecidedAt,
    string? DecidedReason, string? Subject);

/// <summary>One half of a link, shown once to one of the two people.</summary>
internal sealed record HalfLink(string Id, string? Half);

internal sealed record TokenGiven(string Label, IReadOnlyList<string> Scopes, int? Days = null);

internal sealed record TokenMade(string Id, string Token, DateTimeOffset ExpiresAt);

internal sealed record TokenShape(
    string Id, string Label, IReadOnlyList<string> Scopes, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, DateTimeOffset? LastUsedAt);

internal sealed record AccessReviewShape(
    DateTimeOffset At, DateTimeOffset? LastReviewedAt, string? LastReviewedBy, DateTimeOffset DueAt, IReadOnlyList<AccessRowShape> Operators);

internal sealed record AccessRowShape(
    string Id, string Name, IReadOnlyList<string> Roles, IReadOnlyList<string> Permissions, DateTimeOffset CreatedAt, DateTimeOffset? LastSeenAt,
    DateTimeOffset? ExpiresAt, DateTimeOffset? RemovedAt, string? RemovedBy, int Credentials, int Sessions, int Tokens, int Approvals,
    string? RequestedBy, string? ApprovedBy, string? Justification, IReadOnlyList<string> Remarks);

internal sealed record ReasonGiven(string Reason);

internal sealed record TextGiven(string? Text = null);

/// <summary>A token that the server was started with.</summary>
internal sealed record ProgramTokenShape(string Name, IReadOnlyList<string> Permissions, DateTimeOffset ExpiresAt);
