using System.Text.Json.Nodes;
using Quarterdeck.Packs;
using Quarterdeck.Respond.Runs.Reading;
using Quarterdeck.Respond.Runs.Steps;

namespace Quarterdeck.Respond.Runs.Services;

/// <summary>The drivers, and what steps ask of them.</summary>
public sealed class ServiceDrivers
{
    private readonly Dictionary<ServiceDriverKind, IServiceDriver> _drivers;
    private readonly RunOptions _options;

    /// <summary>Runs nothing yet.</summary>
    public ServiceDrivers(RunOptions options, TimeProvider clock)
    {
        _options = options;
        Commands = new CommandRunner(options, clock);
        IServiceDriver[] drivers = [new KubernetesDriver(Commands), new ComposeDriver(Commands), new SystemdDriver(Commands), new ProcessDriver(clock)];
        _drivers = drivers.ToDictionary(driver => driver.Kind);
    }

    internal CommandRunner Commands { get; }

    internal IServiceDriver Of(ServiceBinding service) => _drivers[service.Driver];

    /// <summary>The words for a verb.</summary>
    /// <exception cref="StepFailedException">The environment does not allow it, or the driver has it not.</exception>
    internal IReadOnlyList<string> Argv(ServiceBinding service, ServiceVerb verb)
    {
        if (!service.Verbs.Contains(verb.Name, StringComparer.Ordinal))
        {
            throw new StepFailedException(
                $"The environment allows {string.Join(", ", service.Verbs)} on the service '{service.Service}', not {verb.Name}.", null);
        }

        return Of(service).Argv(service, verb)
            ?? throw new StepFailedException($"The driver {service.Driver} has no verb {verb.Name} for the service '{service.Service}'.", null);
    }

    /// <summary>Answers a verb that only reads.</summary>
    /// <exception cref="StepFailedException">It is refused, or the tool says no.</exception>
    internal async Task<JsonObject> Read(BoundPack pack, StepDefinition.Service step, CancellationToken cancel)
    {
        var service = Find(pack, step.Name);
        var verb = step.Asked();
        var argv = Argv(service, verb);
        try
        {
            var answer = await Of(service).Carry(service, verb, argv, "", _options.CommandTimeout, cancel);
            var output = new JsonObject { ["command"] = string.Join(' ', argv), ["value"] = answer.Output, ["exitCode"] = answer.ExitCode };
            return answer.Succeeded ? output : throw new StepFailedException(Failure(argv, answer, _options.CommandTimeout), output);
        }
        catch (CommandNotStartedException problem)
        {
            throw new StepFailedException(problem.Message, null);
        }
    }

    internal static ServiceBinding Find(BoundPack pack, string name) => pack.Environment.Services.TryGetValue(name, out var service)
        ? service
        : throw new StepFailedException($"The environment does not say how to act on the service '{name}' now.", null);

    internal static string Failure(IReadOnlyList<string> argv, CommandResult result, TimeSpan limit)
    {
        var said = result.Errors.Length > 0 ? result.Errors : result.Output;
        if (said.Length > 500) said = said[..500];
        var program = string.Join(' ', argv.Take(3));
        return result.ExitCode is { } code ? $"{program} ended with {code}: {said}" : $"{program} did not end within {limit.TotalSeconds:0.#} s. {said}".TrimEnd();
    }
}
