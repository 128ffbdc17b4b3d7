using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Numerics;
using System.Text.Json;
using Npgsql;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Server.Identity;
using Quarterdeck.Server.Tests.Identity;
using Quarterdeck.Store;

namespace Quarterdeck.Server.Tests.Hostile;

/// <summary>A person with a wallet who is signed in to a real server.</summary>
internal sealed class Member(ServerFixture server, string id, TestKey key, HttpClient client) : IDisposable
{
    public string Id => id;

    public TestKey Key => key;

    public HttpClient Client => client;

    public string Sign(Plan plan) => "0x" + Convert.ToHexStringLower(key.Sign(PlanTypedData.SigningHash(plan)).ToArray());

    public Task<HttpResponseMessage> Approve(Plan plan, string? signature = null, Hash32? hash = null) =>
        client.PostAsJsonAsync($"/api/plans/{hash ?? plan.Hash}/approvals", new { kind = "wallet", signature = signature ?? Sign(plan) });

    /// <summary>How many entries of this person's there are with this action.</summary>
    public Task<long> Entries(string action) => Crew.Entries(server, action, $"operator:{id}");

    public void Dispose()
    {
        key.Dispose();
        client.Dispose();
    }
}

/// <summary>Makes people and plans on a real server.</summary>
internal static class Crew
{
    private static readonly CancellationToken Cancel = CancellationToken.None;
    private static int _count;

    public static async Task<Member> Join(ServerFixture server, params string[] roles)
    {
        var id = $"crew{Interlocked.Increment(ref _count)}";
        await server.Get<Operators>().Add(Actor.Cli("test"), id, roles, "a test needs one", Cancel);
        var key = new TestKey();
        await server.Store.Act(Actor.Cli("test"), "a test needs one", act => server.Get<Wallets>().Add(act, id, key.Address, "test"), Cancel);
        return new Member(server, id, key, await SignIn(server, key));
    }

    public static async Task<HttpClient> SignIn(ServerFixture server, TestKey key)
    {
        var client = server.Stranger();
        var reply = await TrySignIn(client, key);
        reply.EnsureSuccessStatusCode();
        var session = await reply.Content.ReadFromJsonAsync<JsonElement>(Cancel);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", session.GetProperty("token").GetString());
        return client;
    }

    public static async Task<HttpResponseMessage> TrySignIn(HttpClient client, TestKey key)
    {
        var challenge = await (await client.PostAsJsonAsync("/api/auth/wallet/challenge", new { address = key.Address.ToString() }))
            .Content.ReadFromJsonAsync<JsonElement>(Cancel);
        var message = challenge.GetProperty("message").GetString()!;
        return await client.PostAsJsonAsync("/api/auth/wallet", new { message, signature = key.SignMessage(message) });
    }

    public static Plan Draft(
        string requester, string environment = "none", bool requesterCounts = false, DateTimeOffset? expires = null, string[]? breakGlass = null,
        bool typed = false, string actionClass = "pause", byte[]? calldata = null)
    {
        var now = DateTimeOffset.FromUnixTimeMilliseconds(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
        var target = Address.Parse("0x5FbDB2315678afecb367f032d93F642f64180aa3");
        return new Plan(
            environment, "musd", "emergency-pause", new Hash32(new byte[32]), $"run_{Guid.NewGuid():N}", 1, requester,
            new PolicyTerms("emergency-pause", 2, ["approver"], requesterCounts, TimeSpan.FromMinutes(30), typed) { BreakGlass = breakGlass ?? [] },
            now.AddMinutes(-10), expires ?? now.AddMinutes(30), new Hash32(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32)),
            [
                new PlannedCall(
                    1, 0, ChainId.Evm(31337), "deployer", Address.Parse("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"), target, "Vault", "pause()", [],
                    calldata ?? Convert.FromHexString("8456cb59"), BigInteger.Zero, actionClass, 0, null, new CallForecast(CallForecast.Succeeds, null, 1, [])),
            ],
            new PlanSimulation(1, new Hash32(new byte[32]), "eth_call"), []);
    }

    /// <summary>Puts a plan up as the engine does. Its run is over, so that no worker touches it.</summary>
    public static async Task<Plan> Submit(ServerFixture server, Plan plan)
    {
        await server.Store.Act(Actor.Parse(plan.Requester), "test", async act =>
        {
            act.Record("plan.propose", plan.Hash.ToString(), new() { ["run"] = plan.Run });
            await act.Execute(
                """
                insert into runs.runs (id, pack, runbook, title, severity, environment, runbook_source, runbook_hash, requester, reason, state, proposed_at,
                                       ended_at)
                values (@run, 'musd', 'r', 'R', 'critical', 'none', '', sha256(''), @requester, 'x', 'succeeded', @now, @now)
                """, new { run = plan.Run, requester = plan.Requester, now = act.Now });
            await act.Execute(
                """
                insert into approvals.plans (hash, canonical, run_id, stage, requester, created_at, expires_at)
                values (@hash, @canonical, @run, @stage, @requester, @created, @expires)
                """,
                new
                {
                    hash = plan.Hash,
                    canonical = plan.Canonical,
                    run = plan.Run,
                    stage = plan.Stage,
                    requester = plan.Requester,
                    created = plan.CreatedAt,
                    expires = plan.ExpiresAt,
                });
        }, Cancel);
        return plan;
    }

    public static Task<string?> State(ServerFixture server, Plan plan) =>
        server.Store.QueryFirstOrDefault<string>("select state from approvals.plans where hash = @h", new { h = plan.Hash });

    public static Task<long> Entries(ServerFixture server, string action, string? actor = null) => server.Store.QueryFirstOrDefault<long>(
        """
        select count(*) from audit.inbox where action = @action
          and (@actor::text is null or convert_from(entry, 'UTF8')::jsonb ->> 'actor' = @actor)
        """, new { action, actor });

    /// <summary>Runs SQL with the server's database role, as one who has its password would.</summary>
    public static async Task AsServer(ServerFixture server, string sql)
    {
        await using var connection = new NpgsqlConnection(server.Admin + ";Pooling=false");
        await connection.OpenAsync(Cancel);
        await using var command = new NpgsqlCommand($"set role {Migrator.ServerRole}; {sql}", connection);
        await command.ExecuteNonQueryAsync(Cancel);
    }
}
