using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Quarterdeck.Observe;
using Quarterdeck.Observe.Indexing;
using Quarterdeck.Packs;
using Quarterdeck.Primitives.Findings;
using Quarterdeck.Store;

namespace Quarterdeck.Server.Hosting;

/// <summary>
/// <c>Quarterdeck.Server index PACK --environment E [--until head|BLOCK]</c>: indexes one pack and does nothing else, with its
/// progress on the error output. Databases are those of <c>QUARTERDECK_DATABASE</c> and <c>QUARTERDECK_DATABASE_OWNER</c>.
/// </summary>
internal static class IndexCommand
{
    public const string Usage = "index PACK --environment NAME|FILE [--until head|BLOCK]";

    /// <summary>Runs it; the exit code: 0 done or stopped, 1 failed, 2 wrong use.</summary>
    public static async Task<int> Run(string[] args, Func<string, string?> variable, TextWriter errors, CancellationToken cancel)
    {
        if (args is not [_, var folder, .. var rest] || folder.StartsWith('-') || Value(rest, "--environment") is not { } environment)
            return await Wrong(errors, $"Usage: {Usage}");
        if (!Goal(Value(rest, "--until"), out var goal)) return await Wrong(errors, "--until is 'head' or the number of a block.");
        if (variable("QUARTERDECK_DATABASE") is not { Length: > 0 } database)
            return await Wrong(errors, "QUARTERDECK_DATABASE is not set: it is the PostgreSQL connection string of the server, such as Host=localhost;Database=quarterdeck;Username=quarterdeck_server.");
        var (pack, findings) = Load(folder, environment, variable);
        foreach (var finding in findings) await errors.WriteLineAsync(finding.ToString());
        if (pack is null) return 2;
        if (pack.Pack.Index.Count == 0) return await Wrong(errors, $"{pack.Pack.Name} has no index.yaml: there is nothing to index.");

        var owner = variable("QUARTERDECK_DATABASE_OWNER") is { Length: > 0 } given ? given : database;
        await Migrator.Migrate(owner, Composition.Schemas, cancel);
        await using var store = OperationsStore.Open(database, TimeProvider.System);
        var health = new ChainHealth(TimeProvider.System);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var printing = new IndexPrinter(pack, health, errors, TimeProvider.System).Run(stop.Token);
        try
        {
            await new PackIndexing(store, pack, health, NullLogger.Instance).Run(
                Composition.AsOwner(owner), goal,
                () => errors.WriteLine($"{pack.Pack.Name} is watched by another process, such as a server: waiting until it ends."), cancel);
            return 0;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return 0;
        }
        catch (Exception e) when (e is LeaseLostException or NpgsqlException)
        {
            await errors.WriteLineAsync(e.Message);
            return 1;
        }
        finally
        {
            await stop.CancelAsync();
            await printing;
        }
    }

    private static (BoundPack? Pack, IReadOnlyList<Finding> Findings) Load(string folder, string environment, Func<string, string?> variable)
    {
        var loaded = PackLoader.Load(folder);
        var findings = Errors(loaded.Findings);
        if (loaded.Pack is not { } pack) return (null, findings);
        var place = EnvironmentLoader.Load(pack, environment, variable);
        findings.AddRange(Errors(place.Findings));
        if (place.Environment is null) return (null, findings);
        var bound = BoundPack.Bind(pack, place.Environment);
        findings.AddRange(Errors(bound.Findings));
        return (bound.Pack, findings);
    }

    private static List<Finding> Errors(IEnumerable<Finding> findings) => [.. findings.Where(f => f.Severity == FindingSeverity.Error)];

    private static bool Goal(string? until, out IndexingGoal? goal)
    {
        goal = until switch
        {
            null => null,
            "head" => new IndexingGoal(null),
            _ => ulong.TryParse(until, NumberStyles.None, CultureInfo.InvariantCulture, out var block) ? new IndexingGoal(block) : null,
        };
        return until is null || goal is not null;
    }

    private static async Task<int> Wrong(TextWriter errors, string what)
    {
        await errors.WriteLineAsync(what);
        return 2;
    }

    private static string? Value(string[] args, string name)
    {
        var at = Array.IndexOf(args, name);
        return at >= 0 && at + 1 < args.Length ? args[at + 1] : null;
    }
}
