using Quarterdeck.Respond;

namespace Quarterdeck.Server.Identity;

/// <summary>Why a proof of identity did not do. The same words for every cause that a stranger must not tell apart.</summary>
internal static class Refusals
{
    public static readonly Refusal NotProved = new(
        RefusalKind.Unproved, "The signature does not prove an operator",
        "It is by no enrolled credential, or not over the message that was given, or that message is used or older than 5 minutes.",
        "Start again. If this credential was never enrolled, ask for a one-time link.");

    public static readonly Refusal LinkSpent = new(
        RefusalKind.Unproved, "The link does not work", "It was used already, is older than 15 minutes, or was never given.",
        "Ask for a new one.");

    public static readonly Refusal CredentialTaken = new(
        RefusalKind.Conflict, "The credential is enrolled already", "One authenticator belongs to one operator.",
        "Use another one, or remove it where it is enrolled.");

    public static readonly Refusal NoHostName = new(
        RefusalKind.Invalid, "Passkeys need a host name", "This page was opened by an IP address or under a name that the server is not set up for.",
        "Open the console at its own host name; on this machine, http://localhost and the port.");

    public static readonly Refusal LastCredential = new(
        RefusalKind.Conflict, "It is your only credential", "Without it you could not sign in again.", "Enrol another one first.");

    public static Refusal Unknown(string what, string id) =>
        new(RefusalKind.NotFound, $"No such {what}", $"There is no {what} '{id}'.", "Check the identifier.");
}
