using System.Text.Json;
using System.Text.Json.Nodes;
using Quarterdeck.Cli;
using Quarterdeck.Cli.Approvals;
using Quarterdeck.Devnet.Keys;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Server.Identity;
using Quarterdeck.Server.Tests.Hostile;

namespace Quarterdeck.Server.Tests.Commands;

/// <summary>The command line against a real server, each person with a key file of their own. The console is the process's, so one after another.</summary>
[Collection("console")]
public sealed class OperatorCommandTests(ServerFixture server) : IClassFixture<ServerFixture>, IDisposable
{
    private const string Password = "correct horse";
    private static readonly CancellationToken Cancel = CancellationToken.None;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("quarterdeck-commands-");

    [Fact]
    public async Task Two_people_approve_with_their_key_files_and_a_third_denies()
    {
        var (alice, bob) = (await Person("approver"), await Person("approver"));
        var plan = await Crew.Submit(server, Crew.Draft("system:alerts"));
        var (code, output) = await Run(alice, "approve", plan.Hash.ToString(), "--yes");
        Assert.Equal((0, "Signed. It is pending: 1 of 2."), (code, output.TrimEnd().Split('\n')[^1]));
        Assert.Contains("Vault.pause()", output, StringComparison.Ordinal);
        Assert.Equal(1, (await Run(alice, "approve", plan.Hash.ToString(), "--yes")).Code);
        Assert.EndsWith("It is approved: 2 of 2.", (await Run(bob, "approve", plan.Hash.ToString(), "--yes")).Output.TrimEnd(), StringComparison.Ordinal);

        var other = await Crew.Submit(server, Crew.Draft("system:alerts"));
        Assert.Equal(0, (await Run(alice, "deny", other.Hash.ToString(), "--reason", "not now")).Code);
        Assert.Equal("rejected", await Crew.State(server, other));
    }

