using Microsoft.Playwright;

namespace Quarterdeck.Acceptance.Browser;

/// <summary>One Chromium; each person of a test gets a context of their own, as on a machine of their own.</summary>
public sealed class BrowserFixture : IAsyncLifetime
{
    private static readonly string? Executable = new[]
    {
        System.Environment.GetEnvironmentVariable("CHROMIUM"), "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    }.FirstOrDefault(File.Exists);

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        if (Executable is null) return;
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Executable,
            Headless = true,
            Args = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
    }

    /// <summary>A browser of somebody's own. Skips the test where there is no Chromium.</summary>
    public async Task<IPage> NewPerson()
    {
        Assert.SkipWhen(_browser is null, "There is no Chromium: apt-get install -y --no-install-recommends chromium, or name one in CHROMIUM.");
        var context = await _browser!.NewContextAsync(new() { ViewportSize = new() { Width = 1280, Height = 900 }, ReducedMotion = ReducedMotion.Reduce });
        context.SetDefaultTimeout(30_000);
        return await context.NewPageAsync();
    }
}
