using System.Numerics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quarterdeck.Observe.Alerts;
using Quarterdeck.Observe.Indexing;
using Quarterdeck.Observe.Metrics;
using Quarterdeck.Primitives.Amounts;
using Quarterdeck.Store;
using Quarterdeck.Testing;

namespace Quarterdeck.Observe.Tests;

/// <summary>The watching half as one, on a real chain and a real database.</summary>
public sealed class WatchTests(ObserveDatabase database, AnvilFixture chain)
    : IClassFixture<ObserveDatabase>, IClassFixture<AnvilFixture>, IAsyncLifetime
{
    private const string Vault = "0x00000000000000000000000000000000000000AA";
    private static readonly CancellationToken Cancel = CancellationToken.None;
    private static readonly BigInteger Cap = BigInteger.Pow(10, 26);
    private SamplePack _pack = null!;
    private OperationsStore _store = null!;
    private IHost? _host;

    public async ValueTask InitializeAsync()
    {
        await chain.Clean();
        await chain.Rpc.Send("anvil_setCode", [Vault, VaultCode.Hex], Cancel);
        await chain.Rpc.Send("anvil_setStorageAt", [Vault, Word(1), Word(Cap)], Cancel);
        await chain.Anvil.Mine(1, Cancel);
        var name = await database.FreshDatabase();
        _pack = new SamplePack(chain.Endpoint.ToString());
        _store = OperationsStore.Open(database.Postgres.ConnectionString(name, Devnet.Postgres.EmbeddedPostgres.Server), TimeProvider.System);
        await Start();
        // Without a deployment block, indexing begins at the head: it must be there before the tests act.
        await Until(Cursor, c => c is not null);
    }

    public async ValueTask DisposeAsync()
    {
        await Stop();
        await _store.DisposeAsync();
        _pack.Dispose();
    }

    [Fact]
    public async Task A_deposit_becomes_a_row_a_count_and_an_exact_sum()
    {
        await Deposit(7_000_000_000_000_000_001);
        var health = await Until(() => Task.FromResult(_host!.Services.GetRequiredService<SamplingHealth>().Of("sample")),
            h => h is not null && Value(h, "vault_deposits_total") == Rational.One);
        Assert.Equal(Rational.Parse("7.000000000000000001"), Value(health!, "vault_deposited_total"));
        Assert.Equal(Rational.Parse("7.000000000000000001"), Value(health!, "vault_total"));
        Assert.Equal(Value(health!, "vault_total") / Rational.FromScaled(Cap, 18), Value(health!, "vault_use_ratio"));
        Assert.Equal(7.000000000000000001m, await _store.QueryFirstOrDefault<decimal>("SELECT amount FROM sample.deposits"));
    }

    [Fact]
    public async Task One_wei_above_the_cap_fires_at_that_block_though_doubles_see_no_difference()
    {
        Assert.Equal((double)Cap, (double)(Cap + 1));
        await Deposit(Cap);
        await Until(Cursor, c => c?.BlockNumber >= 2);
        Assert.Empty(await _store.ActiveAlerts(Cancel));
        await Deposit(1);
        var fired = await Until(() => _store.AlertTransitionsAfter(0, 10, Cancel), t => t.Any(x => x.State == AlertTransitionState.Firing));
        var alert = fired.Single(t => t.State == AlertTransitionState.Firing);
        Assert.Equal(("VaultAboveCap", "pause", Primitives.Severity.Critical), (alert.Name, alert.Runbook, alert.Severity));
        Assert.Equal((long)await chain.Anvil.Head(Cancel), alert.BlockNumber);
    }

    [Fact]
    public async Task A_reorganisation_takes_back_the_rows_the_samples_and_the_alert()
    {
        await Deposit(Cap + 5);
        await Until(() => _store.ActiveAlerts(Cancel), a => a.Any(x => x.State == "firing"));
        await chain.Anvil.Reorganise(1, Cancel);
        var all = await Until(() => _store.AlertTransitionsAfter(0, 10, Cancel), t => t.Any(x => x.State == AlertTransitionState.Retracted));
        Assert.Contains("reorganisation", all.Single(t => t.State == AlertTransitionState.Retracted).Reason, StringComparison.Ordinal);
        Assert.Equal(0, await _store.QueryFirstOrDefault<long>("SELECT count(*) FROM sample.deposits"));
        Assert.Equal(0, await _store.QueryFirstOrDefault<long>(
            """
            SELECT count(*) FROM metrics.samples m JOIN metrics.series s ON s.id = m.series_id
            WHERE s.name = 'vault_total' AND m.numerator > 0
            """));
        Assert.Empty(await _store.ActiveAlerts(Cancel));
    }

    [Fact]
    public async Task A_restart_goes_on_from_the_cursor_and_repeats_no_transition()
    {
        await Deposit(Cap + 1);
        await Until(() => _store.ActiveAlerts(Cancel), a => a.Any(x => x.State == "firing"));
        await Stop();
        await Deposit(3);
        await Start();
        await Until(() => _store.Query<BigInteger>("SELECT trunc(amount * 1e18) FROM sample.deposits ORDER BY block_number", null, Cancel),
            rows => rows.SequenceEqual([Cap + 1, 3]));
        await Until(Cursor, c => c is not null && c.BlockNumber >= 3);
        Assert.Single(await _store.AlertTransitionsAfter(0, 10, Cancel), t => t.State == AlertTransitionState.Firing);
    }

    private async Task<ChainCursor?> Cursor() => await _store.Cursors(Cancel) is [var first, ..] ? first : null;

    private static Rational? Value(PackHealth health, string name) =>
        health.Current.FirstOrDefault(c => c.Key.Name == name).Value?.Sample.Exact;

    private async Task Deposit(BigInteger amount) => await chain.Rpc.Send("eth_sendTransaction",
        [new Dictionary<string, object?> { ["from"] = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", ["to"] = Vault, ["data"] = VaultCode.Deposit(amount), ["gas"] = "0x186a0" }],
        Cancel);

    private async Task Start()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(_store).AddSingleton(new WatchedPacks([_pack.Bound])).AddObserve();
        _host = builder.Build();
        await _host.StartAsync(Cancel);
    }

    private async Task Stop()
    {
        if (_host is null) return;
        await _host.StopAsync(Cancel);
        _host.Dispose();
        _host = null;
    }

    private static string Word(BigInteger value) => "0x" + value.ToString("x64", System.Globalization.CultureInfo.InvariantCulture)[^64..];

    private static async Task<T> Until<T>(Func<Task<T>> read, Func<T, bool> enough)
    {
        var deadline = DateTime.UtcNow.AddSeconds(20);
        while (true)
        {
            var value = await read();
            if (enough(value)) return value;
            if (DateTime.UtcNow > deadline) Assert.Fail($"After 20 s it is still {System.Text.Json.JsonSerializer.Serialize(value)}.");
            await Task.Delay(50);
        }
    }
}
