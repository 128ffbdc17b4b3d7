using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Quarterdeck.Benchmarks.Audit;
using Quarterdeck.Devnet.Postgres;

namespace Quarterdeck.Benchmarks.Commands;

/// <summary><c>bench audit</c>: appends beside plain commits, verification, proofs.</summary>
internal sealed class AuditBenchmark : Command
{
    public AuditBenchmark() : base("audit", "Audit appends beside plain single-row commits, offline verification, and proofs from a large tree.")
    {
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var seconds = new Option<double>("--seconds") { Description = "Length of each of the six append runs.", DefaultValueFactory = _ => 3 };
        var entries = new Option<int>("--entries") { Description = "Entries to verify.", DefaultValueFactory = _ => 1_000_000 };
        var tree = new Option<int>("--tree") { Description = "Leaves of the tree that proofs are made from.", DefaultValueFactory = _ => 10_000_000 };
        foreach (var option in new Option[] { json, seconds, entries, tree }) Options.Add(option);
        SetAction((parsed, cancel) => Run(
            parsed.GetValue(json), TimeSpan.FromSeconds(parsed.GetRequiredValue(seconds)), parsed.GetRequiredValue(entries),
            parsed.GetRequiredValue(tree), cancel));
    }

    private static async Task<int> Run(bool json, TimeSpan length, int entries, int tree, CancellationToken cancel)
    {
        var folder = Directory.CreateTempSubdirectory("quarterdeck-bench-");
        // As root the database runs as another user, who must be able to enter the folder.
        if (!OperatingSystem.IsWindows()) folder.UnixFileMode |= UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        try
        {
            var options = new PostgresOptions(Path.Combine(folder.FullName, "postgres")) { Durable = true };
            await using var postgres = await EmbeddedPostgres.Start(options, cancel);
            var appends = await AppendRates.Measure(postgres, folder.FullName, length, cancel);
            var verified = await VerifyRate.Measure(folder.FullName, entries, cancel);
            var proof = await ProofTime.Measure(postgres, tree, cancel);
            Print(json, appends, verified, proof, entries, tree);
            return 0;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Print(bool json, AppendRates appends, double verifiedPerMinute, TimeSpan proof, int entries, int tree)
    {
        if (json)
        {
            Console.WriteLine(new JsonObject
            {
                ["appendsPerSecond"] = Math.Round(appends.Appends),
                ["commitsPerSecond"] = Math.Round(appends.Commits),
                ["ratioToCommits"] = Math.Round(appends.Appends / appends.Commits, 3),
                ["verifiedPerMinute"] = Math.Round(verifiedPerMinute),
                ["proofMilliseconds"] = Math.Round(proof.TotalMilliseconds, 3),
                ["treeSize"] = tree,
            }.ToJsonString());
            return;
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"""
            appends    {appends.Appends:n0} a second, {appends.Appends / appends.Commits:f2} of {appends.Commits:n0} plain commits a second ({AppendRates.Writers} writers, durable)
            verify     {verifiedPerMinute:n0} entries a minute on one core ({entries:n0} entries)
            proof      {proof.TotalMilliseconds:f2} ms median from a tree of {tree:n0}
            """));
    }
}
