using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Quarterdeck.Benchmarks.Indexing;
using Quarterdeck.Devnet.Postgres;

namespace Quarterdeck.Benchmarks.Commands;

/// <summary><c>bench index</c>: from process start to the last row, beside the floor, Subsquid and Ponder.</summary>
internal sealed class IndexBenchmark : Command
{
    public IndexBenchmark() : base("index", "Events indexed from process start to the last row, beside the floor, Subsquid and Ponder: same anvil, same PostgreSQL, same run.")
    {
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var blocks = new Option<int>("--blocks") { Description = "Blocks of 100 events.", DefaultValueFactory = _ => 2000 };
        var runs = new Option<int>("--runs") { Description = "Runs of ours, of which the median counts.", DefaultValueFactory = _ => 5 };
        var peers = new Option<int>("--peer-runs") { Description = "Runs of each peer, of which the median counts; 0 for none.", DefaultValueFactory = _ => 1 };
        var shipped = new Option<bool>("--as-shipped") { Description = "Run Ponder also with its own limit of requests, which takes more than a minute." };
        var memory = new Option<long?>("--memory")
        {
            Description = "Only the peak memory over so many events, 5,000,000 say, beside that over 200,000: the real logs of a few blocks are replayed by a stand-in for the node.",
        };
        foreach (var option in new Option[] { json, blocks, runs, peers, shipped, memory }) Options.Add(option);
        SetAction((parsed, cancel) => parsed.GetValue(memory) is { } events ? Memory(parsed.GetValue(json), events, cancel) : Run(
            parsed.GetValue(json), parsed.GetRequiredValue(blocks), parsed.GetRequiredValue(runs), parsed.GetRequiredValue(peers), parsed.GetValue(shipped), cancel));
    }

    private static async Task<int> Memory(bool json, long events, CancellationToken cancel)
    {
        const int Few = 200_000;
        return await In(async (folder, postgres) =>
        {
            await using var real = await TransferChain.Start(20, cancel);
            var own = new OwnRuns(real, postgres, folder);
            var figures = new JsonObject { ["events"] = events, ["replayed"] = true };
            foreach (var (name, count) in ((string, long)[])[("few", Few), ("many", events)])
            {
                await using var replayed = await ReplayedChain.Of(real, (int)(count / TransferChain.LogsOfBlock), cancel);
                var (seconds, megabytes) = await own.Index(replayed.Endpoint, replayed.Blocks, cancel);
                figures[name == "few" ? "peakMegabytesOf200000" : "peakMegabytes"] = Math.Round(megabytes, 1);
                if (name == "many") figures["eventsPerSecond"] = Math.Round(count / seconds);
            }

            Print(json, figures);
        }, cancel);
    }

    private static async Task<int> Run(bool json, int blocks, int runs, int peerRuns, bool asShipped, CancellationToken cancel)
    {
        return await In(async (folder, postgres) =>
        {
            await using var chain = await TransferChain.Start(blocks, cancel);
            var own = new OwnRuns(chain, postgres, folder);
            var ours = new List<(double Seconds, double Megabytes)>();
            var floors = new List<Floor>();
            // Turn by turn, so that whatever else the machine does meets both.
            for (var run = 0; run < runs; run++)
            {
                ours.Add(await own.Index(cancel));
                floors.Add(await own.Floor(cancel));
            }

            double Median(Func<Floor, double> of) => Alerts.PrometheusPeer.Median(floors.Select(of));
            var (floor, fetch, copy) = (Median(f => f.Process), Median(f => f.Fetch), Median(f => f.Copy));
            var peers = new Peers(chain, postgres);
            var subsquid = await Peer("subsquid", peerRuns, peers.Subsquid, cancel);
            var ponder = await Peer("ponder", peerRuns, c => peers.Ponder(Peers.Unthrottled, c), cancel);
            var shipped = asShipped ? await Peer("ponder", 1, c => peers.Ponder(1, c), cancel) : null;
            var live = await own.Live(cancel);
            var seconds = Alerts.PrometheusPeer.Median(ours.Select(o => o.Seconds));
            Print(json, new JsonObject
            {
                ["events"] = chain.Events,
                ["eventsPerSecond"] = Math.Round(chain.Events / seconds),
                ["ratioToFloor"] = Math.Round(floor / seconds, 2),
                ["ratioToFloorWithoutStart"] = Math.Round((fetch + copy) / seconds, 2),
                ["ratioToPonder"] = Ratio(ponder, seconds),
                ["ratioToSubsquid"] = Ratio(subsquid, seconds),
                ["peakMegabytes"] = Math.Round(ours.Max(o => o.Megabytes), 1),
                ["seconds"] = Math.Round(seconds, 3),
                ["floorSeconds"] = Math.Round(floor, 3),
                ["fetchSeconds"] = Math.Round(fetch, 3),
                ["copySeconds"] = Math.Round(copy, 3),
                ["ponderSeconds"] = ponder,
                ["ponderAsShippedSeconds"] = shipped,
                ["subsquidSeconds"] = subsquid,
                ["liveMilliseconds"] = Math.Round(live, 2),
                ["loadAverage"] = double.Parse((await File.ReadAllTextAsync("/proc/loadavg", cancel)).Split(' ')[0], CultureInfo.InvariantCulture),
            });
        }, cancel);
    }

    private static async Task<int> In(Func<string, EmbeddedPostgres, Task> measure, CancellationToken cancel)
    {
        var folder = Directory.CreateTempSubdirectory("quarterdeck-bench-");
        // As root the database runs as another user, who must be able to enter the folder.
        if (!OperatingSystem.IsWindows()) folder.UnixFileMode |= UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        try
        {
            await using var postgres = await EmbeddedPostgres.Start(new PostgresOptions(Path.Combine(folder.FullName, "postgres")) { Durable = true }, cancel);
            await measure(folder.FullName, postgres);
            return 0;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static double? Ratio(double? peer, double ours) => peer is { } seconds ? Math.Round(seconds / ours, 1) : null;

    private static async Task<double?> Peer(string name, int runs, Func<CancellationToken, Task<double>> run, CancellationToken cancel)
    {
        if (runs == 0) return null;
        if (await Peers.Install(name, cancel) is { } why)
        {
            await Console.Error.WriteLineAsync(why);
            return null;
        }

        try
        {
            var seconds = new List<double>();
            for (var i = 0; i < runs; i++) seconds.Add(await run(cancel));
            return Math.Round(Alerts.PrometheusPeer.Median(seconds), 2);
        }
        catch (InvalidOperationException e)
        {
            await Console.Error.WriteLineAsync($"{name} has no figure: {e.Message}");
            return null;
        }
    }

    private static void Print(bool json, JsonObject figures)
    {
        if (json)
        {
            Console.WriteLine(figures.ToJsonString());
            return;
        }

        foreach (var (name, value) in figures) Console.WriteLine($"{name,-24} {value?.ToJsonString() ?? "-"}");
    }
}
