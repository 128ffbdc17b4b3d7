namespace Quarterdeck.Respond;

/// <summary>What an action came to: done, or refused for a reason that the person can act on.</summary>
public abstract record Outcome<T>
{
    private Outcome()
    {
    }

    /// <summary>It was done and recorded.</summary>
    public sealed record Done(T Value) : Outcome<T>;

    /// <summary>It was not done.</summary>
    public sealed record Refused(Refusal Refusal) : Outcome<T>;

    /// <summary>A result is an outcome.</summary>
    public static implicit operator Outcome<T>(T value) => new Done(value);

    /// <summary>A refusal is an outcome.</summary>
    public static implicit operator Outcome<T>(Refusal refusal) => new Refused(refusal);
}

/// <summary>Why something was not done.</summary>
/// <param name="Kind">Which of the ways to refuse; the API's status code follows from it.</param>
/// <param name="Title">One line.</param>
/// <param name="Detail">What stood in the way, with the values.</param>
/// <param name="Remedy">What to do instead.</param>
public sealed record Refusal(RefusalKind Kind, string Title, string Detail, string Remedy)
{
    internal static Refusal NotFound(string what, string id) =>
        new(RefusalKind.NotFound, $"No such {what}", $"There is no {what} '{id}'.", "Check the identifier.");

    internal static Refusal Conflict(string title, string detail, string remedy) =>
        new(RefusalKind.Conflict, title, detail, remedy);

    internal static Refusal Forbidden(string title, string detail, string remedy) =>
        new(RefusalKind.Forbidden, title, detail, remedy);

    internal static Refusal Unproved(string title, string detail, string remedy) =>
        new(RefusalKind.Unproved, title, detail, remedy);

    internal static Refusal Invalid(string title, string detail, string remedy) =>
        new(RefusalKind.Invalid, title, detail, remedy);
}

/// <summary>The ways to refuse.</summary>
public enum RefusalKind
{
    /// <summary>There is no such thing (404).</summary>
    NotFound,

    /// <summary>The state does not allow it (409).</summary>
    Conflict,

    /// <summary>This person may not (403).</summary>
    Forbidden,

    /// <summary>The input makes no sense (422).</summary>
    Invalid,

    /// <summary>A signature or proof does not hold (403); who tries too often must wait.</summary>
    Unproved,
}
