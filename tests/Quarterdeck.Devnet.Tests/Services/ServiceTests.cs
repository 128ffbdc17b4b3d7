using Quarterdeck.Devnet.Services;

namespace Quarterdeck.Devnet.Tests.Services;

public sealed class ServiceTests
{
    private static readonly ServiceSettings Settings = new(
        new Uri("http://127.0.0.1:8545"), "/state/deployments/musd.json", "/state",
        new Dictionary<string, int> { ["relay"] = 4001, ["validator-1"] = 4002 });

    [Fact]
    public void Arguments_of_a_service_are_filled_in() => Assert.Equal(
        "http://127.0.0.1:8545 /state/deployments/musd.json /state 4001 http://127.0.0.1:4002",
        Settings.Expand("${rpc} ${deployment} ${state} ${port} ${url:validator-1}", "relay"));

    [Theory]
    [InlineData("${home}", "The run: of service relay uses ${home}. Known are rpc, deployment, state, port and url:SERVICE.")]
    [InlineData("${url:bank}", "There is no service 'bank' that runs here. Known are relay, validator-1.")]
    public void An_unknown_name_is_refused(string text, string message) =>
        Assert.Equal(message, Assert.Throws<DevnetException>(() => Settings.Expand(text, "relay")).Message);

    [Fact]
    public void The_server_learns_of_a_service_by_a_variable() =>
        Assert.Equal("QUARTERDECK_DEVNET_VALIDATOR_1", PackServices.VariableOf("validator-1"));
}
