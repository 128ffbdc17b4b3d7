using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Quarterdeck.Benchmarks.Responding;
using Quarterdeck.Devnet.Chain;
using Quarterdeck.Devnet.Postgres;
using Quarterdeck.Observe;
using Quarterdeck.Respond;
using Quarterdeck.Store;

namespace Quarterdeck.Benchmarks.Commands;

/// <summary><c>bench respond</c>: four contracts paused in order by a run, beside the same four sent one after another by a script.</summary>
internal sealed class RespondBenchmark : Command
{
    public RespondBenchmark() : base("respond", "From the last approval to the first broadcast; four ordered pauses by a run beside the same four sent by a script, on blocks of one second.")
    {
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var rounds = new Option<int>("--rounds") { Description = "Rounds that are measured, after one that is not.", DefaultValueFactory = _ => 5 };
        Options.Add(json);
        Options.Add(rounds);
        SetAction((parsed, cancel) => Run(parsed.GetValue(json), parsed.GetRequiredValue(rounds), cancel));
    }

    private static async Task<int> Run(bool json, int rounds, CancellationToken cancel)
    {
        var folder = Directory.CreateTempSubdirectory("quarterdeck-bench-");
        // As root the database runs as another user, who must be able to enter the folder.
        if (!OperatingSystem.IsWindows()) folder.UnixFileMode |= UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        try
        {
            await using var postgres = await EmbeddedPostgres.Start(new PostgresOptions(Path.Combine(folder.FullName, "postgres")) { Durable = true }, cancel);
            await postgres.EnsureDatabase("bench", "template0", cancel);
            await Migrator.Migrate(
                postgres.ConnectionString("bench", EmbeddedPostgres.Owner), [typeof(OperationsStore).Assembly, typeof(ObserveModule).Assembly, typeof(RespondModule).Assembly], cancel);
            await using var anvil = await Anvil.Start(new AnvilOptions { BlockTime = TimeSpan.FromSeconds(1) }, cancel);
            await using var bench = await PauseBench.Start(postgres.ConnectionString("bench", EmbeddedPostgres.Server), anvil, cancel);
            // The first round compiles.
            await bench.Round(cancel);
            var measured = new List<PauseRound>();
            for (var i = 0; i < rounds; i++) measured.Add(await bench.Round(cancel));
            Print(json, measured);
            return 0;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Print(bool json, List<PauseRound> rounds)
    {
        double Median(Func<PauseRound, double> of) => rounds.Select(of).Order().ElementAt(rounds.Count / 2);
        var (handedIn, committed) = (Median(r => r.ToBroadcast.TotalMilliseconds), Median(r => r.AfterCommit.TotalMilliseconds));
        var (run, script) = (Median(r => r.RunTime.TotalMilliseconds), Median(r => r.ScriptTime.TotalMilliseconds));
        var (runBlocks, scriptBlocks) = (Median(r => r.RunBlocks), Median(r => r.ScriptBlocks));
        if (json)
        {
            Console.WriteLine(new JsonObject
            {
                ["rounds"] = rounds.Count,
                ["lastApprovalToBroadcastMilliseconds"] = Math.Round(handedIn, 1),
                ["acknowledgedToBroadcastMilliseconds"] = Math.Round(committed, 1),
                ["slowestApprovalToBroadcastMilliseconds"] = Math.Round(rounds.Max(r => r.ToBroadcast.TotalMilliseconds), 1),
                ["runMilliseconds"] = Math.Round(run),
                ["scriptMilliseconds"] = Math.Round(script),
                ["runBlocks"] = runBlocks,
                ["scriptBlocks"] = scriptBlocks,
            }.ToJsonString());
            return;
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"last approval handed in → first broadcast  {handedIn:0} ms median of {rounds.Count} (of which after its acknowledgement {committed:0} ms)"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"four ordered pauses by a run               {run:0} ms, {runBlocks} blocks: approved, verified and recorded"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"the same four sent by a script             {script:0} ms, {scriptBlocks} blocks: sent, receipts awaited"));
    }
}
