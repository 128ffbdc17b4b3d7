using Quarterdeck.Packs;

namespace Quarterdeck.Respond.Runs.Services;

/// <summary><c>systemctl</c> on one unit of this host.</summary>
internal sealed class SystemdDriver(CommandRunner commands) : IServiceDriver
{
    public ServiceDriverKind Kind => ServiceDriverKind.Systemd;

    public IReadOnlyList<string>? Argv(ServiceBinding service, ServiceVerb verb) => verb.Name switch
    {
        "status" or "get" => ["systemctl", "show", service.Target, "--property=ActiveState,SubState,MainPID,InvocationID"],
        "logs" => ["journalctl", "--no-pager", $"--unit={service.Target}", $"--lines={verb.Lines ?? 200}", .. verb.Since is { } since ? [$"--since=-{since}"] : (string[])[]],
        "restart" or "start" or "stop" => ["systemctl", "--no-ask-password", verb.Name, service.Target],
        _ => null,
    };

    public Task<CommandResult> Carry(
        ServiceBinding service, ServiceVerb verb, IReadOnlyList<string> argv, string key, TimeSpan limit, CancellationToken cancel) =>
        commands.Run(argv, limit, cancel);

    public async Task<ServiceStatus?> Status(ServiceBinding service, TimeSpan limit, CancellationToken cancel)
    {
        var answer = await commands.Run(Argv(service, new ServiceVerb("status"))!, limit, cancel);
        if (!answer.Succeeded) return null;
        var properties = answer.Output.Split('\n').Select(line => line.Split('=', 2)).Where(pair => pair.Length == 2)
            .DistinctBy(pair => pair[0]).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
        var state = properties.GetValueOrDefault("ActiveState", "");
        return state.Length == 0
            ? null
            : new ServiceStatus(
                state is "active" or "reloading", null, $"{state} {properties.GetValueOrDefault("InvocationID", "")}",
                $"{state} ({properties.GetValueOrDefault("SubState", "")})");
    }
}
