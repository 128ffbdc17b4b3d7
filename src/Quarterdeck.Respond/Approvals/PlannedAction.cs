using System.Globalization;

namespace Quarterdeck.Respond.Approvals;

/// <summary>One state change of a plan that is no call of a contract, exactly as it will be made.</summary>
/// <param name="Position">1-based order within the plan, calls counted too.</param>
/// <param name="Step">The run's step that makes it.</param>
/// <param name="Target">What is acted on: a service, a host, a database, a program.</param>
/// <param name="ActionClass">service, database, deploy, other or what the pack says.</param>
/// <param name="AfterSeconds">How long the runbook waits before it, counted from the one before.</param>
/// <param name="Inverse">How it is undone, in words; null where nothing is known.</param>
/// <param name="Forecast">What is known of its effect when the plan was made, each as text: the service's state, the rows it touches.</param>
/// <param name="Effect">What is done.</param>
public sealed record PlannedAction(
    int Position, int Step, string Target, string ActionClass, long AfterSeconds, string? Inverse, IReadOnlyList<string> Forecast,
    ActionEffect Effect);

/// <summary>What an action does, complete: the executor reads nothing else.</summary>
public abstract record ActionEffect
{
    private ActionEffect()
    {
    }

    /// <summary>service, http, database or external.</summary>
    public string Kind => this switch
    {
        ServiceVerb => "service",
        HttpRequest => "http",
        DatabaseWrite => "database",
        _ => "external",
    };

    /// <summary>The effect on one line, as a wallet shows it.</summary>
    public string Said => this switch
    {
        ServiceVerb service => string.Join(' ', service.Argv),
        HttpRequest http => $"{http.Method} {http.Url}" + (http.Body is null ? "" : $" {http.Body}"),
        DatabaseWrite write => string.Create(CultureInfo.InvariantCulture, $"{write.Sql} ({write.Rows} rows)"),
        ExternalCommand external => string.Join(' ', external.Argv),
        _ => throw new InvalidOperationException("There is no fifth kind of action."),
    };

    /// <summary>A verb on a service.</summary>
    /// <param name="Driver">kubernetes, compose, systemd or process.</param>
    /// <param name="Service">The pack's name of the service.</param>
    /// <param name="Verb">restart, start, stop, scale or undo.</param>
    /// <param name="Replicas">For scale; null for other verbs.</param>
    /// <param name="Argv">The words that are run; for embedded processes the words stand for what the driver does.</param>
    public sealed record ServiceVerb(string Driver, string Service, string Verb, int? Replicas, IReadOnlyList<string> Argv) : ActionEffect;

    /// <summary>An HTTP request with an effect. Secrets stand in it as <c>${secret:NAME}</c>.</summary>
    /// <param name="BasicAuth">user:password; null for none.</param>
    /// <param name="IdempotencyKey">Value of the header Idempotency-Key: the same for every attempt at this step of this run.</param>
    public sealed record HttpRequest(
        string Method, string Url, IReadOnlyDictionary<string, string> Headers, string? Body, string? BasicAuth, string IdempotencyKey) : ActionEffect;

    /// <summary>One SQL statement that changes rows.</summary>
    /// <param name="Database">The environment's name of the database.</param>
    /// <param name="Rows">How many rows it touched when it was tried and rolled back. With any other number nothing is committed.</param>
    public sealed record DatabaseWrite(string Database, string Sql, long Rows) : ActionEffect;

    /// <summary>A program that the pack allows, by argv.</summary>
    public sealed record ExternalCommand(IReadOnlyList<string> Argv) : ActionEffect;
}
