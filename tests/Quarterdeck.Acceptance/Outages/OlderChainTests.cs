using System.Text.Json;
using Quarterdeck.Cli.Api;
using Quarterdeck.Devnet.Environments;

namespace Quarterdeck.Acceptance.Outages;

/// <summary>A devnet whose chain lost what the database has of it, as after a power cut between two of anvil's dumps.</summary>
[Trait("slow", "true")]
public sealed class OlderChainTests : IDisposable
{
    private readonly string _state = RunningEnvironment.Folder();

    private string ChainFile => Path.Combine(_state, "chain", "state.json");

    [Fact]
    public async Task A_chain_that_comes_back_older_than_it_was_indexed_is_followed_again_without_help()
    {
        ulong older;
        await using (var first = await Start()) older = await first.Anvil.Head(CancellationToken.None);
        var kept = await File.ReadAllBytesAsync(ChainFile);
        ulong indexed;
        await using (var second = await Start())
        {
            await RunningEnvironment.Until("thirty more blocks", async () => await second.Anvil.Head(CancellationToken.None) > older + 30 ? "so" : null);
            indexed = await Indexed(second, older + 30);
        }

        await File.WriteAllBytesAsync(ChainFile, kept);
        await using var third = await Start();
        Assert.True(await third.Anvil.Head(CancellationToken.None) < indexed);
        using var carol = await SignedIn(third);
        await RunningEnvironment.Until("indexing and sampling are at the head of the younger chain", async () =>
        {
            var head = await third.Anvil.Head(CancellationToken.None);
            var pack = (await carol.Get<JsonElement>("/api/overview", CancellationToken.None)).GetProperty("packs")[0];
            var seen = pack.GetProperty("chains")[0].GetProperty("head");
            var sampled = pack.GetProperty("metrics").EnumerateArray()
                .Select(metric => metric.GetProperty("block")).Where(block => block.ValueKind == JsonValueKind.Number).Select(block => block.GetUInt64()).ToList();
            return seen.ValueKind == JsonValueKind.Object && seen.GetProperty("number").GetUInt64() is var number && number <= head && number + 3 >= head
                && sampled.Count > 0 && sampled.Max() is var last && last <= head && last + 3 >= head ? "so" : null;
        });
        Assert.Equal(0, third.Server.Restarts);
    }

    public void Dispose() => DevEnvironment.Forget(_state);

    private Task<DevEnvironment> Start() =>
        DevEnvironment.Start(new EnvironmentOptions(_state, [RunningEnvironment.Musd]) { HttpPort = 0, RpcPort = 0 }, CancellationToken.None);

    private static async Task<ServerApi> SignedIn(DevEnvironment environment)
    {
        var api = new ServerApi(environment.Server.Url, TimeSpan.FromSeconds(10));
        await api.SignIn(environment.Keys.Operators[DevnetKeys.OnDuty], CancellationToken.None);
        return api;
    }

    private static async Task<ulong> Indexed(DevEnvironment environment, ulong atLeast)
    {
        using var api = await SignedIn(environment);
        var seen = 0UL;
        await RunningEnvironment.Until("the chain is indexed", async () =>
        {
            var chain = (await api.Get<HealthShape>("/health", CancellationToken.None)).Chains[0];
            seen = chain.Head ?? 0;
            return seen >= atLeast ? "so" : null;
        });
        return seen;
    }
}
