using System.Net;
using System.Text.Json;
using Quarterdeck.Cli.Api;
using Quarterdeck.Devnet.Chain;
using Quarterdeck.Devnet.Environments;

namespace Quarterdeck.Acceptance.Approvals;

[Collection(OneEnvironment.Name)]
public sealed class UnapprovedTests(RunningEnvironment running)
{
    [Fact]
    public async Task A_run_that_nobody_approves_sends_nothing_whatever_is_posted()
    {
        using var carol = await running.As(DevnetKeys.OnDuty);
        using var alice = await running.As("alice");
        var before = await Nonce();
        var run = await carol.Post<RunShape>(
            "/api/runs", new { pack = "musd", runbook = "emergency-pause", reason = "nobody will approve this" }, CancellationToken.None);
        var waiting = await RunningEnvironment.Until("the run waits for approval", async () =>
            await carol.Get<RunShape>($"/api/runs/{run.Id}", CancellationToken.None) is { State: "awaiting_approval", Plans: [_] } now ? now : null);
        var plan = waiting.Plans![0].Hash;

        // Not the operator on duty, not a signature of nothing, not a step confirmed by hand, not the run resumed.
        await Refused(HttpStatusCode.Forbidden, () => carol.Post($"/api/plans/{plan}/approvals", new { kind = "wallet", signature = "0x" + new string('1', 130) }, CancellationToken.None));
        await Refused(HttpStatusCode.Forbidden, () => alice.Post($"/api/plans/{plan}/approvals", new { kind = "wallet", signature = "0x" + new string('1', 130) }, CancellationToken.None));
        var send = waiting.Steps!.First(step => step.Kind == "send");
        await Refused(HttpStatusCode.Conflict, () => alice.Post($"/api/runs/{run.Id}/steps/{send.Index}/confirm", new { text = "done by hand" }, CancellationToken.None));
        await Refused(HttpStatusCode.Conflict, () => alice.Post($"/api/runs/{run.Id}/resume", new { reason = "go on" }, CancellationToken.None));

        var head = await running.Environment.Anvil.Head(CancellationToken.None);
        await RunningEnvironment.Until("three more blocks", async () =>
            await running.Environment.Anvil.Head(CancellationToken.None) >= head + 3 ? "so" : null);
        Assert.Equal(before, await Nonce());
        Assert.Empty(await carol.Get<JsonElement[]>($"/api/transactions?runId={run.Id}", CancellationToken.None));
        var after = await carol.Get<RunShape>($"/api/runs/{run.Id}", CancellationToken.None);
        Assert.Equal("awaiting_approval", after.State);
        await carol.Post($"/api/runs/{run.Id}/abort", new { reason = "the test is over" }, CancellationToken.None);
    }

    private static async Task Refused(HttpStatusCode status, Func<Task> post) =>
        Assert.Equal(status, (await Assert.ThrowsAsync<ApiException>(post)).Status);

    private async Task<ulong> Nonce() => DevnetRpc.Quantity(await running.Rpc.Send(
        "eth_getTransactionCount", [running.Deployed.Accounts["deployer"].ToString(), "latest"], CancellationToken.None));
}
