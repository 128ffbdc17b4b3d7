using Quarterdeck.Packs;

namespace Quarterdeck.Respond.Runs.Services;

/// <summary><c>docker compose</c> on one service of a project.</summary>
internal sealed class ComposeDriver(CommandRunner commands) : IServiceDriver
{
    public ServiceDriverKind Kind => ServiceDriverKind.Compose;

    public IReadOnlyList<string>? Argv(ServiceBinding service, ServiceVerb verb)
    {
        string[]? words = verb.Name switch
        {
            "status" or "get" => ["ps", service.Target],
            "logs" => ["logs", "--no-color", $"--tail={verb.Lines ?? 200}", .. verb.Since is { } since ? [$"--since={since}"] : (string[])[], service.Target],
            "restart" or "start" or "stop" => [verb.Name, service.Target],
            "scale" when verb.Replicas is { } replicas => ["up", "--detach", "--no-recreate", "--scale", $"{service.Target}={replicas}", service.Target],
            _ => null,
        };
        return words is null ? null : [.. Program(service), .. words];
    }

    public Task<CommandResult> Carry(
        ServiceBinding service, ServiceVerb verb, IReadOnlyList<string> argv, string key, TimeSpan limit, CancellationToken cancel) =>
        commands.Run(argv, limit, cancel);

    public async Task<ServiceStatus?> Status(ServiceBinding service, TimeSpan limit, CancellationToken cancel)
    {
        var listed = await commands.Run([.. Program(service), "ps", "--all", "--quiet", service.Target], limit, cancel);
        if (!listed.Succeeded) return null;
        var ids = listed.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (ids.Length == 0) return new ServiceStatus(false, 0, "", "no container");
        var states = await commands.Run(["docker", "inspect", "--format={{.State.Running}} {{.State.StartedAt}}", .. ids], limit, cancel);
        if (!states.Succeeded) return null;
        var lines = states.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var running = lines.Count(line => line.StartsWith("true ", StringComparison.Ordinal));
        return new ServiceStatus(
            running > 0, running, string.Join(',', lines.Order(StringComparer.Ordinal)), $"{running} of {ids.Length} containers run");
    }

    private static string[] Program(ServiceBinding service) =>
    [
        "docker", "compose", .. service.File is { } file ? [$"--file={file}"] : (string[])[],
        .. service.Space is { } project ? [$"--project-name={project}"] : (string[])[],
    ];
}
