using System.Globalization;
using System.Text.Json;
using Quarterdeck.Packs;

namespace Quarterdeck.Respond.Runs.Services;

/// <summary><c>kubectl</c> on one workload.</summary>
internal sealed class KubernetesDriver(CommandRunner commands) : IServiceDriver
{
    public ServiceDriverKind Kind => ServiceDriverKind.Kubernetes;

    public IReadOnlyList<string>? Argv(ServiceBinding service, ServiceVerb verb)
    {
        string[]? words = verb.Name switch
        {
            "status" => ["rollout", "status", service.Target, "--watch=false"],
            "get" => ["get", service.Target, "--output=wide"],
            "logs" => ["logs", service.Target, $"--tail={verb.Lines ?? 200}", .. verb.Since is { } since ? [$"--since={since}"] : (string[])[]],
            "restart" => ["rollout", "restart", service.Target],
            "undo" => ["rollout", "undo", service.Target],
            "start" => ["scale", service.Target, $"--replicas={service.Replicas}"],
            "stop" => ["scale", service.Target, "--replicas=0"],
            "scale" when verb.Replicas is { } replicas => ["scale", service.Target, $"--replicas={replicas}"],
            _ => null,
        };
        return words is null ? null : [.. Program(service), .. words];
    }

    public Task<CommandResult> Carry(
        ServiceBinding service, ServiceVerb verb, IReadOnlyList<string> argv, string key, TimeSpan limit, CancellationToken cancel) =>
        commands.Run(argv, limit, cancel);

    public async Task<ServiceStatus?> Status(ServiceBinding service, TimeSpan limit, CancellationToken cancel)
    {
        var answer = await commands.Run([.. Program(service), "get", service.Target, "--output=json"], limit, cancel);
        if (!answer.Succeeded) return null;
        try
        {
            using var json = JsonDocument.Parse(answer.Output);
            var (spec, status) = (json.RootElement.GetProperty("spec"), json.RootElement.GetProperty("status"));
            var wanted = spec.TryGetProperty("replicas", out var replicas) ? replicas.GetInt32() : 1;
            var ready = status.TryGetProperty("readyReplicas", out var count) ? count.GetInt32() : 0;
            var generation = json.RootElement.GetProperty("metadata").GetProperty("generation").GetInt64();
            return new ServiceStatus(
                ready > 0, wanted, generation.ToString(CultureInfo.InvariantCulture), $"{ready} of {wanted} ready, generation {generation}");
        }
        catch (Exception problem) when (problem is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private static string[] Program(ServiceBinding service) =>
    [
        "kubectl", .. service.Context is { } context ? [$"--context={context}"] : (string[])[],
        .. service.Space is { } space ? [$"--namespace={space}"] : (string[])[],
    ];
}
