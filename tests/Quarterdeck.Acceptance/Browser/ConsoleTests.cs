using System.Text.Json;
using Microsoft.Playwright;
using Quarterdeck.Devnet;
using Quarterdeck.Devnet.Environments;
using static Microsoft.Playwright.Assertions;

namespace Quarterdeck.Acceptance.Browser;

/// <summary>The console's pages on a whole environment: what they show, that they can be used, and that everyone can use them.</summary>
[Collection(OneEnvironment.Name)]
public sealed class ConsoleTests(RunningEnvironment running, BrowserFixture browsers) : IClassFixture<BrowserFixture>
{
    private static readonly string[] Pages =
    [
        "/", "/dashboards/musd/overview", "/alerts", "/alerts/silences", "/alerts/notifications", "/incidents", "/runs", "/runbooks",
        "/runbooks/musd/emergency-pause", "/approvals/standing", "/approvals/break-glass", "/rehearsals", "/danger", "/audit", "/operators",
        "/operators/people", "/operators/requests", "/operators/review",
    ];

    private static readonly LocatorAssertionsToBeVisibleOptions Soon = new() { Timeout = 60_000 };

    [Fact]
    public async Task A_dashboard_draws_its_charts_under_the_content_security_policy_and_each_is_a_table_too()
    {
        var alice = await SignIn("alice");
        var complaints = new List<string>();
        alice.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning") complaints.Add(message.Text);
        };
        await Choose(alice, "Dashboards");
        await Expect(Heading(alice, "mUSD: overview")).ToBeVisibleAsync(Soon);
        var supply = alice.GetByRole(AriaRole.Region, new() { Name = "Supply and cap", Exact = true });
        await supply.GetByRole(AriaRole.Button, new() { Name = "Show Supply and cap as a table" }).ClickAsync();
        await Expect(supply.GetByRole(AriaRole.Columnheader, new() { Name = "cap" })).ToBeVisibleAsync(Soon);
        // A young environment is shown by its shortest span; any other can be chosen.
        await Expect(alice.GetByRole(AriaRole.Radio, new() { Name = "15 min" })).ToBeCheckedAsync();
        await alice.GetByText("1 h", new() { Exact = true }).ClickAsync();
        await Expect(alice).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("span=3600$"));
        Assert.Empty(complaints);
    }

    [Fact]
    public async Task A_maintenance_window_is_planned_with_its_reason_and_cancelled()
    {
        var alice = await SignIn("alice");
        await alice.GotoAsync($"{running.Console}/alerts/silences");
        await alice.GetByRole(AriaRole.Button, new() { Name = "Plan maintenance" }).ClickAsync();
        var dialog = alice.GetByRole(AriaRole.Dialog);
        var plan = dialog.GetByRole(AriaRole.Button, new() { Name = "Plan the window" });
        await dialog.GetByLabel("Value of matcher 1").FillAsync("RelayDown");
        await Expect(plan).ToBeDisabledAsync();
        await dialog.GetByLabel("Reason").FillAsync("The relay moves to another machine.");
        await plan.ClickAsync();
        await Expect(dialog).ToHaveCountAsync(0);
        await Expect(alice.GetByText("The relay moves to another machine.")).ToBeVisibleAsync();
        await Expect(alice.GetByText("Planned", new() { Exact = true })).ToBeVisibleAsync();
        await alice.GetByRole(AriaRole.Button, new() { Name = "Cancel it" }).ClickAsync();
        await alice.GetByRole(AriaRole.Button, new() { Name = "Cancel the window" }).ClickAsync();
        await Expect(alice.GetByText("Nothing is silenced")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Two_people_let_a_third_in_and_each_gives_one_half_of_the_link()
    {
        var (carol, alice, dora) = (await SignIn(DevnetKeys.OnDuty), await SignIn("alice"), await browsers.NewPerson());
        await carol.GotoAsync($"{running.Console}/operators/people");
        await carol.GetByRole(AriaRole.Button, new() { Name = "Ask for a new operator" }).ClickAsync();
        var asking = carol.GetByRole(AriaRole.Dialog);
        await asking.GetByLabel("Id").FillAsync("dora");
        await asking.GetByLabel("Name").FillAsync("Dora");
        await asking.GetByLabel("viewer").CheckAsync();
        await asking.GetByLabel("Justification").FillAsync("Joins the desk.");
        await asking.GetByRole(AriaRole.Button, new() { Name = "Ask", Exact = true }).ClickAsync();
        var first = await asking.Locator("pre").InnerTextAsync();

        await alice.GotoAsync($"{running.Console}/operators/requests");
        await alice.GetByRole(AriaRole.Button, new() { Name = "Approve" }).ClickAsync();
        var second = await alice.GetByRole(AriaRole.Dialog).Locator("pre").InnerTextAsync();

        await dora.GotoAsync($"{running.Console}/link");
        await dora.GetByLabel("First half").FillAsync(first);
        await dora.GetByLabel("Second half").FillAsync(second);
        await dora.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await Expect(dora.GetByText("You are Dora: viewer.")).ToBeVisibleAsync(Soon);
    }

    [Theory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Dark, 390)]
    public async Task No_page_breaks_an_accessibility_rule_or_is_wider_than_its_screen(ColorScheme scheme, int width)
    {
        var source = Path.Combine(RepositoryRoot.Find(), "console", "node_modules", "axe-core", "axe.min.js");
        Assert.SkipUnless(File.Exists(source), "axe-core is not installed: npm --prefix console ci");
        var carol = await SignIn(DevnetKeys.OnDuty);
        await carol.SetViewportSizeAsync(width, 844);
        await carol.EmulateMediaAsync(new() { ColorScheme = scheme });
        var script = await File.ReadAllTextAsync(source);
        var wrong = new List<string>();
        foreach (var page in Pages)
        {
            await carol.GotoAsync(running.Console + page);
            await Expect(carol.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToBeVisibleAsync(Soon);
            await Expect(carol.Locator("[aria-busy=true]")).ToHaveCountAsync(0);
            await carol.EvaluateAsync(script);
            var found = await carol.EvaluateAsync<JsonElement>(
                "() => axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] }).then((r) => r.violations.map((v) => [v.id, v.nodes[0].html]))");
            wrong.AddRange(found.EnumerateArray().Select(v => $"{page}: {v[0]} {v[1]}"));
            var over = await carol.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth");
            if (over > 0) wrong.Add($"{page}: {over} px wider than its screen");
        }

        Assert.Empty(wrong);
    }

    private async Task<IPage> SignIn(string name)
    {
        var page = await browsers.NewPerson();
        await page.GotoAsync(await running.Link(name));
        await Expect(Heading(page, "Operators")).ToBeVisibleAsync();
        return page;
    }

    private static Task Choose(IPage page, string place) =>
        page.GetByRole(AriaRole.Navigation, new() { Name = "Main", Exact = true }).GetByRole(AriaRole.Link, new() { Name = place }).ClickAsync();

    private static ILocator Heading(IPage page, string text) => page.GetByRole(AriaRole.Heading, new() { Name = text, Level = 1 });
}
