namespace Quarterdeck.Server.Identity;

/// <summary>What Identity raises besides the store's own names.</summary>
internal static class IdentitySignals
{
    /// <summary>An operator, credential or session changed.</summary>
    public const string Operators = "operators";
}
