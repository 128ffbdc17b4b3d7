using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Server.Identity;

namespace Quarterdeck.Server.Tests.Hostile;

/// <summary>One operator, with everything that one operator has, wants a plan approved that takes two. Each try is refused and leaves a trace.</summary>
public sealed class ActingAloneTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private static readonly CancellationToken Cancel = CancellationToken.None;

    [Fact]
    public async Task Who_asked_does_not_approve_and_nobody_approves_twice()
    {
        using var alice = await Crew.Join(server, "operator", "approver");
        using var mallory = await Crew.Join(server, "operator", "approver");
        var own = await Crew.Submit(server, Crew.Draft($"operator:{mallory.Id}"));
        await Refused(mallory, "plan.approval-refused", () => mallory.Approve(own), HttpStatusCode.Forbidden);

        var plan = await Crew.Submit(server, Crew.Draft($"operator:{alice.Id}"));
        Assert.Equal(HttpStatusCode.OK, (await mallory.Approve(plan)).StatusCode);
        await Refused(mallory, "plan.approval-refused", () => mallory.Approve(plan), HttpStatusCode.Conflict);
        Assert.Equal("pending", await Crew.State(server, plan));
    }

    [Fact]
    public async Task A_second_account_cannot_have_the_same_wallet_nor_sign_with_it()
    {
        using var mallory = await Crew.Join(server, "approver");
        using var second = await Crew.Join(server, "approver");
        var plan = await Crew.Submit(server, Crew.Draft("system:alerts"));
        Assert.Equal(HttpStatusCode.OK, (await mallory.Approve(plan)).StatusCode);
        await Refused(second, "plan.approval-refused", () => second.Approve(plan, mallory.Sign(plan)), HttpStatusCode.Forbidden);

        var asked = await second.Client.PostAsJsonAsync("/api/auth/wallet/enrol/challenge", new { address = mallory.Key.Address.ToString() }, Cancel);
        var message = (await asked.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("message").GetString()!;
        await Refused(second, "credential.add-refused", () => second.Client.PostAsJsonAsync(
            "/api/auth/wallet/enrol", new { message, signature = mallory.Key.SignMessage(message) }), HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task Signatures_are_good_for_one_plan_one_environment_and_one_person()
    {
        using var alice = await Crew.Join(server, "approver");
        using var mallory = await Crew.Join(server, "approver");
        var earlier = await Crew.Submit(server, Crew.Draft("system:alerts"));
        Assert.Equal(HttpStatusCode.OK, (await alice.Approve(earlier)).StatusCode);
        var plan = await Crew.Submit(server, Crew.Draft("system:alerts"));
        var elsewhere = Plan.Read(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(plan.Canonical).Replace("\"environment\":\"none\"", "\"environment\":\"staging\"", StringComparison.Ordinal)));
        Assert.NotEqual(plan.Hash, elsewhere.Hash);
        foreach (var signature in new[]
        {
            alice.Sign(earlier), alice.Sign(plan), mallory.Sign(elsewhere), mallory.Sign(earlier), "0x" + new string('0', 130),
            mallory.Key.SignMessage(plan.Hash.ToString()), mallory.Key.SignMessage(Encoding.UTF8.GetString(plan.Canonical)),
        })
        {
            await Refused(mallory, "plan.approval-refused", () => mallory.Approve(plan, signature), HttpStatusCode.Forbidden);
        }

        Assert.Equal(HttpStatusCode.NotFound, (await mallory.Approve(elsewhere)).StatusCode);
        Assert.Equal("pending", await Crew.State(server, plan));
    }

    [Fact]
    public async Task A_stale_rejected_voided_or_used_plan_takes_no_approval()
    {
        using var mallory = await Crew.Join(server, "approver");
        var late = await Crew.Submit(server, Crew.Draft("system:alerts", expires: DateTimeOffset.FromUnixTimeMilliseconds(TimeProvider.System.GetUtcNow().AddMinutes(-1).ToUnixTimeMilliseconds())));
        await Refused(mallory, "plan.approval-refused", () => mallory.Approve(late), HttpStatusCode.Conflict);
        var plan = await Crew.Submit(server, Crew.Draft("system:alerts"));
        await Crew.AsServer(server, $"update approvals.plans set state = 'void', closed_at = now(), closed_by = 'system:runs', closed_reason = 'the runbook changed' where hash = '\\x{Convert.ToHexString(plan.Hash.ToArray())}'");
        await Refused(mallory, "plan.approval-refused", () => mallory.Approve(plan), HttpStatusCode.Conflict);

        var denied = await Crew.Submit(server, Crew.Draft("system:alerts"));
        Assert.Equal(HttpStatusCode.NoContent, (await mallory.Client.PostAsJsonAsync($"/api/plans/{denied.Hash}/reject", new { reason = "no" }, Cancel)).StatusCode);
        await Refused(mallory, "plan.approval-refused", () => mallory.Approve(denied), HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task Approvals_of_one_person_at_the_same_instant_count_once()
    {
        using var mallory = await Crew.Join(server, "approver");
        using var again = await Crew.SignIn(server, mallory.Key);
        var plan = await Crew.Submit(server, Crew.Draft("system:alerts"));
        var signature = mallory.Sign(plan);
        var replies = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => (i % 2 == 0 ? mallory.Client : again).PostAsJsonAsync(
            $"/api/plans/{plan.Hash}/approvals", new { kind = "wallet", signature })));
        Assert.Single(replies, r => r.StatusCode == HttpStatusCode.OK);
        Assert.Equal("pending", await Crew.State(server, plan));
        Assert.Equal(11, await mallory.Entries("plan.approval-refused"));
    }

    [Fact]
    public async Task A_removed_or_expired_operator_approves_nothing_and_a_changed_role_holds_at_once()
    {
        using var removed = await Crew.Join(server, "approver");
        using var expired = await Crew.Join(server, "approver");
        using var demoted = await Crew.Join(server, "approver");
        var plan = await Crew.Submit(server, Crew.Draft("system:alerts"));
        await server.Get<Operators>().Remove(Actor.Cli("test"), removed.Id, "left", Cancel);
        await server.Store.Act(Actor.Cli("test"), "test", async act =>
        {
            act.Record("test.change", plan.Run);
            await server.Get<OperatorRows>().Put(act, expired.Id, null, ["approver"], act.Now.AddSeconds(-1));
            await server.Get<OperatorRows>().Put(act, demoted.Id, null, ["viewer"], null);
        }, Cancel);
        foreach (var (who, status) in new[] { (removed, HttpStatusCode.Unauthorized), (expired, HttpStatusCode.Unauthorized), (demoted, HttpStatusCode.Forbidden) })
        {
            await Refused(who, "access.refused", () => who.Approve(plan), status);
            using var stranger = server.Stranger();
            if (who != demoted) Assert.Equal(HttpStatusCode.Forbidden, (await Crew.TrySignIn(stranger, who.Key)).StatusCode);
        }
    }

    [Fact]
    public async Task Removal_and_approval_at_the_same_instant_leave_no_approval_that_counts()
    {
        for (var round = 0; round < 8; round++)
        {
            using var alice = await Crew.Join(server, "approver");
            using var mallory = await Crew.Join(server, "approver");
            var plan = await Crew.Submit(server, Crew.Draft("system:alerts"));
            Assert.Equal(HttpStatusCode.OK, (await alice.Approve(plan)).StatusCode);
            await Task.WhenAll(
                mallory.Approve(plan), server.Get<Operators>().Remove(Actor.Cli("test"), mallory.Id, "left", Cancel));
            Assert.False(await server.Store.QueryFirstOrDefault<bool>("select approvals.quorum(@h)", new { h = plan.Hash }));
        }
    }

    [Fact]
    public async Task What_a_body_or_a_header_says_of_the_caller_changes_nothing()
    {
        using var alice = await Crew.Join(server, "approver");
        using var viewer = await Crew.Join(server, "viewer");
        var plan = await Crew.Submit(server, Crew.Draft("system:alerts"));
        foreach (var header in new[] { "X-Operator", "X-Forwarded-User", "X-Remote-User", "X-Quarterdeck-Operator", "X-Original-User", "X-HTTP-Method-Override" })
            viewer.Client.DefaultRequestHeaders.TryAddWithoutValidation(header, header.EndsWith("Override", StringComparison.Ordinal) ? "GET" : alice.Id);
        var body = new
        {
            kind = "wallet",
            signature = viewer.Sign(plan),
            @operator = alice.Id,
            operatorId = alice.Id,
            operator_id = alice.Id,
            roles = new[] { "approver" },
            state = "approved",
            required = 1,
            policy = new { required = 0 },
            credentialKey = "00",
        };
        await Refused(viewer, "access.refused", () => viewer.Client.PostAsJsonAsync($"/api/plans/{plan.Hash}/approvals", body), HttpStatusCode.Forbidden);

        var counted = await alice.Client.PostAsJsonAsync($"/api/plans/{plan.Hash}/approvals", new
        {
            kind = "wallet",
            signature = alice.Sign(plan),
            operatorId = viewer.Id,
            roles = new[] { "approver", "admin" },
            required = 1,
            approvals = 2,
        }, Cancel);
        Assert.Equal("pending", (await counted.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("state").GetString());
        Assert.Equal(alice.Id, await server.Store.QueryFirstOrDefault<string>("select operator_id from approvals.approvals where plan_hash = @h", new { h = plan.Hash }));
        using var token = await alice.Client.PostAsJsonAsync("/api/tokens", new { label = "x", scopes = new[] { "read" }, operatorId = "admin-person", days = 1, expiresAt = "2099-01-01" }, Cancel);
        Assert.Equal(0L, await server.Store.QueryFirstOrDefault<long>("select count(*) from identity.tokens where operator_id = 'admin-person'"));
    }

    [Fact]
    public async Task Other_verbs_and_spellings_of_a_route_open_nothing()
    {
        using var viewer = await Crew.Join(server, "viewer");
        var plan = await Crew.Submit(server, Crew.Draft("system:alerts"));
        var body = new { kind = "wallet", signature = viewer.Sign(plan) };
        foreach (var method in new[] { "GET", "PUT", "PATCH", "DELETE", "TRACE", "OPTIONS", "HEAD", "PROPFIND", "post" })
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), $"/api/plans/{plan.Hash}/approvals");
            if (method is not ("GET" or "HEAD" or "TRACE")) request.Content = JsonContent.Create(body);
            using var reply = await viewer.Client.SendAsync(request, Cancel);
            Assert.False(reply.IsSuccessStatusCode, $"{method} answered {reply.StatusCode}");
        }

        foreach (var path in new[]
        {
            $"/api/plans/{plan.Hash}/approvals/", $"/api//plans/{plan.Hash}/approvals", $"/API/Plans/{plan.Hash}/Approvals", $"/api/plans/{plan.Hash}/approvals?role=approver",
            $"/api/plans/{plan.Hash}/%61pprovals", $"/api/./plans/{plan.Hash}/approvals", $"/api/plans/x/../{plan.Hash}/approvals", $"/api/plans/{plan.Hash}/approvals;x=1",
            $"/api/plans/{plan.Hash}%2fapprovals", $"/index.html/../api/plans/{plan.Hash}/approvals",
        })
        {
            using var reply = await viewer.Client.PostAsJsonAsync(path, body, Cancel);
            Assert.False(reply.IsSuccessStatusCode, $"{path} answered {reply.StatusCode}");
        }

        Assert.Equal(0L, await server.Store.QueryFirstOrDefault<long>("select count(*) from approvals.approvals where plan_hash = @h", new { h = plan.Hash }));
    }

    [Fact]
    public async Task A_token_does_less_than_its_owner_and_never_more_later()
    {
        using var owner = await Crew.Join(server, "approver");
        var plan = await Crew.Submit(server, Crew.Draft("system:alerts"));
        using var reader = await Token(owner, "read");
        await Refused(owner, "access.refused", () => reader.PostAsJsonAsync($"/api/plans/{plan.Hash}/approvals", new { kind = "wallet", signature = owner.Sign(plan) }), HttpStatusCode.Forbidden);
        foreach (var path in new[] { "/api/tokens", "/api/operators/requests", $"/api/plans/{plan.Hash}/break-glass", "/api/auth/wallet/enrol/challenge", "/api/standing" })
            await Refused(owner, "access.refused", () => reader.PostAsJsonAsync(path, new { }), HttpStatusCode.Forbidden);
        // An approving token still needs the owner's wallet, and is the owner.
        using var signing = await Token(owner, "read", "plans.approve");
        Assert.Equal(HttpStatusCode.Forbidden, (await signing.PostAsJsonAsync($"/api/plans/{plan.Hash}/approvals", new { kind = "wallet", signature = "0x" + new string('1', 130) }, Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await owner.Approve(plan)).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, (await signing.PostAsJsonAsync($"/api/plans/{plan.Hash}/approvals", new { kind = "wallet", signature = owner.Sign(plan) }, Cancel)).StatusCode);
    }

    [Fact]
    public async Task A_session_chosen_by_another_is_not_taken_over_at_sign_in()
    {
        using var mallory = await Crew.Join(server, "approver");
        var mine = mallory.Client.DefaultRequestHeaders.Authorization!.Parameter!;
        using var browser = server.Stranger();
        browser.DefaultRequestHeaders.Add("Cookie", "quarterdeck=fixed-by-another; __Host-quarterdeck=fixed-by-another");
        using var victim = await Crew.Join(server, "admin");
        using var reply = await Crew.TrySignIn(browser, victim.Key);
        Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
        Assert.DoesNotContain(reply.Headers.GetValues("Set-Cookie"), c => c.Contains("fixed-by-another", StringComparison.Ordinal) || c.Contains(mine, StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.GetAsync("/api/me", Cancel)).StatusCode);
        browser.DefaultRequestHeaders.Remove("Cookie");
        browser.DefaultRequestHeaders.Add("Cookie", $"quarterdeck={mine}");
        await Refused(mallory, "access.refused", () => browser.PostAsJsonAsync("/api/auth/signout", new { }), HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Breaking_the_glass_needs_its_policy_and_works_once()
    {
        using var mallory = await Crew.Join(server, "operator");
        using var approver = await Crew.Join(server, "approver");
        var closed = await Crew.Submit(server, Crew.Draft("system:alerts"));
        var open = await Crew.Submit(server, Crew.Draft("system:alerts", breakGlass: ["operator"]));
        Task<HttpResponseMessage> Break(Member who, Plan plan, string? signature = null, string reason = "the vault is being drained") => who.Client.PostAsJsonAsync(
            $"/api/plans/{plan.Hash}/break-glass", new { kind = "wallet", reason, signature = signature ?? who.Sign(plan) });

        await Refused(mallory, "plan.approval-refused", () => Break(mallory, closed), HttpStatusCode.Forbidden);
        await Refused(approver, "plan.approval-refused", () => Break(approver, open), HttpStatusCode.Forbidden);
        await Refused(mallory, "plan.approval-refused", () => Break(mallory, open, approver.Sign(open)), HttpStatusCode.Forbidden);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await Break(mallory, open, reason: "now")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await Break(mallory, open)).StatusCode);
        await Refused(mallory, "plan.approval-refused", () => Break(mallory, open), HttpStatusCode.Conflict);
        Assert.Equal(1L, await mallory.Entries("plan.break-glass"));
        await Refused(mallory, "plan.review-refused", () => mallory.Client.PostAsJsonAsync(
            $"/api/plans/{open.Hash}/break-glass/reviews", new { justified = true, note = "I was right" }), HttpStatusCode.Forbidden);
        Assert.Equal(HttpStatusCode.NoContent, (await approver.Client.PostAsJsonAsync(
            $"/api/plans/{open.Hash}/break-glass/reviews", new { justified = false, note = "two others were there" }, Cancel)).StatusCode);
        var shown = (await approver.Client.GetFromJsonAsync<JsonElement[]>("/api/break-glass", Cancel))!.Single(b => b.GetProperty("plan").GetString() == open.Hash.ToString());
        Assert.False(shown.GetProperty("reviewed").GetBoolean());
    }

    [Theory]
    [InlineData("pause", true)]
    [InlineData("unpause", false)]
    [InlineData("funds", false)]
    public async Task What_frees_or_moves_funds_or_whose_policy_wants_it_is_approved_by_typing_its_name(string actionClass, bool typed)
    {
        using var alice = await Crew.Join(server, "approver");
        var plan = await Crew.Submit(server, Crew.Draft("system:alerts", typed: typed, actionClass: actionClass));
        foreach (var confirmed in new string?[] { null, "", "vault", "Vault2", plan.Hash.ToString() })
        {
            var reply = await alice.Client.PostAsJsonAsync($"/api/plans/{plan.Hash}/approvals", new { kind = "wallet", signature = alice.Sign(plan), confirmed }, Cancel);
            Assert.Equal(HttpStatusCode.UnprocessableEntity, reply.StatusCode);
        }

        Assert.Equal(HttpStatusCode.OK, (await alice.Client.PostAsJsonAsync(
            $"/api/plans/{plan.Hash}/approvals", new { kind = "wallet", signature = alice.Sign(plan), confirmed = " Vault " }, Cancel)).StatusCode);
    }

    [Fact]
    public async Task Forwarded_addresses_do_not_escape_the_wait_after_failures()
    {
        var options = server.Get<IdentityOptions>();
        using var client = server.Stranger();
        try
        {
            options.FailuresAllowed = 3;
            HttpResponseMessage last = null!;
            for (var i = 0; i < 5; i++)
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, "/api/auth/link") { Content = JsonContent.Create(new { token = $"qdl_{i}" }) };
                foreach (var header in new[] { "X-Forwarded-For", "X-Real-IP", "Forwarded", "CF-Connecting-IP" }) request.Headers.TryAddWithoutValidation(header, $"203.0.113.{i}");
                last = await client.SendAsync(request, Cancel);
            }

            Assert.Equal(HttpStatusCode.TooManyRequests, last.StatusCode);
            Assert.True(await Crew.Entries(server, "signin.locked") > 0);
        }
        finally
        {
            options.FailuresAllowed = 10;
            server.Get<FailureWindow>().Succeeded("127.0.0.1");
        }
    }

    private static async Task Refused(Member who, string action, Func<Task<HttpResponseMessage>> attempt, HttpStatusCode status)
    {
        var before = await who.Entries(action);
        using var reply = await attempt();
        Assert.Equal(status, reply.StatusCode);
        var problem = await reply.Content.ReadFromJsonAsync<JsonElement>(Cancel);
        Assert.False(string.IsNullOrWhiteSpace(problem.GetProperty("title").GetString()));
        Assert.False(string.IsNullOrWhiteSpace(problem.GetProperty("remedy").GetString()));
        Assert.Equal(before + 1, await who.Entries(action));
    }

    private async Task<HttpClient> Token(Member owner, params string[] scopes)
    {
        var made = await owner.Client.PostAsJsonAsync("/api/tokens", new { label = "test", scopes }, Cancel);
        var client = server.Stranger();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Bearer", (await made.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("token").GetString());
        return client;
    }
}
