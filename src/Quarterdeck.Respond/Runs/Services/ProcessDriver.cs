using System.Globalization;
using Quarterdeck.Packs;

namespace Quarterdeck.Respond.Runs.Services;

/// <summary>
/// A process of an embedded environment. Whoever owns it watches the control folder: <c>NAME.stopped</c> asks it to stop, and
/// <c>NAME.is-stopped</c> says that it has. <c>NAME.carried</c> keeps the key of what was carried out last.
/// </summary>
internal sealed class ProcessDriver(TimeProvider clock) : IServiceDriver
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    public ServiceDriverKind Kind => ServiceDriverKind.Process;

    public IReadOnlyList<string>? Argv(ServiceBinding service, ServiceVerb verb) =>
        verb.Name switch
        {
            "status" or "get" or "logs" or "restart" or "start" or "stop" => ["process", verb.Name, service.Target],
            "scale" when verb.Replicas is { } replicas => ["process", "scale", service.Target, replicas.ToString(CultureInfo.InvariantCulture)],
            _ => null,
        };

    public async Task<CommandResult> Carry(
        ServiceBinding service, ServiceVerb verb, IReadOnlyList<string> argv, string key, TimeSpan limit, CancellationToken cancel)
    {
        if (verb.Name == "logs") return new CommandResult(0, await Log(service, verb.Lines ?? 200, cancel), "");
        if (!verb.Changes) return new CommandResult(0, (await Status(service, limit, cancel))!.Said, "");
        if (service.Control is not { } folder || !Directory.Exists(Path.GetDirectoryName(folder)))
            throw new CommandNotStartedException($"The environment that runs '{service.Service}' is not there: {service.Control} is no folder.");
        Directory.CreateDirectory(folder);
        var started = clock.GetTimestamp();
        if (verb is { Name: "stop" or "restart" } or { Name: "scale", Replicas: 0 })
        {
            await File.WriteAllTextAsync(Asked(service), "", cancel);
            if (!await Until(service, stopped: true)) return Late("stop");
        }

        if (verb is { Name: "start" or "restart" } or { Name: "scale", Replicas: > 0 })
        {
            File.Delete(Asked(service));
            if (!await Until(service, stopped: false)) return Late("start");
        }

        await File.WriteAllTextAsync(Kept(service), key, cancel);
        return new CommandResult(0, $"{service.Target} {verb.Name}: done", "");

        CommandResult Late(string what) => new(null, "", $"{service.Target} did not {what} within {limit.TotalSeconds:0.#} s. Does the environment that owns it run?");

        async Task<bool> Until(ServiceBinding of, bool stopped)
        {
            while (File.Exists(Answer(of)) != stopped)
            {
                if (clock.GetElapsedTime(started) > limit) return false;
                await Task.Delay(Look, clock, cancel);
            }

            return true;
        }
    }

    public Task<ServiceStatus?> Status(ServiceBinding service, TimeSpan limit, CancellationToken cancel)
    {
        var running = !File.Exists(Answer(service));
        return Task.FromResult<ServiceStatus?>(new ServiceStatus(running, running ? 1 : 0, running ? "running" : "stopped", running ? "running" : "stopped"));
    }

    public async Task<bool?> Carried(ServiceBinding service, string key, CancellationToken cancel) =>
        File.Exists(Kept(service)) && await File.ReadAllTextAsync(Kept(service), cancel) == key ? true : null;

    // Where the owner keeps it, beside the control folder.
    private static async Task<string> Log(ServiceBinding service, int lines, CancellationToken cancel)
    {
        var file = Path.Combine(Path.GetDirectoryName(service.Control!)!, "logs", $"{service.Target}.log");
        if (!File.Exists(file)) throw new CommandNotStartedException($"The environment keeps no log of '{service.Service}'.");
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        stream.Seek(Math.Max(0, stream.Length - 65_536), SeekOrigin.Begin);
        using var reader = new StreamReader(stream);
        return string.Join('\n', (await reader.ReadToEndAsync(cancel)).TrimEnd('\n').Split('\n').TakeLast(lines));
    }

    private static string Asked(ServiceBinding service) => Path.Combine(service.Control!, $"{service.Target}.stopped");

    private static string Answer(ServiceBinding service) => Path.Combine(service.Control!, $"{service.Target}.is-stopped");

    private static string Kept(ServiceBinding service) => Path.Combine(service.Control!, $"{service.Target}.carried");
}
