using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Findings;

namespace Quarterdeck.Server.Api.Http;

/// <summary>The edge where exceptions become answers: outside words to the caller, inside ones to the log, once.</summary>
internal static partial class FailureAnswers
{
    public static void UseFailureAnswers(this WebApplication app) => app.Use(async (context, next) =>
    {
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody waits for the answer any more.
        }
        catch (Exception problem) when (!context.Response.HasStarted)
        {
            await Explain(problem, app.Logger, context.Request.Path).Write(context);
        }
    });

    private static Problem Explain(Exception problem, ILogger logger, string path)
    {
        switch (problem)
        {
            case TransientException:
                Unavailable(logger, problem, path);
                return new Problem(
                    "Not available for the moment", problem.Message, "Nothing was done. Try again in a few seconds.",
                    StatusCodes.Status503ServiceUnavailable);
            case BadHttpRequestException bad:
                return new Problem("The request cannot be read", bad.Message, "See /openapi/v1.json for what it takes.", bad.StatusCode);
            case Respond.Approvals.DamagedPlanException damaged:
                Broken(logger, problem, path);
                return new Problem(
                    "A stored plan is damaged", damaged.Message,
                    "Abort its run and propose it again; restore the database from its backup, and verify the audit log: 'quarterdeck audit verify'.",
                    StatusCodes.Status409Conflict);
            case AuthorException author:
                return new Problem("A pack's file is wrong", author.Message, "Correct the file.", StatusCodes.Status422UnprocessableEntity);
            default:
                Broken(logger, problem, path);
                return new Problem(
                    "Something is broken", "The server met a fault of its own; its log says more.", "Report it with the time.",
                    StatusCodes.Status500InternalServerError);
        }
    }

    [LoggerMessage(101, LogLevel.Warning, "{Path} could not be answered for the moment")]
    private static partial void Unavailable(ILogger logger, Exception problem, string path);

    [LoggerMessage(102, LogLevel.Error, "{Path} failed")]
    private static partial void Broken(ILogger logger, Exception problem, string path);
}
