using System.Diagnostics;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Tests.Approvals;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Tests.Runs;

/// <summary>An engine in a process of its own, which can be killed.</summary>
internal static class EngineProcess
{
    /// <summary>The environment variable that makes the test program an engine: database, pack folder and operators.</summary>
    public const string Variable = "RESPOND_CHILD";

    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(60);

    /// <summary>Starts one.</summary>
    /// <param name="crashAt">The boundary at which it kills itself; null for none.</param>
    public static Process Start(string server, string pack, TestOperators operators, string? crashAt)
    {
        var people = string.Join(",", operators.People.Values.Select(p => $"{p.Id}={p.Credentials.OfType<OperatorCredential.Wallet>().Single().Address}"));
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList = { "exec", typeof(EngineProcess).Assembly.Location },
            Environment = { [Variable] = $"{server}|{pack}|{people}", [CrashPoints.Variable] = crashAt },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var child = Process.Start(start)!;
        // What nobody reads would fill the pipe and stop the child.
        child.OutputDataReceived += (_, _) => { };
        child.ErrorDataReceived += (_, _) => { };
        child.BeginOutputReadLine();
        child.BeginErrorReadLine();
        return child;
    }

    /// <summary>Is one, for a minute at most: a parent that dies does not leave it behind for long.</summary>
    public static async Task<int> Run(string settings)
    {
        var parts = settings.Split('|');
        var operators = new TestOperators();
        foreach (var person in parts[2].Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, wallet) = (person.Split('=')[0], Address.Parse(person.Split('=')[1]));
            operators.People[name] = new Operator(name, name, ["approver"], true, [new OperatorCredential.Wallet(name + "-wallet", wallet)]);
        }

        await using var world = await World.Start(
            parts[0], TestPack.Load(parts[1]), operators, workers: true,
            configure: options => options.ToolPath = Environment.GetEnvironmentVariable("RESPOND_TOOLS"));
        await Task.Delay(Lifetime);
        return 0;
    }
}
