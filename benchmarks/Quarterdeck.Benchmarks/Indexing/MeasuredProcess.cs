using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Quarterdeck.Benchmarks.Indexing;

/// <summary>A process from its start to its end, or to the moment that something is done, with the memory of its tree.</summary>
internal static class MeasuredProcess
{
    /// <summary>Seconds, peak megabytes and what it wrote. Where <paramref name="isDone"/> is given it is ended once that holds.</summary>
    /// <exception cref="InvalidOperationException">It ended with another code than 0; the message holds its last words.</exception>
    public static async Task<(double Seconds, double PeakMegabytes, string Output)> Run(
        string program, IReadOnlyList<string> arguments, string folder, IReadOnlyDictionary<string, string> environment, Func<Task<bool>>? isDone,
        TimeSpan limit, CancellationToken cancel)
    {
        var start = new ProcessStartInfo(program) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        var (output, peak) = (new StringBuilder(), 0.0);
        var began = Stopwatch.GetTimestamp();
        using var process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => Add(output, line.Data);
        process.ErrorDataReceived += (_, line) => Add(output, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            while (!process.HasExited)
            {
                peak = Math.Max(peak, Memory(process.Id));
                if (isDone is not null && await isDone()) return (Stopwatch.GetElapsedTime(began).TotalSeconds, peak, output.ToString());
                if (Stopwatch.GetElapsedTime(began) > limit) throw new InvalidOperationException($"{program} was not done after {limit.TotalSeconds} s:\n{End(output)}");
                await Task.WhenAny(process.WaitForExitAsync(cancel), Task.Delay(isDone is null ? 20 : 50, cancel));
            }

            var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            await process.WaitForExitAsync(cancel);
            return process.ExitCode == 0 && isDone is null
                ? (seconds, peak, output.ToString())
                : throw new InvalidOperationException($"{program} {string.Join(' ', arguments.Take(2))} ended with code {process.ExitCode}:\n{End(output)}");
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    private static void Add(StringBuilder output, string? line)
    {
        lock (output) output.AppendLine(line);
    }

    private static string End(StringBuilder output)
    {
        lock (output) return output.ToString(Math.Max(0, output.Length - 2000), Math.Min(output.Length, 2000));
    }

    private static double Memory(int process)
    {
        try
        {
            var line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
