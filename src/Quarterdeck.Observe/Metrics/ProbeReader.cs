using System.Net.Sockets;
using Quarterdeck.Packs.Manifest;

namespace Quarterdeck.Observe.Metrics;

/// <summary>Asks a service whether it lives. Every answer but a clear yes is no; why is returned beside it.</summary>
internal sealed class ProbeReader(HttpClient http, TimeProvider clock)
{
    /// <summary>Null where the service is up, else what is wrong.</summary>
    /// <param name="probe">What is asked.</param>
    /// <param name="target">The probe's target with variables filled in.</param>
    /// <param name="cancel">Ends the probe early.</param>
    public async Task<string?> WhyDown(ServiceProbe probe, string target, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(probe.Timeout);
        try
        {
            return probe.Kind switch
            {
                ProbeKind.Http => await Http(target, limit.Token),
                ProbeKind.Tcp => await Tcp(target, limit.Token),
                ProbeKind.Process => Process(target),
                ProbeKind.Heartbeat => Heartbeat(target, probe.MaxAge ?? TimeSpan.FromMinutes(2)),
                _ => throw new InvalidOperationException($"No probe of the kind {probe.Kind}."),
            };
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return $"{target} did not answer within {probe.Timeout.TotalSeconds:0.###} s";
        }
        catch (Exception e) when (e is HttpRequestException or SocketException or IOException or UriFormatException)
        {
            return $"{target}: {e.Message}";
        }
    }

    private async Task<string?> Http(string url, CancellationToken cancel)
    {
        using var answer = await http.GetAsync(new Uri(url), HttpCompletionOption.ResponseHeadersRead, cancel);
        return answer.IsSuccessStatusCode ? null : $"{url} answered {(int)answer.StatusCode}";
    }

    private static async Task<string?> Tcp(string target, CancellationToken cancel)
    {
        var colon = target.LastIndexOf(':');
        if (colon < 1 || !int.TryParse(target.AsSpan(colon + 1), out var port)) return $"'{target}' is not host:port";
        using var client = new TcpClient();
        await client.ConnectAsync(target[..colon], port, cancel);
        return null;
    }

    private static string? Process(string name)
    {
        var found = System.Diagnostics.Process.GetProcessesByName(name);
        foreach (var process in found) process.Dispose();
        return found.Length > 0 ? null : $"no process named {name}";
    }

    private string? Heartbeat(string file, TimeSpan maxAge)
    {
        if (!File.Exists(file)) return $"no heartbeat file {file}";
        var age = clock.GetUtcNow() - new DateTimeOffset(File.GetLastWriteTimeUtc(file), TimeSpan.Zero);
        return age <= maxAge ? null : $"the heartbeat {file} is {age.TotalSeconds:0} s old";
    }
}
