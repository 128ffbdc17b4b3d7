using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Quarterdeck.Devnet.Processes;
using Quarterdeck.Observe.Outbound;

namespace Quarterdeck.Observe.Tests.Outbound;

public sealed class OutboundGuardTests
{
    [Theory]
    [InlineData("hooks.example", "93.184.216.34", false, "", true)]
    [InlineData("hooks.example", "10.0.0.5", false, "", false)]
    [InlineData("hooks.example", "127.0.0.1", false, "", false)]
    [InlineData("hooks.example", "127.0.0.1", true, "", true)]
    [InlineData("hooks.example", "::1", false, "", false)]
    [InlineData("hooks.example", "::ffff:10.1.2.3", false, "", false)]
    [InlineData("hooks.example", "fd12::1", false, "", false)]
    [InlineData("inner.example", "10.0.0.5", false, "inner.example", true)]
    [InlineData("other.example", "93.184.216.34", false, "inner.example", false)]
    [InlineData("a.pagerduty.com", "93.184.216.34", false, "*.pagerduty.com", true)]
    [InlineData("evilpagerduty.com", "93.184.216.34", false, "*.pagerduty.com", false)]
    [InlineData("metadata.example", "169.254.169.254", true, "metadata.example", false)]
    [InlineData("metadata.example", "fd00:ec2::254", true, "metadata.example", false)]
    [InlineData("probe.example", "::ffff:169.254.169.254", true, "", false)]
    [InlineData("probe.example", "168.63.129.16", true, "", false)]
    [InlineData("probe.example", "100.100.100.200", true, "", false)]
    [InlineData("probe.example", "10.0.0.5", true, "", true)]
    [InlineData("probe.example", "fd00:ec2::1", true, "", false)]
    [InlineData("probe.example", "0.0.0.0", true, "", false)]
    [InlineData("probe.example", "fe80::1", true, "", false)]
    [InlineData("probe.example", "224.0.0.1", true, "", false)]
    public void Requests_go_only_where_they_may(string host, string address, bool allowPrivate, string allowed, bool may)
    {
        var policy = new OutboundPolicy(allowed.Length == 0 ? [] : [allowed], allowPrivate);
        Assert.Equal(may, OutboundGuard.Refusal(host, IPAddress.Parse(address), policy) is null);
    }

    [Theory]
    [InlineData("relay.internal", "10.0.0.5", true)]
    [InlineData("relay.internal", "169.254.169.254", false)]
    [InlineData("relay.internal", "192.0.0.192", false)]
    [InlineData("relay.internal", "240.0.0.1", false)]
    [InlineData("meta.internal", "169.254.169.254", true)]
    [InlineData("META.internal", "fe80::1", true)]
    public void A_runbooks_request_goes_into_the_network_and_further_only_to_a_name_that_the_settings_exempt(string host, string address, bool may) =>
        Assert.Equal(may, OutboundGuard.Refusal(host, IPAddress.Parse(address), OutboundPolicy.Runbooks(["meta.internal"])) is null);

    [Theory]
    [InlineData("http://169.254.169.254/latest/meta-data/")]
    [InlineData("http://[::ffff:169.254.169.254]/")]
    [InlineData("http://2852039166/latest/meta-data/")]
    [InlineData("http://0xa9fea9fe/")]
    public async Task A_packs_probe_does_not_reach_where_clouds_keep_their_credentials(string url)
    {
        await using var services = new ServiceCollection().AddObserve().BuildServiceProvider();
        using var probes = services.GetRequiredService<IHttpClientFactory>().CreateClient("probes");
        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => probes.GetAsync(new Uri(url), TestContext.Current.CancellationToken));
        Assert.IsType<OutboundRefusedException>(refused.InnerException);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        using var listener = new HttpListener();
        var port = FreePort.Next();
        listener.Prefixes.Add($"http://127.0.0.1:{port}/");
        listener.Start();
        var served = Task.Run(async () =>
        {
            var context = await listener.GetContextAsync();
            context.Response.Redirect("http://169.254.169.254/");
            context.Response.Close();
        }, TestContext.Current.CancellationToken);
        using var probes = new HttpClient(OutboundGuard.Handler(OutboundPolicy.Probes));
        var answer = await probes.GetAsync(new Uri($"http://127.0.0.1:{port}/"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        await served;
    }
}
