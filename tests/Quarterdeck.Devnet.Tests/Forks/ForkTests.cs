using System.Numerics;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Signatures;
using Quarterdeck.Chains.Evm.Transactions;
using Quarterdeck.Devnet.Chain;
using Quarterdeck.Devnet.Forks;
using Quarterdeck.Devnet.Keys;
using Quarterdeck.Testing;

namespace Quarterdeck.Devnet.Tests.Forks;

/// <summary>A fork of another anvil: what is done on it stays on it.</summary>
public sealed class ForkTests(AnvilFixture origin) : IClassFixture<AnvilFixture>
{
    // sstore(0, caller)
    private const string RemembersCaller = "0x335f5500";
    private static readonly CancellationToken Cancel = CancellationToken.None;
    private static readonly Address Contract = Address.Parse("0x00000000000000000000000000000000000000c0");
    private static readonly Address Owner = Address.Parse("0x00000000000000000000000000000000000a11ce");

    [Fact]
    public async Task A_stand_in_signs_the_account_itself_sends_on_the_fork_and_the_forked_chain_is_only_read()
    {
        await origin.Clean();
        await origin.Rpc.Send("anvil_setCode", [Contract.ToString(), RemembersCaller], Cancel);
        var before = await origin.Anvil.Head(Cancel);
        await using var source = new ForkSource(origin.Endpoint);
        await using var fork = await Anvil.Start(new AnvilOptions { Fork = source.Endpoint }, Cancel);
        await fork.Rpc.Send("anvil_impersonateAccount", [Owner.ToString()], Cancel);
        await fork.Rpc.Send("anvil_setBalance", [Owner.ToString(), "0x56bc75e2d63100000"], Cancel);
        var standIn = DevKey.Random();
        await using var door = new ForkDoor(fork.Endpoint, new Dictionary<Address, Address> { [standIn.Address] = Owner });
        using var server = new DevnetRpc(door.Endpoint);

        // Asked for the stand-in, the answer is the account's.
        Assert.Equal("0x56bc75e2d63100000", (await server.Send("eth_getBalance", [standIn.Address.ToString(), "latest"], Cancel)).GetString());
        var signed = Sign(standIn, nonce: 0);
        for (var i = 0; i < 2; i++)
            Assert.Equal(signed.Hash.ToString(), (await server.Send("eth_sendRawTransaction", [Hex.Data(signed.Raw)], Cancel)).GetString());
        var receipt = await server.Send("eth_getTransactionReceipt", [signed.Hash.ToString()], Cancel);
        // A transaction is mined a moment after it is taken.
        for (var i = 0; i < 100 && receipt.ValueKind == System.Text.Json.JsonValueKind.Null; i++, await Task.Delay(50, Cancel))
            receipt = await server.Send("eth_getTransactionReceipt", [signed.Hash.ToString()], Cancel);
        Assert.Equal("0x1", receipt.GetProperty("status").GetString());
        Assert.Equal(signed.Hash.ToString(), receipt.GetProperty("transactionHash").GetString());

        Assert.EndsWith(Owner.ToLowerHex()[2..], (await fork.Rpc.Send("eth_getStorageAt", [Contract.ToString(), "0x0", "latest"], Cancel)).GetString(), StringComparison.Ordinal);
        Assert.Equal(1UL, DevnetRpc.Quantity(await fork.Rpc.Send("eth_getTransactionCount", [Owner.ToString(), "latest"], Cancel)));
        // The other chain knows nothing of it, and was asked for nothing but reads.
        Assert.Equal(before, await origin.Anvil.Head(Cancel));
        Assert.Equal("0x" + new string('0', 64), (await origin.Rpc.Send("eth_getStorageAt", [Contract.ToString(), "0x0", "latest"], Cancel)).GetString());
        Assert.NotEmpty(source.Passed);
        Assert.DoesNotContain(source.Passed.Keys, method => method.StartsWith("eth_send", StringComparison.Ordinal) || method.Contains("sign", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("eth_sendRawTransaction")]
    [InlineData("eth_sendTransaction")]
    [InlineData("eth_sign")]
    [InlineData("personal_sign")]
    [InlineData("anvil_setBalance")]
    [InlineData("evm_mine")]
    [InlineData("debug_setHead")]
    public async Task Nothing_that_could_change_the_forked_chain_passes(string method)
    {
        await using var source = new ForkSource(origin.Endpoint);
        using var rpc = new DevnetRpc(source.Endpoint);
        var refusal = await Assert.ThrowsAsync<DevnetException>(() => rpc.Send(method, ["0x00"], Cancel));
        Assert.Contains("only read", refusal.Message, StringComparison.Ordinal);
        Assert.Equal([method], source.Refused);
        Assert.Empty(source.Passed);
    }

    [Fact]
    public async Task A_stand_in_of_another_is_not_impersonated()
    {
        await origin.Clean();
        var (standIn, stranger) = (DevKey.Random(), DevKey.Random());
        await using var door = new ForkDoor(origin.Endpoint, new Dictionary<Address, Address> { [standIn.Address] = Owner });
        using var server = new DevnetRpc(door.Endpoint);
        await Assert.ThrowsAsync<DevnetException>(() => server.Send("eth_sendRawTransaction", [Hex.Data(Sign(stranger, 0).Raw)], Cancel));
        Assert.Equal(0UL, DevnetRpc.Quantity(await origin.Rpc.Send("eth_getTransactionCount", [Owner.ToString(), "latest"], Cancel)));
    }

    private static SignedTransaction Sign(DevKey key, ulong nonce)
    {
        var transaction = new Transaction1559
        {
            Chain = 31337,
            Nonce = nonce,
            MaxPriorityFeePerGas = 1,
            MaxFeePerGas = new BigInteger(10_000_000_000),
            GasLimit = 100_000,
            To = Contract,
        };
        return transaction.Sign(EcdsaSignature.Parse(key.Sign(transaction.SigningHash())));
    }
}
