using System.Text.Json.Nodes;
using Minted.Services.Attestations;
using Minted.Services.Participant;
using Minted.Services.Relaying;
using Minted.Services.Traffic;
using Minted.Services.Validators;
using Quarterdeck.Chains.Evm;

namespace Quarterdeck.Protocols.Tests.Musd;

/// <summary>Validators and relay against the real bridge; traffic against the real contracts.</summary>
public sealed class ServicesTests(MusdDevnet musd) : IClassFixture<MusdDevnet>, IAsyncLifetime
{
    private sealed class Feed(Func<long, AssetSnapshot?> answer) : IAssetFeed
    {
        public Task<AssetSnapshot?> Snapshot(long number, CancellationToken cancel) => Task.FromResult(answer(number));
    }

    private readonly RelayMetrics _metrics = new(TimeProvider.System);

    public async ValueTask InitializeAsync() => await musd.Clean();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Validators_agree_without_speaking_and_the_relay_takes_their_word_to_the_bridge()
    {
        Validator[] validators = [Validator(1), Validator(2), Validator(3)];
        foreach (var validator in validators) Assert.Equal("signed attestation 1", (await validator.Poll(MusdDevnet.Cancel)).Text);
        Assert.Equal("attestation 1 accepted", await Relay(Offers(validators)));
        Assert.Equal(1, await musd.Number("BLEBridgeV9", "currentNonce()"));
        Assert.Equal(AssetSnapshot.Made(1).Total, await musd.Number("BLEBridgeV9", "attestedCantonAssets()"));
        Assert.Contains("minted_attestations_processed_total{status=\"success\"} 1", _metrics.Text(), StringComparison.Ordinal);

        await musd.Pass(TimeSpan.FromSeconds(150));
        foreach (var validator in validators) Assert.Equal("signed attestation 2", (await validator.Poll(MusdDevnet.Cancel)).Text);
        Assert.Equal("attestation 2 accepted", await Relay(Offers(validators)));
    }

    [Fact]
    public async Task Two_validators_are_a_quorum_and_one_is_not()
    {
        Validator[] validators = [Validator(3), Validator(1)];
        await validators[0].Poll(MusdDevnet.Cancel);
        Assert.Null(await Relay(Offers(validators)));
        Assert.Contains("minted_bridge_validation_failures_total{reason=\"insufficient_valid_signatures\"}", _metrics.Text(), StringComparison.Ordinal);
        await validators[1].Poll(MusdDevnet.Cancel);
        Assert.Equal("attestation 1 accepted", await Relay(Offers(validators)));
    }

    [Fact]
    public async Task The_relay_does_not_count_forged_or_foreign_signatures()
    {
        var honest = Validator(1);
        await honest.Poll(MusdDevnet.Cancel);
        var offer = honest.Offers[0];
        var foreign = (byte[])(await musd.Sign(offer.Attestation, "mallory"))[0]!;
        OfferedAttestation[] offers =
        [
            offer, offer,
            offer with { Validator = musd.Account("validator2") },
            new(offer.Attestation, musd.Account("mallory"), foreign),
            offer with { Validator = musd.Account("validator3"), Signature = new byte[12] },
        ];
        Assert.Null(await Relay(offers));
        Assert.Contains("reason=\"signature_mismatch\"", _metrics.Text(), StringComparison.Ordinal);
        Assert.Contains("reason=\"validator_mapping_missing\"", _metrics.Text(), StringComparison.Ordinal);
        Assert.Equal(0, await musd.Number("BLEBridgeV9", "currentNonce()"));
    }

    [Fact]
    public async Task The_relay_stops_by_itself_when_assets_jump_by_more_than_a_fifth()
    {
        Validator[] honest = [Validator(1), Validator(2)];
        foreach (var validator in honest) await validator.Poll(MusdDevnet.Cancel);
        Assert.Equal("attestation 1 accepted", await Relay(Offers(honest)));
        await musd.Pass(TimeSpan.FromSeconds(150));
        Validator[] misled = [Validator(1, _ => Half(2)), Validator(2, _ => Half(2))];
        foreach (var validator in misled) await validator.Poll(MusdDevnet.Cancel);
        Assert.Contains("stopped until a person restarts the relay", await Relay(Offers(misled)), StringComparison.Ordinal);
        Assert.True(_metrics.PauseTriggered);
        Assert.Null(await Relay(Offers(misled)));
        Assert.Equal(1, await musd.Number("BLEBridgeV9", "currentNonce()"));
    }

    [Fact]
    public async Task A_paused_bridge_is_a_refusal_and_not_a_failure_of_the_relay()
    {
        await musd.Send("deployer", "BLEBridgeV9", "pause()");
        Validator[] validators = [Validator(1), Validator(2)];
        foreach (var validator in validators) await validator.Poll(MusdDevnet.Cancel);
        Assert.Equal("attestation 1 is refused: EnforcedPause", await Relay(Offers(validators)));
    }

