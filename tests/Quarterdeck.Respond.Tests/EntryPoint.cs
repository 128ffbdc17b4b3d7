namespace Quarterdeck.Respond.Tests;

/// <summary>
/// The test program. Where a test starts it as an engine it is one at once, without looking for tests first: such a process is killed
/// and started anew hundreds of times.
/// </summary>
internal static class EntryPoint
{
    public static async Task<int> Main(string[] args) =>
        Environment.GetEnvironmentVariable(Runs.EngineProcess.Variable) is { Length: > 0 } settings
            ? await Runs.EngineProcess.Run(settings)
            : args.Any(arg => arg is "--server" or "--internal-msbuild-node")
                ? await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions)
                : await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
}