    [Fact]
    public async Task The_target_is_typed_and_a_wrong_password_or_no_consent_signs_nothing()
    {
        var alice = await Person("approver");
        var plan = await Crew.Submit(server, Crew.Draft("system:alerts", actionClass: "unpause"));
        Assert.Equal(2, (await Run(alice, "approve", plan.Hash.ToString(), "--yes", "--confirm", "Other")).Code);
        Assert.Equal(2, (await Run(alice, "approve", plan.Hash.ToString())).Code);
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "wrong"), "wrong", Cancel);
        Assert.Equal(2, (await Run(alice, "approve", plan.Hash.ToString(), "--yes", "--confirm", "Vault", "--password-file", Path.Combine(_folder.FullName, "wrong"))).Code);
        Assert.Equal(0L, await server.Store.QueryFirstOrDefault<long>("select count(*) from approvals.approvals where plan_hash = @h", new { h = plan.Hash }));
        Assert.Equal(0, (await Run(alice, "approve", plan.Hash.ToString(), "--yes", "--confirm", "Vault")).Code);
    }

    [Fact]
    public async Task Glass_is_broken_with_a_reason()
    {
        var alice = await Person("operator");
        var plan = await Crew.Submit(server, Crew.Draft("system:alerts", breakGlass: ["operator"]));
        Assert.Equal(1, (await Run(alice, "break-glass", plan.Hash.ToString(), "--yes", "--reason", "now")).Code);
        var (code, output) = await Run(alice, "break-glass", plan.Hash.ToString(), "--yes", "--reason", "the vault is being drained");
        Assert.Equal(0, code);
        Assert.Contains("two others must review", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_newcomer_is_asked_for_by_one_and_approved_by_another()
    {
        var (admin, approver) = (await Person("admin"), await Person("approver"));
        var (code, output) = await Run(admin, "operators", "request", "newcomer", "--roles", "responder", "--days", "30", "--justification", "on call");
        Assert.Equal(0, code);
        Assert.Contains("Your half of the link: qdl_", output, StringComparison.Ordinal);
        var request = output.Split(' ')[0];
        Assert.Equal(1, (await Run(admin, "operators", "approve", request)).Code);
        Assert.Contains(request, (await Run(approver, "operators", "requests")).Output, StringComparison.Ordinal);
        Assert.Contains("Your half of the link: qdh_", (await Run(approver, "operators", "approve", request)).Output, StringComparison.Ordinal);
        Assert.Contains("newcomer", (await Run(admin, "operators", "list")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await Run(admin, "operators", "remove", "newcomer", "--reason", "changed their mind")).Code);
        Assert.Contains("removed 20", (await Run(admin, "operators", "list")).Output.Split('\n').Single(l => l.StartsWith("newcomer", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tokens_and_sessions_are_made_listed_and_ended()
    {
        var alice = await Person("operator");
        var (code, secret) = await Run(alice, "tokens", "create", "ci", "--scopes", "read", "--days", "7");
        Assert.Equal(0, code);
        Assert.StartsWith("qdt_", secret, StringComparison.Ordinal);
        var listed = (await Run(alice, "tokens", "list")).Output;
        Assert.Contains("ci  read", listed, StringComparison.Ordinal);
        Assert.Equal(0, (await Run(alice, "tokens", "revoke", listed.Split(' ')[0])).Code);
        Assert.Equal("", (await Run(alice, "tokens", "list")).Output);
        Assert.Equal(1, (await Run(alice, "tokens", "create", "ci", "--scopes", "operators.manage")).Code);

        var sessions = (await Run(alice, "sessions", "list")).Output.TrimEnd().Split('\n');
        Assert.True(sessions.Length > 3);
        Assert.Equal(0, (await Run(alice, "sessions", "revoke", sessions[^1].Split(' ')[0])).Code);
    }

    [Theory]
    [InlineData("md", "| approver-person | approver-person | approver |")]
    [InlineData("csv", "\"approver-person\",\"approver-person\",\"approver\",")]
    [InlineData("json", "\"id\": \"approver-person\"")]
    public async Task The_access_review_is_a_document(string format, string expected)
    {
        var admin = await Person("admin");
        var (code, output) = await Run(admin, "access-review", "--format", format);
        Assert.Equal(0, code);
        Assert.Contains(expected, output, StringComparison.Ordinal);
        Assert.StartsWith("Recorded as rev_", (await Run(admin, "access-review", "sign", "--note", "all known")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_shows_one_plan_and_has_another_signed_is_refused()
    {
        var alice = await Person("approver");
        var plan = await Crew.Submit(server, Crew.Draft("system:alerts"));
        var worse = Crew.Draft("system:alerts", calldata: Convert.FromHexString("3f4ba83a"));
        using var client = await Crew.SignIn(server, alice.Key);
        var answer = JsonNode.Parse(await client.GetStringAsync($"/api/plans/{plan.Hash}", Cancel))!.AsObject();
        Assert.Equal(plan.Hash, Read(answer).Hash);
        Action<JsonObject>[] lies =
        [
            a => a["canonical"] = System.Text.Encoding.UTF8.GetString(worse.Canonical),
            a => a["typedData"] = PlanTypedData.For(worse),
            a => a["typedData"]!["message"]!["calls"]![0]!["data"] = "0x3f4ba83a",
            a => a["typedData"]!["message"]!["calls"]![0]!["target"] = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
            a => a["typedData"]!["message"]!["calls"]!.AsArray().Add(a["typedData"]!["message"]!["calls"]![0]!.DeepClone()),
            a => a["typedData"]!["message"]!["expiresAt"] = "99999999999",
        ];
        foreach (var lie in lies)
        {
            var told = answer.DeepClone().AsObject();
            lie(told);
            Assert.Contains("Nothing was signed", Assert.Throws<CommandException>(() => Read(told)).Message, StringComparison.Ordinal);
        }

        SignedSheet Read(JsonObject told) => SignedSheet.Read(plan.Hash.ToString(), JsonSerializer.SerializeToElement(told));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private async Task<(string File, Identity.TestKey Key)> Person(string role)
    {
        var secret = System.Security.Cryptography.RandomNumberGenerator.GetBytes(32);
        secret[0] = 1;
        var member = DevKey.FromSecret(secret);
        var id = $"cli{Guid.NewGuid().ToString("N")[..10]}";
        await server.Get<Operators>().Add(Actor.Cli("test"), id, [role], "a test needs one", Cancel);
        var own = new Identity.TestKey();
        await server.Store.Act(Actor.Cli("test"), "a test needs one", async act =>
        {
            await server.Get<Wallets>().Add(act, id, member.Address, "test");
            await server.Get<Wallets>().Add(act, id, own.Address, "test");
        }, Cancel);
        var file = Path.Combine(_folder.FullName, id);
        KeyFile.Write(file, member, Password);
        return (file, own);
    }

    private async Task<(int Code, string Output)> Run((string File, Identity.TestKey Key) who, params string[] args)
    {
        var password = Path.Combine(_folder.FullName, "password");
        await File.WriteAllTextAsync(password, Password + "\n", Cancel);
        using var output = new StringWriter();
        using var errors = new StringWriter();
        using var input = new StringReader("");
        var (stdout, stderr, stdin) = (Console.Out, Console.Error, Console.In);
        Console.SetOut(output);
        Console.SetError(errors);
        Console.SetIn(input);
        try
        {
            string[] all = [.. args, "--url", server.Url.ToString(), "--keystore", who.File];
            if (!args.Contains("--password-file")) all = [.. all, "--password-file", password];
            return (await QuarterdeckCommand.Run(all, Cancel), output.ToString().Replace("\r\n", "\n", StringComparison.Ordinal));
        }
        finally
        {
            Console.SetOut(stdout);
            Console.SetError(stderr);
            Console.SetIn(stdin);
        }
    }
}
