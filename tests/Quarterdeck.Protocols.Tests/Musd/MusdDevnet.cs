using System.Numerics;
using Minted.Services.Attestations;
using Minted.Services.Chain;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Devnet;
using Quarterdeck.Devnet.Deployment;
using Quarterdeck.Devnet.Faults;
using Quarterdeck.Devnet.Services;
using Quarterdeck.Packs;
using Quarterdeck.Testing;

namespace Quarterdeck.Protocols.Tests.Musd;

/// <summary>The pack's contracts on an anvil of their own, deployed as contracts/deploy.yaml says.</summary>
public sealed class MusdDevnet : AnvilFixture
{
    internal static readonly BigInteger Musd = BigInteger.Pow(10, 18);
    internal static readonly BigInteger Usdc = BigInteger.Pow(10, 6);

    private JsonRpcTransport _transport = null!;
    private DeployedPack _deployed = null!;

    public static string PackRoot => Path.Combine(RepositoryRoot.Find(), "protocols", "musd");

    internal static CancellationToken Cancel => TestContext.Current.CancellationToken;

    internal MintedChain Chain { get; private set; } = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _deployed = await new PackDeployer(Rpc).Deploy(PackRoot, CancellationToken.None);
        _transport = new JsonRpcTransport(Endpoint, RpcMethods.Any);
        Chain = new MintedChain(_transport, new Deployment(_deployed.Contracts, _deployed.Accounts));
        await Keep();
    }

    internal Address At(string contract) => Chain.AddressOf(contract);

    internal Address Account(string name) => Chain.Account(name);

    internal Task<object?> Read(string contract, string function, params object?[] args) => Chain.Read(contract, function, args, Cancel);

    internal async Task<BigInteger> Number(string contract, string function, params object?[] args) =>
        (BigInteger)(await Read(contract, function, args))!;

    internal async Task<bool> Paused(string contract) => (bool)(await Read(contract, "paused()"))!;

    /// <summary>Sends as an account; a block is made at once.</summary>
    internal async Task Send(string account, string contract, string function, params object?[] args)
    {
        var hash = await Chain.Send(Account(account), contract, function, args, Cancel);
        bool? outcome;
        while ((outcome = await Chain.Outcome(hash, Cancel)) is null) await Task.Delay(5, Cancel);
        Assert.True(outcome, $"{contract}.{function} reverted when mined.");
    }

    /// <summary>The name of the error with which a contract refuses.</summary>
    internal async Task<string> Refused(string account, string contract, string function, params object?[] args) =>
        (await Assert.ThrowsAsync<RefusedException>(() => Chain.Send(Account(account), contract, function, args, Cancel))).Error;

    internal async Task<string> ReadRefused(string contract, string function, params object?[] args) =>
        (await Assert.ThrowsAsync<RefusedException>(() => Read(contract, function, args))).Error;

    internal async Task Pass(TimeSpan time)
    {
        await Anvil.AdvanceTime(time, Cancel);
        await Anvil.Mine(1, Cancel);
    }

    internal async Task<long> Now() => (await Chain.Head(Cancel)).Time;

    /// <summary>Signatures of these accounts over an attestation, ascending by signer.</summary>
    internal async Task<object?[]> Sign(Attestation attestation, params string[] signers)
    {
        var message = attestation.Message(31337, At("BLEBridgeV9"));
        var signatures = new List<object?>();
        foreach (var signer in signers.Select(Account).Order()) signatures.Add(await Chain.Sign(signer, message, Cancel));
        return [.. signatures];
    }

    internal object?[] Tuple(Attestation attestation) => attestation.ToTuple(31337, At("BLEBridgeV9"));

    internal static byte[] Role(string name) => name == "DEFAULT_ADMIN_ROLE" ? new byte[32] : Keccak256.Hash(name).ToArray();

    internal async Task<bool> HasRole(string contract, string role, Address account) =>
        (bool)(await Read(contract, "hasRole(bytes32,address)", Role(role), account))!;

    /// <summary>Injects a fault of faults.yaml that needs no running service.</summary>
    internal async Task Break(string fault)
    {
        var pack = PackLoader.Load(PackRoot).Pack!;
        var injector = new FaultInjector(Rpc, pack, _deployed, new ServiceSwitch("/nowhere"), TimeProvider.System);
        await injector.Inject(pack.Faults.Single(f => f.Name == fault), Cancel);
    }
}
