using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Cli.Api;
using Quarterdeck.Cli.Approvals;
using Quarterdeck.Cli.Drills;
using Quarterdeck.Devnet;
using Quarterdeck.Devnet.Environments;
using Quarterdeck.Devnet.Postgres;
using Quarterdeck.Devnet.Processes;
using Quarterdeck.Store;

namespace Quarterdeck.Acceptance.Crashes;

/// <summary>Two server processes on one database. The one that drives a run is killed in the middle of it, and nobody starts it again.</summary>
[Trait("slow", "true")]
public sealed class TwoServersTests(RunningEnvironment running) : IClassFixture<RunningEnvironment>
{
    private static readonly CancellationToken Cancel = CancellationToken.None;
    private static readonly string[] Ended = ["succeeded", "failed", "aborted"];

    [Fact]
    public async Task The_other_server_finishes_the_run_of_the_one_that_was_killed_and_pauses_nothing_twice()
    {
        // The environment's own server would come back by itself.
        await running.Environment.Server.DisposeAsync();
        using var first = await Replica.Start(running.Environment);
        using var second = await Replica.Start(running.Environment);
        await using var store = OperationsStore.Open(
            running.Environment.Postgres.ConnectionString("quarterdeck", EmbeddedPostgres.Server), TimeProvider.System);
        var before = await running.Environment.Anvil.Head(Cancel);

        var run = await ApprovedPause(first.Url, second.Url);
        await RunningEnvironment.Until("the first pause", async () =>
            (await running.Pauses.PausedNow(Cancel)).Count > 0 ? "" : null);
        var holder = await RunningEnvironment.Until("the lease of the run", () =>
            store.QueryFirstOrDefault<string>("select holder from store.leases where name = @name and holder <> ''", new { name = $"run:{run}" }, Cancel));
        var (killed, survivor) = holder.Contains($":{first.Id}:", StringComparison.Ordinal) ? (first, second) : (second, first);
        Assert.Contains($":{killed.Id}:", holder, StringComparison.Ordinal);
        killed.Kill();
        Assert.InRange((await running.Pauses.PausedNow(Cancel)).Count, 1, RunningEnvironment.PauseOrder.Length - 1);

        using var api = new ServerApi(survivor.Url, TimeSpan.FromSeconds(30));
        await api.SignIn(running.Environment.Keys.Operators[DevnetKeys.OnDuty], Cancel);
        var state = await RunningEnvironment.Until("the end of the run", async () =>
            (await api.Get<JsonElement>($"/api/runs/{run}", Cancel)).GetProperty("state").GetString() is { } now && Ended.Contains(now) ? now : null);

        Assert.Equal("succeeded", state);
        Assert.Equal(RunningEnvironment.PauseOrder, await running.Pauses.PausedNow(Cancel));
        Assert.Equal(RunningEnvironment.PauseOrder, (await running.Pauses.PausedSince(before, Cancel)).Select(e => e.Contract));
        // Every event of the contracts counts: a second pause would be one more, a second transaction one more row.
        Assert.Equal(RunningEnvironment.PauseOrder.Length, await PausedEvents(before));
        Assert.Equal(RunningEnvironment.PauseOrder.Length, await store.QueryFirstOrDefault<long>("select count(*) from transactions.transactions where run_id = @run", new { run }, Cancel));
        Assert.Equal(2, await store.QueryFirstOrDefault<long>("select count(distinct fence) from runs.journal where run_id = @run and kind = 'intent'", new { run }, Cancel));
        Assert.Null(await AuditProof.Of(api, run, Cancel));
    }

    // Proposed and approved once at the one, once at the other: neither is special.
    private async Task<string> ApprovedPause(Uri one, Uri other)
    {
        using var carol = new ServerApi(one, TimeSpan.FromSeconds(30));
        await carol.SignIn(running.Environment.Keys.Operators[DevnetKeys.OnDuty], Cancel);
        var proposed = await carol.Post<JsonElement>("/api/runs", new { pack = running.Pack.Name, runbook = "emergency-pause", reason = "one of two servers will die" }, Cancel);
        var run = proposed.GetProperty("id").GetString()!;
        var hash = await RunningEnvironment.Until("a plan that waits", async () =>
            (await carol.Get<JsonElement>($"/api/runs/{run}", Cancel)).GetProperty("pendingPlan") is { ValueKind: JsonValueKind.Object } plan ? plan.GetProperty("hash").GetString() : null);
        foreach (var (name, url) in new[] { ("alice", one), ("bob", other) })
        {
            using var api = new ServerApi(url, TimeSpan.FromSeconds(30));
            var wallet = running.Environment.Keys.Operators[name];
            await api.SignIn(wallet, Cancel);
            var whole = await api.Get<JsonElement>($"/api/plans/{hash}", Cancel);
            var signature = Hex.Data(wallet.Sign(SignedSheet.Read(hash, whole).Digest));
            await api.Post($"/api/plans/{hash}/approvals", new { kind = "wallet", signature, confirmed = Drill.Confirmation(await api.Get<PlanShape>($"/api/plans/{hash}", Cancel)) }, Cancel);
        }

        return run;
    }

    private async Task<int> PausedEvents(ulong since)
    {
        var paused = Chains.Evm.Abi.AbiEvent.Parse("event Paused(address account)").Topic0.ToString();
        var logs = await running.Rpc.Send("eth_getLogs", [new { fromBlock = Hex.Quantity(since), topics = new[] { paused } }], Cancel);
        return logs.GetArrayLength();
    }

    /// <summary>A server process as a team runs several of.</summary>
    private sealed class Replica : IDisposable
    {
        private readonly Process _process;

        private Replica(Process process, Uri url) => (_process, Url) = (process, url);

        public Uri Url { get; }

        public string Id => _process.Id.ToString(CultureInfo.InvariantCulture);

        public static async Task<Replica> Start(DevEnvironment environment)
        {
            var project = Path.Combine(RepositoryRoot.Find(), "src", "Quarterdeck.Server");
            var url = new Uri($"http://127.0.0.1:{FreePort.Next()}");
            var start = new ProcessStartInfo(BuildOutput.Dotnet, [BuildOutput.Of(project)])
            {
                WorkingDirectory = project,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            foreach (var (name, value) in environment.ServerSettings) start.Environment[name] = value;
            start.Environment["QUARTERDECK_URLS"] = url.ToString().TrimEnd('/');
            var process = Process.Start(start)!;
            // What nobody reads would fill the pipe and stop it.
            process.OutputDataReceived += (_, _) => { };
            process.ErrorDataReceived += (_, _) => { };
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            var replica = new Replica(process, url);
            using var http = new HttpClient { BaseAddress = url, Timeout = TimeSpan.FromSeconds(5) };
            await RunningEnvironment.Until("a healthy server", async () =>
            {
                if (process.HasExited) Assert.Fail($"The server ended with {process.ExitCode}.");
                try
                {
                    using var answer = await http.GetAsync(new Uri("/health", UriKind.Relative), Cancel);
                    return answer.IsSuccessStatusCode ? "" : null;
                }
                catch (HttpRequestException)
                {
                    // Not listening yet.
                    return null;
                }
            });
            return replica;
        }

        public void Kill()
        {
            _process.Kill();
            _process.WaitForExit();
        }

        public void Dispose()
        {
            if (!_process.HasExited) Kill();
            _process.Dispose();
        }
    }
}
