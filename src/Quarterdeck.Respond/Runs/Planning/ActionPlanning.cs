using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using Quarterdeck.Primitives;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Runs.Effects;
using Quarterdeck.Respond.Runs.Reading;
using Quarterdeck.Respond.Runs.Services;
using Quarterdeck.Respond.Runs.Steps;

namespace Quarterdeck.Respond.Runs.Planning;

/// <summary>Makes a plan's actions: every word as it will be used, what can be known of the effect, and how it is undone.</summary>
public sealed class ActionPlanning(ServiceDrivers drivers, RunOptions options)
{
    /// <summary>The texts of a write that may hold open names.</summary>
    internal static IEnumerable<string> Texts(StepDefinition definition) => definition switch
    {
        StepDefinition.Send send => [.. send.Arguments, send.Value],
        StepDefinition.Request request => [request.Url, .. request.Headers.Values, request.Body ?? "", request.BasicAuth ?? ""],
        StepDefinition.External external => external.Argv,
        _ => [],
    };

    /// <summary>The same for every attempt at a step of a run, whoever makes it.</summary>
    internal static string Key(string run, int step) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{run}/{step}"))))[..32];

    /// <exception cref="StepFailedException">A name is open, or what is acted on refuses.</exception>
    internal async Task<PlannedAction> Plan(
        RunDraft run, ResolvedStep step, int position, long wait, IReadOnlyDictionary<string, string> variables, CancellationToken cancel)
    {
        string Fill(string text) => RunText.Fill(text, variables);
        var (target, inverse, forecast, effect) = step.Definition switch
        {
            StepDefinition.Service service => await Service(run, service, cancel),
            StepDefinition.Update update => await Update(run, update, cancel),
            StepDefinition.Request request => Request(run, step, request, Fill),
            StepDefinition.External external => (
                external.Argv[0], (string?)null, (string[])["What the program does is not known ahead."],
                (ActionEffect)new ActionEffect.ExternalCommand([.. external.Argv.Select(Fill)])),
            var other => throw new InvalidOperationException($"A {other.Kind} step is no action."),
        };
        return new PlannedAction(position, step.Index, target, step.Definition.Class ?? "other", wait, inverse, forecast, effect);
    }

    /// <summary>What approving an action leaves open; null for nothing.</summary>
    internal static string? NotCovered(PlannedAction action) => action.Effect switch
    {
        ActionEffect.ServiceVerb => $"Whether {action.Target} is healthy afterwards: a check after the step tells.",
        ActionEffect.HttpRequest http => $"What {action.Target} does with {http.Method}: it cannot be simulated.",
        ActionEffect.DatabaseWrite => null,
        _ => $"What {action.Target} does: it cannot be simulated.",
    };

    private async Task<(string, string?, string[], ActionEffect)> Service(RunDraft run, StepDefinition.Service step, CancellationToken cancel)
    {
        var service = ServiceDrivers.Find(run.Pack, step.Name);
        var verb = step.Asked();
        var argv = drivers.Argv(service, verb);
        ServiceStatus? status;
        try
        {
            status = await drivers.Of(service).Status(service, options.ReadTimeout, cancel);
        }
        catch (CommandNotStartedException problem)
        {
            throw new StepFailedException(problem.Message, null);
        }

        return (
            step.Name, Undo(verb, status) is { } undo ? $"{step.Name}: {undo.Name}{(undo.Replicas is { } n ? $" to {n}" : "")}" : null,
            [status is null ? "How it stands now cannot be told." : $"Now: {status.Said}"],
            new ActionEffect.ServiceVerb(
#pragma warning disable CA1308 // The drivers' names are lower case.
                service.Driver.ToString().ToLowerInvariant(), step.Name, verb.Name, verb.Replicas, argv));
#pragma warning restore CA1308
    }

    /// <summary>The verb that takes a verb back; null where none does.</summary>
    internal static ServiceVerb? Undo(ServiceVerb verb, ServiceStatus? before) => verb.Name switch
    {
        "stop" when before is not { Running: false } => new ServiceVerb("start"),
        "start" when before is not { Running: true } => new ServiceVerb("stop"),
        "scale" when before?.Replicas is { } replicas => new ServiceVerb("scale", replicas),
        _ => null,
    };

    private async Task<(string, string?, string[], ActionEffect)> Update(RunDraft run, StepDefinition.Update step, CancellationToken cancel)
    {
        await using var database = await DatabaseWrites.Open(run.Pack, step.Database, options, cancel);
        try
        {
            var rows = await database.Try(step.Sql, cancel);
            if (rows < 0) throw new StepFailedException("The statement does not say how many rows it touches.", null);
            return (
                step.Database, null, [string.Create(CultureInfo.InvariantCulture, $"Touches {rows} rows now; with any other number nothing is committed.")],
                new ActionEffect.DatabaseWrite(step.Database, step.Sql, rows));
        }
        catch (PostgresException problem)
        {
            throw new StepFailedException($"The database '{step.Database}' refuses: {problem.MessageText} ({problem.SqlState}).", null);
        }
        catch (NpgsqlException problem)
        {
            throw new TransientException($"The database '{step.Database}' does not answer: {problem.Message}");
        }
    }

    private static (string, string?, string[], ActionEffect) Request(
        RunDraft run, ResolvedStep step, StepDefinition.Request request, Func<string, string> fill)
    {
        var url = fill(request.Url);
        if (!url.Contains("://", StringComparison.Ordinal)) url = "http://" + url;
        // A secret in the address may be its host, which is told as its name then.
        var host = Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Host.Length > 0 ? address.Host : url;
        return (
            host, null, [],
            new ActionEffect.HttpRequest(
                request.Method, url, request.Headers.ToDictionary(h => h.Key, h => fill(h.Value), StringComparer.Ordinal),
                request.Body is null ? null : fill(request.Body), request.BasicAuth is null ? null : fill(request.BasicAuth), Key(run.Id, step.Index)));
    }
}
