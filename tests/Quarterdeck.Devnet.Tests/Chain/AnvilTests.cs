using Quarterdeck.Chains.Evm;
using Quarterdeck.Devnet.Chain;
using Quarterdeck.Testing;

namespace Quarterdeck.Devnet.Tests.Chain;

public sealed class AnvilTests(AnvilFixture fixture) : IClassFixture<AnvilFixture>
{
    private const string First = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";

    [Fact]
    public async Task A_transaction_is_mined_at_once_and_a_revert_takes_it_back()
    {
        await fixture.Clean();
        var before = await fixture.Anvil.Head(CancellationToken.None);
        var account = Address.Parse(First);
        var receipt = await new DevnetSender(fixture.Rpc).Send(account, account, [], 1, CancellationToken.None);
        Assert.Equal(before + 1, receipt.Block);

        await fixture.Clean();

        Assert.Equal(before, await fixture.Anvil.Head(CancellationToken.None));
    }

    [Fact]
    public async Task A_second_start_resumes_with_the_state_of_the_first()
    {
        var folder = Directory.CreateTempSubdirectory("anvil-state-");
        var options = new AnvilOptions { StateFile = Path.Combine(folder.FullName, "state.json") };
        ulong head;
        await using (var first = await Anvil.Start(options, CancellationToken.None))
        {
            await first.Rpc.Send("anvil_setBalance", [First, "0x2a"], CancellationToken.None);
            await first.Mine(7, CancellationToken.None);
            head = await first.Head(CancellationToken.None);
        }

        await using (var second = await Anvil.Start(options, CancellationToken.None))
        {
            Assert.Equal(head, await second.Head(CancellationToken.None));
            Assert.Equal(42u, DevnetRpc.Quantity(await second.Rpc.Send("eth_getBalance", [First, "latest"], CancellationToken.None)));
        }

        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_taken_port_is_named_with_what_to_do()
    {
        var exception = await Assert.ThrowsAsync<DevnetException>(
            () => Anvil.Start(new AnvilOptions { Port = fixture.Anvil.Port }, CancellationToken.None));

        Assert.Equal(
            $"Port {fixture.Anvil.Port}, meant for anvil, is taken. End what listens there, or choose another port.", exception.Message);
    }

    [Fact]
    public async Task What_the_chain_refuses_is_said_with_its_reason()
    {
        var exception = await Assert.ThrowsAsync<DevnetException>(
            () => fixture.Rpc.Send("eth_sendTransaction", [new { from = "0x00000000000000000000000000000000000000aa" }], CancellationToken.None));

        Assert.StartsWith("eth_sendTransaction is refused: No Signer available", exception.Message, StringComparison.Ordinal);
    }
}
