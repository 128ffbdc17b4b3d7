using System.Text.Json;

namespace Quarterdeck.Server.Api.Shapes;

internal sealed record SignInMethods(string Environment, string EnvironmentKind, IReadOnlyList<string> PasskeyHosts, long ChainId);

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
    DateTimeOffset? RemovedAt);

internal sealed record ReasonGiven(string Reason);

internal sealed record TextGiven(string? Text = null);