    [Fact]
    public async Task A_validator_signs_nothing_that_it_cannot_confirm()
    {
        var deaf = await Validator(1, _ => null).Poll(MusdDevnet.Cancel);
        Assert.False(deaf.Healthy);
        var validator = Validator(2, number => number == 1 ? AssetSnapshot.Made(1) : Half(number));
        await validator.Poll(MusdDevnet.Cancel);
        Assert.Equal(PollResult.Idle, await validator.Poll(MusdDevnet.Cancel));
        Validator[] others = [Validator(1), Validator(3)];
        foreach (var other in others) await other.Poll(MusdDevnet.Cancel);
        await Relay(Offers(others));
        await musd.Pass(TimeSpan.FromSeconds(150));
        Assert.Contains("not signed", (await validator.Poll(MusdDevnet.Cancel)).Text, StringComparison.Ordinal);
        Assert.Single(validator.Offers);
    }

    [Fact]
    public void A_snapshot_that_does_not_add_up_or_whose_hash_is_anothers_is_nothing()
    {
        var good = AssetSnapshot.Made(7);
        var read = AssetSnapshot.FromJson(JsonNode.Parse(good.ToJson().ToJsonString()))!;
        Assert.Equal(good.Total, read.Total);
        var more = good.ToJson();
        more["totalValue"] = (good.Total + 1).ToString(System.Globalization.CultureInfo.InvariantCulture);
        Assert.Null(AssetSnapshot.FromJson(more));
        var other = good.ToJson();
        other["stateHash"] = Hex.Data(AssetSnapshot.Made(8).StateHash);
        Assert.Null(AssetSnapshot.FromJson(other));
        Assert.Null(AssetSnapshot.FromJson(JsonNode.Parse("[]")));
        Assert.True(AssetSnapshot.Made(8).Total < good.Total);
    }

    [Fact]
    public void An_offer_survives_its_JSON_and_nonsense_is_no_offer()
    {
        var offer = new OfferedAttestation(new Attestation(5, 6, 7, new byte[32], new byte[32]), musd.Account("validator1"), new byte[65]);
        var read = OfferedAttestation.FromJson(JsonNode.Parse(offer.ToJson().ToJsonString()))!;
        Assert.Equal(Hex.Data(offer.Attestation.Id(1, default)), Hex.Data(read.Attestation.Id(1, default)));
        Assert.Equal((offer.Validator, Hex.Data(offer.Signature)), (read.Validator, Hex.Data(read.Signature)));
        foreach (var nonsense in new[] { "{}", "[]", "7", "null", """{"nonce":"x"}""", """{"cantonAssets":"-1"}""" })
            Assert.Null(OfferedAttestation.FromJson(JsonNode.Parse(nonsense)));
    }

    [Fact]
    public async Task Each_kind_of_traffic_is_accepted_by_the_contracts()
    {
        var trader = new Trader(musd.Chain, "trader1", new Random(5));
        await trader.Prepare(MusdDevnet.Cancel);
        var before = await musd.Chain.Head(MusdDevnet.Cancel);
        foreach (var act in new Func<CancellationToken, Task>[] { trader.Mint, trader.Redeem, trader.Stake, trader.Borrow, trader.Repay, trader.BridgeOut })
            await act(MusdDevnet.Cancel);
        await new PricePublisher(musd.Chain, new Random(5)).Publish(MusdDevnet.Cancel);
        // One block for each transaction; anvil now and then adds an empty one.
        var after = await musd.Chain.Head(MusdDevnet.Cancel);
        Assert.InRange(after.Number, before.Number + 7, before.Number + 8);
        // Everything is approved already: a second preparation would else send several.
        await trader.Prepare(MusdDevnet.Cancel);
        Assert.InRange((await musd.Chain.Head(MusdDevnet.Cancel)).Number, after.Number, after.Number + 1);
    }

    [Theory]
    [InlineData(2_125)]
    [InlineData(4_000)]
    public void A_price_that_was_put_there_on_purpose_is_left_alone(long dollars) =>
        Assert.Equal(dollars * 100_000_000, new PricePublisher(musd.Chain, new Random(1)).Next(dollars * 100_000_000));

    [Fact]
    public void The_price_walks_within_two_percent_of_its_start()
    {
        var publisher = new PricePublisher(musd.Chain, new Random(1));
        var price = 2_500L * 100_000_000;
        for (var i = 0; i < 10_000; i++)
        {
            price = publisher.Next(price);
            Assert.InRange(price, 2_450L * 100_000_000, 2_550L * 100_000_000);
        }
    }

    private static AssetSnapshot Half(long number) =>
        new(number, [("CANTON-CASH", "CashEquivalent", AssetSnapshot.Made(number).Total / 2)]);

    private Validator Validator(int index, Func<long, AssetSnapshot?>? feed = null) =>
        new(musd.Chain, new Feed(feed ?? AssetSnapshot.Made), musd.Account($"validator{index}"), TimeProvider.System);

    private static IReadOnlyList<OfferedAttestation> Offers(IEnumerable<Validator> validators) => [.. validators.SelectMany(v => v.Offers)];

    /// <summary>Rounds of one relay until it says something, at most ten.</summary>
    private async Task<string?> Relay(IReadOnlyList<OfferedAttestation> offers)
    {
        _relay ??= new Relay(musd.Chain, musd.Account("relayer"), _metrics);
        for (var round = 0; round < 10; round++)
        {
            if (await _relay.Round(offers, MusdDevnet.Cancel) is { } text) return text;
        }

        return null;
    }

    private Relay? _relay;
}
