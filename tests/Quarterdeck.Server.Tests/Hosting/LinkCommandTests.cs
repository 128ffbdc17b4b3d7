using System.Net;
using System.Net.Http.Json;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Server.Hosting;
using Quarterdeck.Server.Identity;
using Quarterdeck.Server.Tests.Identity;

namespace Quarterdeck.Server.Tests.Hosting;

/// <summary>The first two people come in by the command line on the server's machine; nobody after them.</summary>
public sealed class LinkCommandTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private static readonly CancellationToken Cancel = CancellationToken.None;

    [Fact]
    public async Task The_first_two_people_come_in_by_the_command_line_and_then_it_lets_nobody_in_even_when_one_removed_the_others()
    {
        var operators = server.Get<Operators>();
        using var client = server.Stranger();

        // Asked twice before anybody enrolled, it gives a new link and the old one is spent.
        var (code, lost, _) = await Link("--first", "--operator", "ada");
        Assert.Equal(0, code);
        (_, var first, _) = await Link("--first", "--operator", "ada");
        Assert.Equal(HttpStatusCode.Forbidden, (await SignIn(client, lost)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await SignIn(client, first)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await SignIn(client, first)).StatusCode);
        Assert.Equal(["admin"], Assert.Single(await operators.List(Cancel), o => o.Id == "ada").Roles);
        using var ada = new TestKey();
        await Enrol("ada", ada);
        Assert.Equal((0, "", ""), await Link("--first", "--operator", "eve"));
        Assert.DoesNotContain(await operators.List(Cancel), o => o.Id == "eve");

        (_, var second, _) = await Link("--operator", "bob", "--roles", "admin,approver");
        Assert.Equal(HttpStatusCode.OK, (await SignIn(client, second)).StatusCode);
        // Bob has not enrolled: if he loses his session, the command line still helps him.
        Assert.Equal(0, (await Link("--operator", "bob")).Code);
        using var bob = new TestKey();
        await Enrol("bob", bob);
        await Refused();

        foreach (var other in (await operators.List(Cancel)).Where(o => o.Id != "ada" && o.RemovedAt is null))
            await operators.Remove(Actor.Operator("ada"), other.Id, "alone at last", Cancel);
        await Refused();

        async Task Refused()
        {
            (code, var printed, var errors) = await Link("--operator", "puppet", "--roles", "approver");
            Assert.Equal((1, ""), (code, printed));
            Assert.Contains("two people", errors);
            Assert.DoesNotContain(await operators.List(Cancel), o => o.Id == "puppet");
        }
    }

    [Fact]
    public async Task Without_a_name_it_says_how_it_is_used()
    {
        var (code, printed, errors) = await Link();
        Assert.Equal((2, ""), (code, printed));
        Assert.Contains("link --operator NAME", errors);
    }

    private async Task<(int Code, string Printed, string Errors)> Link(params string[] arguments)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var code = await LinkCommand.Run(
            ["link", .. arguments], server.Get<Operators>(), server.Get<Links>(), server.Url, output, errors, Cancel);
        return (code, output.ToString(), errors.ToString());
    }

    private static Task<HttpResponseMessage> SignIn(HttpClient client, string printed) =>
        client.PostAsJsonAsync("/api/auth/link", new { token = printed[(printed.IndexOf('#') + 1)..].Trim() }, Cancel);

    private Task<string> Enrol(string who, TestKey key) => server.Store.Act(
        Actor.Cli("test"), "a test needs it", act => server.Get<Wallets>().Add(act, who, key.Address, "Test wallet"), Cancel);
}
