using System.Diagnostics;

namespace Quarterdeck.Packs.Tests.Alerts;

/// <summary>Prometheus's own checker, as the judge.</summary>
internal static class Promtool
{
    private const string Program = "/usr/bin/promtool";

    public const string Missing = "promtool is not installed (Debian package prometheus)";

    public static bool IsInstalled => File.Exists(Program);

    /// <summary>Whether promtool says yes.</summary>
    public static bool Run(params string[] arguments)
    {
        var start = new ProcessStartInfo(Program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        process.StandardOutput.ReadToEnd();
        errors.Wait();
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
