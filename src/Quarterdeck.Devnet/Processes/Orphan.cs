using System.ComponentModel;
using System.Diagnostics;

namespace Quarterdeck.Devnet.Processes;

/// <summary>A child that outlived a parent which was killed; found by the process id that it or we wrote down.</summary>
internal static class Orphan
{
    /// <summary>
    /// Stops the process if it runs and its command line holds <paramref name="mark"/>: an id alone may have been given to
    /// another process since.
    /// </summary>
    public static async Task Stop(int process, string mark, CancellationToken cancel)
    {
        if (!IsOurs(process, mark)) return;
        foreach (var (signal, patience) in new[] { (Posix.Interrupt, 10), (Posix.Quit, 5), (Posix.KillNow, 5) })
        {
            Posix.Signal(process, signal);
            for (var waited = 0; waited < patience * 50; waited++)
            {
                if (!IsOurs(process, mark)) return;
                await Task.Delay(20, cancel);
            }
        }

        throw new DevnetException($"Process {process}, left by an earlier run, does not end. End it by hand: kill -9 {process}.");
    }

    private static bool IsOurs(int process, string mark)
    {
        if (OperatingSystem.IsLinux())
        {
            try
            {
                // A zombie has an empty command line, so it does not count.
                return File.ReadAllText($"/proc/{process}/cmdline").Contains(mark, StringComparison.Ordinal);
            }
            catch (IOException)
            {
                return false;
            }
        }

        try
        {
            using var ps = Process.Start(new ProcessStartInfo("ps", ["-p", $"{process}", "-o", "args="]) { RedirectStandardOutput = true })!;
            return ps.StandardOutput.ReadToEnd().Contains(mark, StringComparison.Ordinal);
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
