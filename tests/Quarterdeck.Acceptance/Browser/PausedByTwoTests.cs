using Microsoft.Playwright;
using Quarterdeck.Devnet.Environments;
using static Microsoft.Playwright.Assertions;

namespace Quarterdeck.Acceptance.Browser;

/// <summary>What operators do in the console, in browsers of their own, on a whole environment.</summary>
[Collection(OneEnvironment.Name)]
[TestCaseOrderer(typeof(InWrittenOrder))]
public sealed class PausedByTwoTests(RunningEnvironment running, BrowserFixture browsers) : IClassFixture<BrowserFixture>
{
    private static readonly LocatorAssertionsToBeVisibleOptions Soon = new() { Timeout = 60_000 };

    [Fact]
    [Place(1)]
    public async Task Two_people_pause_the_protocol_from_their_browsers_by_browser_keys()
    {
        var (carol, alice, bob) = (await browsers.NewPerson(), await browsers.NewPerson(), await browsers.NewPerson());
        await SignIn(carol, DevnetKeys.OnDuty);
        foreach (var (page, name) in new[] { (alice, "alice"), (bob, "bob") })
        {
            await SignIn(page, name);
            await page.GetByRole(AriaRole.Button, new() { Name = "Add browser key (devnet only)" }).ClickAsync();
            await Expect(page.GetByText("Browser key (devnet only)", new() { Exact = true })).ToBeVisibleAsync();
        }

        var before = await running.Environment.Anvil.Head(CancellationToken.None);
        await ProposeThePause(carol);

        await Approve(alice, "Approve by browser key");
        await Expect(carol.GetByText("1 of 2 signed").First).ToBeVisibleAsync(Soon);
        Assert.Empty(await running.Pauses.PausedNow(CancellationToken.None));
        await Approve(bob, "Approve by browser key");

        // Nobody reloads a page: the run advances in front of whoever looks at it.
        await Expect(Heading(carol).GetByText("Succeeded")).ToBeVisibleAsync(Soon);
        Assert.Equal(RunningEnvironment.PauseOrder, await running.Pauses.PausedNow(CancellationToken.None));
        var events = await running.Pauses.PausedSince(before, CancellationToken.None);
        Assert.Equal(RunningEnvironment.PauseOrder, events.Select(e => e.Contract));
        Assert.Equal(events.Select(e => e.Block).Order(), events.Select(e => e.Block));

        await carol.GetByRole(AriaRole.Link, new() { Name = "Overview", Exact = true }).First.ClickAsync();
        foreach (var contract in RunningEnvironment.PauseOrder)
        {
            var row = carol.GetByRole(AriaRole.Listitem).Filter(new() { Has = carol.GetByText(contract, new() { Exact = true }) });
            await Expect(row.GetByText("Paused", new() { Exact = true })).ToBeVisibleAsync(Soon);
        }
    }

    [Fact]
    [Place(2)]
    public async Task Two_people_approve_by_passkeys_that_they_enrolled_in_their_browsers()
    {
        var (carol, alice, bob) = (await browsers.NewPerson(), await browsers.NewPerson(), await browsers.NewPerson());
        await SignIn(carol, DevnetKeys.OnDuty);
        foreach (var (page, name) in new[] { (alice, "alice"), (bob, "bob") })
        {
            await GiveAuthenticator(page);
            await SignIn(page, name);
            await page.GetByRole(AriaRole.Button, new() { Name = "Add passkey" }).ClickAsync();
            await Expect(page.GetByText("Passkey on", new() { Exact = false }).First).ToBeVisibleAsync();
        }

        // A passkey signs in again where the link is used up.
        await alice.GetByRole(AriaRole.Button, new() { Name = "alice" }).ClickAsync();
        await alice.GetByRole(AriaRole.Menuitem, new() { Name = "Sign out" }).ClickAsync();
        await alice.GetByRole(AriaRole.Button, new() { Name = "Continue with a passkey" }).ClickAsync();
        await Expect(alice.GetByRole(AriaRole.Heading, new() { Name = "Operators" })).ToBeVisibleAsync(Soon);

        await ProposeThePause(carol);
        await Approve(alice, "Approve by passkey");
        await Approve(bob, "Approve by passkey");

        await Expect(Heading(carol).GetByText("Succeeded")).ToBeVisibleAsync(Soon);
        await carol.GetByRole(AriaRole.Link, new() { Name = "Open the plan" }).ClickAsync();
        await Expect(carol.GetByText("signed by passkey", new() { Exact = false })).ToHaveCountAsync(2);
    }

    private async Task SignIn(IPage page, string name)
    {
        await page.GotoAsync(await running.Link(name));
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Operators" })).ToBeVisibleAsync();
    }

    private static async Task ProposeThePause(IPage page)
    {
        await page.GetByRole(AriaRole.Link, new() { Name = "Danger zone" }).First.ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Propose emergency pause" }).First.ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        var propose = dialog.GetByRole(AriaRole.Button, new() { Name = "Propose emergency pause" });
        await dialog.GetByLabel("Reason").FillAsync("An exploit is suspected.");
        await Expect(propose).ToBeDisabledAsync();
        await dialog.GetByLabel("Type musd to confirm").FillAsync("musd");
        await propose.ClickAsync();
        // A refusal would be told in the dialog.
        await Expect(dialog).ToHaveCountAsync(0, new() { Timeout = 30_000 });
        await Expect(Heading(page).GetByText("Awaiting approval")).ToBeVisibleAsync(Soon);
    }

    // From the overview, as somebody would who was just woken.
    private static async Task Approve(IPage page, string how)
    {
        await page.GetByRole(AriaRole.Link, new() { Name = "Overview" }).First.ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Review and approve" }).First.ClickAsync();
        await Expect(page.GetByRole(AriaRole.Article)).ToHaveCountAsync(RunningEnvironment.PauseOrder.Length);
        for (var i = 0; i < RunningEnvironment.PauseOrder.Length; i++)
            await Expect(page.GetByRole(AriaRole.Article).Nth(i)).ToContainTextAsync($"{RunningEnvironment.PauseOrder[i]}.pause()");
        var approve = page.GetByRole(AriaRole.Button, new() { Name = how });
        await Expect(approve).ToBeDisabledAsync();
        await page.GetByLabel("I read all 4 calls and want exactly these.").CheckAsync();
        await approve.ClickAsync();
        await Expect(approve).ToHaveCountAsync(0);
    }

    private static ILocator Heading(IPage page) =>
        page.GetByRole(AriaRole.Main).Locator("div").Filter(new() { Has = page.GetByRole(AriaRole.Heading, new() { Level = 1 }) }).Last;

    // A virtual authenticator of the browser itself: resident keys, and a person who always verifies.
    private static async Task GiveAuthenticator(IPage page)
    {
        var cdp = await page.Context.NewCDPSessionAsync(page);
        await cdp.SendAsync("WebAuthn.enable");
        await cdp.SendAsync("WebAuthn.addVirtualAuthenticator", new()
        {
            ["options"] = new Dictionary<string, object>
            {
                ["protocol"] = "ctap2",
                ["transport"] = "internal",
                ["hasResidentKey"] = true,
                ["hasUserVerification"] = true,
                ["isUserVerified"] = true,
                ["automaticPresenceSimulation"] = true,
            },
        });
    }
}
