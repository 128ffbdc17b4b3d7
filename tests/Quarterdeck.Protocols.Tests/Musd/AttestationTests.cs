using System.Numerics;
using Minted.Services.Attestations;
using Quarterdeck.Chains.Evm;

namespace Quarterdeck.Protocols.Tests.Musd;

/// <summary>The bridge takes two of three validators' word, and refuses everything else by name.</summary>
public sealed class AttestationTests(MusdDevnet musd) : IClassFixture<MusdDevnet>, IAsyncLifetime
{
    private const string Process = "processAttestation";
    private static readonly byte[] Ones = [.. Enumerable.Repeat((byte)0x11, 32)];
    private static readonly byte[] Twos = [.. Enumerable.Repeat((byte)0x22, 32)];

    private static readonly Attestation Vector = new(55_000_000 * MusdDevnet.Musd, 1, 1_700_000_000, Ones, Twos);
    private static readonly Address VectorBridge = Address.Parse("0x9A9f2CCfdE556A7E9Ff0848998Aa4a0CFD8863AE");

    public async ValueTask InitializeAsync() => await musd.Clean();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public void The_worked_example_gives_its_id_message_and_digest()
    {
        Assert.Equal("0x80987ffba3f546d1755ff802cf52b07ffa381a9a8765469bed1aa8540e480269", Hex.Data(Vector.Id(31337, VectorBridge)));
        Assert.Equal("0x53ec14b1dc2a9f58bcafa689aca7d7bd4702f1a37120ff5bc95cc7f6a7cf226c", Hex.Data(Vector.Message(31337, VectorBridge)));
        Assert.Equal("0xd60af0386578ff8b18f07d8ce3cc208ed2b924cd834744d7b7911aa718f9c4df", Hex.Data(Vector.Digest(31337, VectorBridge)));
    }

    [Theory]
    [InlineData(
        "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65",
        "0x21dc2b832986de748dbe33d9941c144c4f5abd9ab03018225ddf7b4310095ccf56022e8ea9ca0299c69ca72499be14b6648347c7f72b626269ef1a4ff91deebc1c")]
    [InlineData(
        "0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc",
        "0xd9a0669f8f032921a9fb0229c1de75af05fd1b15095cc5e6afad9581e51568197aa84e9b5d6b2af942918d4d1e70c172655b86b7770185222bac09c56c7ac3cb1b")]
    public async Task The_worked_examples_signatures_are_made_and_recovered(string signer, string signature)
    {
        var account = Address.Parse(signer);
        Assert.Equal(signature, Hex.Data(await musd.Chain.Sign(account, Vector.Message(31337, VectorBridge), MusdDevnet.Cancel)));
        Assert.Equal(account, await musd.Chain.Recover(Vector.Digest(31337, VectorBridge), Hex.ParseData(signature), MusdDevnet.Cancel));
    }

    [Fact]
    public async Task The_contract_computes_the_worked_examples_id_at_its_address()
    {
        var compiled = await musd.Rpc.Send("eth_getStorageAt",
            [musd.At("BLEBridgeV9").ToString(), "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc", "latest"], MusdDevnet.Cancel);
        var code = await musd.Rpc.Send("eth_getCode", ["0x" + compiled.GetString()![^40..], "latest"], MusdDevnet.Cancel);
        await musd.Rpc.Send("anvil_setCode", [VectorBridge.ToString(), code.GetString()], MusdDevnet.Cancel);
        var call = Minted.Services.Chain.ContractAbis.Of("BLEBridgeV9").FindFunction("computeAttestationId")!;
        var data = call.EncodeCall(Vector.Nonce, Vector.CantonAssets, Vector.Timestamp, Ones, Twos);
        var id = await musd.Rpc.Send("eth_call", [new { to = VectorBridge.ToString(), data = Hex.Data(data) }, "latest"], MusdDevnet.Cancel);
        Assert.Equal("0x80987ffba3f546d1755ff802cf52b07ffa381a9a8765469bed1aa8540e480269", id.GetString());
    }

    [Theory]
    [InlineData("validator1", "validator2")]
    [InlineData("validator1", "validator3")]
    [InlineData("validator2", "validator3")]
    public async Task Any_two_validators_set_the_cap(string first, string second)
    {
        var attestation = await Next(55_000_000);
        await musd.Send("relayer", "BLEBridgeV9", Process, musd.Tuple(attestation), await musd.Sign(attestation, first, second));
        Assert.Equal(50_000_000 * MusdDevnet.Musd, await musd.Number("MUSD", "supplyCap()"));
        Assert.Equal(attestation.CantonAssets, await musd.Number("BLEBridgeV9", "attestedCantonAssets()"));
        Assert.Equal(attestation.Timestamp, await musd.Number("BLEBridgeV9", "lastAttestationTime()"));
        Assert.Equal(1, await musd.Number("BLEBridgeV9", "currentNonce()"));
    }

    [Fact]
    public async Task One_validator_is_not_enough_and_the_nonce_stays()
    {
        var attestation = await Next(55_000_000);
        Assert.Equal("InsufficientSignatures", await Refusal(attestation, await musd.Sign(attestation, "validator1")));
        Assert.Equal(0, await musd.Number("BLEBridgeV9", "currentNonce()"));
    }

    [Fact]
    public async Task Only_the_relayer_submits()
    {
        var attestation = await Next(55_000_000);
        var signatures = await musd.Sign(attestation, "validator1", "validator2");
        Assert.Equal("AccessControlUnauthorizedAccount", await musd.Refused("mallory", "BLEBridgeV9", Process, musd.Tuple(attestation), signatures));
    }

