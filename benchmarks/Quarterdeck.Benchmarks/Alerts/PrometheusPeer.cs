using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Quarterdeck.Benchmarks.Alerts;

/// <summary>A real Prometheus that scrapes a target of ours and evaluates the same rules.</summary>
internal static partial class PrometheusPeer
{
    private const string Binary = "/usr/bin/prometheus";

    /// <summary>Median time of one evaluation of all rules, and peak memory; null where Prometheus is not installed.</summary>
    public static async Task<(double Milliseconds, double Megabytes)?> Measure(string rules, int series, int firing, CancellationToken cancel)
    {
        if (!File.Exists(Binary)) return null;
        var folder = Directory.CreateTempSubdirectory("quarterdeck-bench-").FullName;
        var (targetPort, port) = (FreePort(), FreePort());
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var serving = Serve(targetPort, series, firing, stop.Token);
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "rules.yaml"), rules, cancel);
            await File.WriteAllTextAsync(Path.Combine(folder, "prometheus.yaml"), $"""
                global: {"{"} scrape_interval: 5s, evaluation_interval: 5s {"}"}
                rule_files: [rules.yaml]
                scrape_configs:
                  - job_name: bench
                    static_configs: [ {"{"} targets: ["127.0.0.1:{targetPort}"] {"}"} ]
                """, cancel);
            var start = new ProcessStartInfo(Binary) { WorkingDirectory = folder, RedirectStandardError = true };
            foreach (var argument in (string[])["--config.file=prometheus.yaml", "--storage.tsdb.path=data", $"--web.listen-address=127.0.0.1:{port}", "--log.level=error"])
                start.ArgumentList.Add(argument);
            using var process = Process.Start(start)!;
            process.ErrorDataReceived += static (_, _) => { };
            process.BeginErrorReadLine();
            try
            {
                return await Watch(process, port, cancel);
            }
            finally
            {
                process.Kill();
                await process.WaitForExitAsync(CancellationToken.None);
            }
        }
        finally
        {
            await stop.CancelAsync();
            await serving;
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<(double, double)?> Watch(Process process, int port, CancellationToken cancel)
    {
        using var client = new HttpClient();
        var durations = new SortedDictionary<double, double>();
        // The first evaluations warm its caches; those after the window of 15 s count.
        var began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(50))
        {
            await Task.Delay(500, cancel);
            string metrics;
            try
            {
                metrics = await client.GetStringAsync($"http://127.0.0.1:{port}/metrics", cancel);
            }
            catch (HttpRequestException)
            {
                continue;
            }

            if (Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(15)) continue;
            if (Duration().Match(metrics) is { Success: true } duration && Timestamp().Match(metrics) is { Success: true } timestamp)
                durations[Number(timestamp)] = Number(duration) * 1000;
        }

        var peak = await File.ReadAllTextAsync($"/proc/{process.Id}/status", cancel);
        var megabytes = double.Parse(Peak().Match(peak).Groups[1].ValueSpan, CultureInfo.InvariantCulture) / 1024;
        return durations.Count == 0 ? null : (Median(durations.Values), megabytes);
    }

    /// <summary>The middle of the values.</summary>
    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }

    private static double Number(Match match) => double.Parse(match.Groups[1].ValueSpan, NumberStyles.Float, CultureInfo.InvariantCulture);

    private static async Task Serve(int port, int series, int firing, CancellationToken cancel)
    {
        using var listener = new HttpListener();
        listener.Prefixes.Add($"http://127.0.0.1:{port}/");
        listener.Start();
        using var registration = cancel.Register(listener.Stop);
        for (var round = 0; !cancel.IsCancellationRequested; round++)
        {
            HttpListenerContext context;
            try
            {
                context = await listener.GetContextAsync();
            }
            catch (Exception) when (cancel.IsCancellationRequested)
            {
                return;
            }

            var text = new StringBuilder("# TYPE bench_value gauge\n");
            for (var i = 0; i < series; i++)
                text.Append(CultureInfo.InvariantCulture, $"bench_value{{id=\"{i}\"}} {(i < firing ? 150 + round % 7 : i % 90)}\n");
            await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(text.ToString()), CancellationToken.None);
            context.Response.Close();
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    [GeneratedRegex(@"^prometheus_rule_group_last_duration_seconds\{[^}]*\} (\S+)$", RegexOptions.Multiline)]
    private static partial Regex Duration();

    [GeneratedRegex(@"^prometheus_rule_group_last_evaluation_timestamp_seconds\{[^}]*\} (\S+)$", RegexOptions.Multiline)]
    private static partial Regex Timestamp();

    [GeneratedRegex(@"VmHWM:\s+(\d+)")]
    private static partial Regex Peak();
}
