using System.Numerics;
using System.Security.Cryptography;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Transactions;
using Quarterdeck.Packs;
using Quarterdeck.Primitives;
using Quarterdeck.Respond.Runs;
using Quarterdeck.Respond.Tests.Approvals;
using Quarterdeck.Respond.Transactions.Signing;
using Quarterdeck.Testing;

namespace Quarterdeck.Respond.Tests.Transactions;

/// <summary>Keys in AWS KMS, by the real SDK against a stand-in of the service.</summary>
public sealed class KmsTests(RespondFixture database, AnvilFixture chain) : IClassFixture<RespondFixture>, IClassFixture<AnvilFixture>, IAsyncLifetime
{
    private readonly KmsStandIn _kms = new();

    public async ValueTask InitializeAsync()
    {
        Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", "test");
        Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", "test");
        await chain.Clean();
        await TestPack.PutContracts(chain.Rpc);
        await chain.Rpc.Send("anvil_setBalance", [_kms.Address.ToString(), "0x56bc75e2d63100000"], CancellationToken.None);
    }

    public ValueTask DisposeAsync() => _kms.DisposeAsync();

    private KmsSigner Account => new("alias/pauser", "eu-west-1", _kms.Endpoint);

    private static Transaction1559 Transaction(ulong nonce) => new()
    {
        Chain = 31337,
        Nonce = nonce,
        GasLimit = 21_000,
        MaxFeePerGas = 100_000_000_000,
        MaxPriorityFeePerGas = 1_000_000_000,
        To = TestPack.AddressOf(9),
        Value = BigInteger.One,
    };

    [Fact]
    public async Task Signatures_with_s_in_either_half_become_transactions_that_the_chain_takes()
    {
        using var signer = await KmsKeySigner.Open(Account, CancellationToken.None);
        Assert.Equal(_kms.Address, signer.Address);
        for (ulong nonce = 0; nonce < 20; nonce++)
        {
            _kms.HighS = nonce % 2 == 0;
            var signed = await signer.Sign(Transaction(nonce), CancellationToken.None);
            Assert.Equal(_kms.Address, signed.Sender());
            Assert.True(signed.Signature.IsLowS);
            var hash = await chain.Rpc.Send("eth_sendRawTransaction", [Hex.Data(signed.Raw)], CancellationToken.None);
            Assert.Equal(signed.Hash.ToString(), hash.GetString());
        }

        Assert.Equal(20, _kms.Signed);
    }

    [Fact]
    public async Task A_key_of_another_curve_or_kind_is_refused()
    {
        await using var other = new KmsStandIn(ECCurve.NamedCurves.nistP256);
        await Assert.ThrowsAsync<SigningRefusedException>(() => KmsKeySigner.Open(Account with { Endpoint = other.Endpoint }, CancellationToken.None));
        _kms.KeySpec = "RSA_2048";
        var refused = await Assert.ThrowsAsync<SigningRefusedException>(() => KmsKeySigner.Open(Account, CancellationToken.None));
        Assert.Contains("ECC_SECG_P256K1", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_is_for_a_person_and_an_outage_passes()
    {
        using var signer = await KmsKeySigner.Open(Account, CancellationToken.None);
        _kms.Refuses = (400, "AccessDeniedException");
        await Assert.ThrowsAsync<SigningRefusedException>(() => signer.Sign(Transaction(0), CancellationToken.None));
        _kms.Refuses = (400, "ThrottlingException");
        await Assert.ThrowsAsync<TransientException>(() => signer.Sign(Transaction(0), CancellationToken.None));
        _kms.Refuses = (500, "KMSInternalException");
        await Assert.ThrowsAsync<TransientException>(() => signer.Sign(Transaction(0), CancellationToken.None));
    }

    [Fact]
    public async Task A_run_is_signed_by_KMS_and_waits_for_a_person_where_the_key_is_disabled()
    {
        var operators = new TestOperators();
        (string, TestWallet)[] people = [("alice", operators.Add("alice")), ("bob", operators.Add("bob"))];
        operators.Add("carol");
        using var pack = new TestPack(
            chain.Endpoint,
            new Dictionary<string, string> { ["pause"] = TestPack.PauseRunbook("Alpha").Replace("--account deployer", "--account pauser", StringComparison.Ordinal) },
            $$"""  pauser: { address: "{{_kms.Address}}", kms: alias/pauser, region: eu-west-1, endpoint: "{{_kms.Endpoint}}" }""");
        var server = database.Postgres.ConnectionString(await database.FreshDatabase(), Devnet.Postgres.EmbeddedPostgres.Server);
        await using var world = await World.Start(server, TestPack.Load(pack.Folder), operators, workers: true);
        _kms.Refuses = (400, "DisabledException");
        var run = await world.Propose("pause");
        await world.Approve(await world.PlanOf(run), people);
        var paused = await world.Until(run, d => d.Run.State == RunState.Paused);
        Assert.Contains("'pauser' cannot sign", paused.Run.StateReason, StringComparison.Ordinal);
        _kms.Refuses = null;
        Assert.IsType<Outcome<RunState>.Done>(await world.Get<ResumeRun>().Resume(run, "carol", "the key is enabled again", CancellationToken.None));
        await world.Until(run, d => d.Run.State == RunState.Succeeded);
        Assert.Equal(["Alpha"], await TestPack.PausedEvents(chain.Rpc));
    }
}