    [Theory]
    [InlineData("nonce", "InvalidNonce")]
    [InlineData("assets", "ZeroAssets")]
    [InlineData("future", "FutureTimestamp")]
    [InlineData("old", "AttestationTooOld")]
    [InlineData("entropy", "MissingEntropy")]
    [InlineData("state", "MissingStateHash")]
    public async Task A_wrong_field_is_refused_by_name(string field, string error)
    {
        var good = await Next(55_000_000);
        var bad = field switch
        {
            "nonce" => good with { Nonce = 2 },
            "assets" => good with { CantonAssets = 0 },
            "future" => good with { Timestamp = good.Timestamp + 600 },
            "old" => good with { Timestamp = good.Timestamp - (6 * 3600) - 60 },
            "entropy" => good with { Entropy = new byte[32] },
            _ => good with { StateHash = new byte[32] },
        };
        Assert.Equal(error, await Refusal(bad, await musd.Sign(bad, "validator1", "validator2")));
    }

    [Fact]
    public async Task An_id_of_other_content_or_one_invalidated_is_refused()
    {
        var attestation = await Next(55_000_000);
        var signatures = await musd.Sign(attestation, "validator1", "validator2");
        var forged = musd.Tuple(attestation);
        forged[0] = Ones;
        Assert.Equal("InvalidAttestationId", await musd.Refused("relayer", "BLEBridgeV9", Process, forged, signatures));
        await musd.Send("deployer", "BLEBridgeV9", "invalidateAttestationId(bytes32,string)", attestation.Id(31337, musd.At("BLEBridgeV9")), "withdrawn");
        Assert.Equal("AttestationReused", await Refusal(attestation, signatures));
    }

    [Fact]
    public async Task Signatures_of_strangers_reversed_doubled_or_broken_are_refused()
    {
        var attestation = await Next(55_000_000);
        var good = await musd.Sign(attestation, "validator1", "validator2");
        Assert.Equal("InvalidValidator", await Refusal(attestation, await musd.Sign(attestation, "validator1", "mallory")));
        Assert.Equal("UnsortedSignatures", await Refusal(attestation, [good[1], good[0]]));
        Assert.Equal("UnsortedSignatures", await Refusal(attestation, [good[0], good[0]]));
        Assert.Equal("ECDSAInvalidSignatureLength", await Refusal(attestation, [good[0], new byte[64]]));
        Assert.Equal("ECDSAInvalidSignature", await Refusal(attestation, [good[0], new byte[65]]));
        Assert.Equal("InvalidValidator", await Refusal(attestation with { CantonAssets = attestation.CantonAssets + 1 }, good));
    }

    [Fact]
    public async Task A_third_signature_that_is_wrong_spoils_two_right_ones()
    {
        var attestation = await Next(55_000_000);
        Assert.Equal("InvalidValidator", await Refusal(attestation, await musd.Sign(attestation, "validator1", "validator2", "mallory")));
    }

    [Fact]
    public async Task Attestations_are_a_minute_apart_and_each_is_used_once()
    {
        var first = await Next(55_000_000);
        await Accept(first);
        Assert.Equal("InvalidNonce", await Refusal(first, await musd.Sign(first, "validator1", "validator2")));
        var close = first with { Nonce = 2, Timestamp = first.Timestamp + 59 };
        await musd.Pass(TimeSpan.FromSeconds(60));
        Assert.Equal("AttestationTooClose", await Refusal(close, await musd.Sign(close, "validator1", "validator2")));
        await Accept(close with { Timestamp = first.Timestamp + 60 });
    }

    [Fact]
    public async Task The_cap_falls_in_full_rises_within_the_allowance_and_rises_once_a_day()
    {
        await Accept(await Next(55_000_000));
        await musd.Pass(TimeSpan.FromMinutes(2));
        await Accept((await Next(66_000_000)) with { Nonce = 2 });
        Assert.Equal(55_000_000 * MusdDevnet.Musd, await musd.Number("MUSD", "supplyCap()"));
        await musd.Pass(TimeSpan.FromMinutes(2));
        var third = (await Next(66_000_000)) with { Nonce = 3 };
        Assert.Equal("CapIncreaseCooldown", await Refusal(third, await musd.Sign(third, "validator1", "validator2")));
        Assert.Equal(2, await musd.Number("BLEBridgeV9", "currentNonce()"));
        await Accept((await Next(44_000_000)) with { Nonce = 3 });
        Assert.Equal(40_000_000 * MusdDevnet.Musd, await musd.Number("MUSD", "supplyCap()"));
    }

    [Fact]
    public async Task A_paused_bridge_takes_no_attestation()
    {
        await musd.Send("deployer", "BLEBridgeV9", "pause()");
        var attestation = await Next(55_000_000);
        Assert.Equal("EnforcedPause", await Refusal(attestation, await musd.Sign(attestation, "validator1", "validator2")));
    }

    private async Task<Attestation> Next(BigInteger assets) => new(assets * MusdDevnet.Musd, 1, await musd.Now(), Ones, Twos);

    private async Task Accept(Attestation attestation) =>
        await musd.Send("relayer", "BLEBridgeV9", Process, musd.Tuple(attestation), await musd.Sign(attestation, "validator1", "validator2"));

    private Task<string> Refusal(Attestation attestation, object?[] signatures) =>
        musd.Refused("relayer", "BLEBridgeV9", Process, musd.Tuple(attestation), signatures);
}
