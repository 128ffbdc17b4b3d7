using Quarterdeck.Respond;

namespace Quarterdeck.Server.Api.Http;

/// <summary>Why a request was not done, as <c>application/problem+json</c> (RFC 9457) with what to do about it.</summary>
internal sealed record Problem(string Title, string? Detail, string? Remedy, int Status)
{
    public const string ContentType = "application/problem+json";

    /// <summary>The answer.</summary>
    public IResult Answer() => Results.Json(this, contentType: ContentType, statusCode: Status);

    /// <summary>The answer to a refusal of the domain.</summary>
    public static Problem Of(Refusal refusal) => new(refusal.Title, refusal.Detail, refusal.Remedy, refusal.Kind switch
    {
        RefusalKind.NotFound => StatusCodes.Status404NotFound,
        RefusalKind.Conflict => StatusCodes.Status409Conflict,
        RefusalKind.Forbidden or RefusalKind.Unproved => StatusCodes.Status403Forbidden,
        _ => StatusCodes.Status422UnprocessableEntity,
    });

    public static Problem NotFound(string what, string id) =>
        new($"No such {what}", $"There is no {what} '{id}'.", "Check the identifier.", StatusCodes.Status404NotFound);

    public static Problem Invalid(string title, string detail, string remedy) =>
        new(title, detail, remedy, StatusCodes.Status422UnprocessableEntity);

    /// <summary>Writes the answer from a middleware.</summary>
    public Task Write(HttpContext context) => Answer().ExecuteAsync(context);
}

/// <summary>Turns outcomes of the domain into answers.</summary>
internal static class OutcomeAnswers
{
    /// <summary>200 with the shape of the value, or the refusal.</summary>
    public static IResult Answer<T>(this Outcome<T> outcome, Func<T, object> shape) => outcome switch
    {
        Outcome<T>.Done done => Results.Ok(shape(done.Value)),
        Outcome<T>.Refused refused => Problem.Of(refused.Refusal).Answer(),
        _ => throw new InvalidOperationException("An outcome is done or refused."),
    };

    /// <summary>204, or the refusal.</summary>
    public static IResult AnswerNothing<T>(this Outcome<T> outcome) =>
        outcome is Outcome<T>.Refused refused ? Problem.Of(refused.Refusal).Answer() : Results.NoContent();
}
