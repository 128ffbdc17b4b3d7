using Quarterdeck.Packs;
using Quarterdeck.Respond.Runs.Reading;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Runs.Effects;

/// <summary>Opens the databases of an environment for the statements of approved plans.</summary>
internal static class DatabaseWrites
{
    /// <exception cref="StepFailedException">The environment does not connect it, or its secret cannot be read.</exception>
    public static async Task<ForeignTransaction> Open(BoundPack pack, string name, RunOptions options, CancellationToken cancel)
    {
        if (!pack.Environment.Databases.TryGetValue(name, out var reference))
            throw new StepFailedException($"The environment has no database '{name}' now.", null);
        try
        {
            return ForeignTransaction.Open(
                await reference.Read(Environment.GetEnvironmentVariable, cancel), "quarterdeck runbook", options.CommandTimeout);
        }
        catch (Exception problem) when (problem is InvalidOperationException or ArgumentException)
        {
            throw new StepFailedException($"The connection of the database '{name}' cannot be used: {problem.GetType().Name}.", null);
        }
    }
}
