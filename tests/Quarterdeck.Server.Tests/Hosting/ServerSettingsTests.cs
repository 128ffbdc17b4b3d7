using Quarterdeck.Server.Hosting;

namespace Quarterdeck.Server.Tests.Hosting;

public sealed class ServerSettingsTests
{
    [Fact]
    public void All_that_is_missing_is_said_at_once()
    {
        var refusal = Assert.Throws<StartRefusedException>(() => ServerSettings.Read(_ => null));

        Assert.Equal(4, refusal.Faults.Count);
        Assert.Contains("QUARTERDECK_DATABASE is not set: it is the PostgreSQL connection string", refusal.Message);
        Assert.Contains("QUARTERDECK_STATE is not set", refusal.Message);
    }

    [Fact]
    public void A_pack_folder_that_is_not_there_is_named()
    {
        var refusal = Assert.Throws<StartRefusedException>(() => ServerSettings.Read(Variables(("QUARTERDECK_PACKS", "/nowhere/at/all"))));

        Assert.Equal("QUARTERDECK_PACKS names '/nowhere/at/all', which is no folder: correct the path.", refusal.Message);
    }

    [Fact]
    public void A_loopback_address_is_shown_as_localhost_which_can_have_passkeys()
    {
        var settings = ServerSettings.Read(Variables(("QUARTERDECK_URLS", "http://127.0.0.1:9191")));

        Assert.Equal(new Uri("http://localhost:9191"), settings.PublicUrl);
        Assert.Equal("http://127.0.0.1:9191", settings.Urls);
    }

    private static Func<string, string?> Variables(params (string, string)[] more)
    {
        var values = new Dictionary<string, string>
        {
            ["QUARTERDECK_DATABASE"] = "Host=db",
            ["QUARTERDECK_PACKS"] = AppContext.BaseDirectory,
            ["QUARTERDECK_ENVIRONMENT"] = "devnet",
            ["QUARTERDECK_STATE"] = "/tmp/state",
        };
        foreach (var (name, value) in more) values[name] = value;
        return name => values.GetValueOrDefault(name);
    }
}
