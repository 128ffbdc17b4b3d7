using Quarterdeck.Chains.Evm.Rpc;

namespace Quarterdeck.Chains.Tests.Evm.Rpc;

public sealed class RpcMethodsTests
{
    [Theory]
    [InlineData("eth_sendTransaction")]
    [InlineData("eth_sendRawTransaction")]
    [InlineData("eth_sendRawTransactionSync")]
    [InlineData("eth_sendUserOperation")]
    [InlineData("eth_sendBundle")]
    [InlineData("eth_sign")]
    [InlineData("eth_signTransaction")]
    [InlineData("eth_signTypedData_v4")]
    [InlineData("eth_submitWork")]
    [InlineData("personal_unlockAccount")]
    [InlineData("personal_sign")]
    [InlineData("account_signData")]
    [InlineData("anvil_setBalance")]
    [InlineData("evm_mine")]
    [InlineData("hardhat_setCode")]
    [InlineData("debug_setHead")]
    [InlineData("miner_start")]
    [InlineData("admin_addPeer")]
    [InlineData("wallet_anything")]
    [InlineData("something_unknown")]
    [InlineData("ETH_SENDTRANSACTION")]
    public async Task A_reader_refuses_to_send_what_may_change_state(string method)
    {
        Assert.False(RpcMethods.ReadOnly.Permits(method));
        Assert.True(RpcMethods.Any.Permits(method));
        // Nothing listens on this port: the refusal comes before any connection.
        await using var rpc = new JsonRpcTransport(new Uri("http://127.0.0.1:1"), RpcMethods.ReadOnly);
        var error = await Assert.ThrowsAsync<RpcRefusedException>(() => rpc.Send(method, []));
        Assert.Equal(method, error.Method);
        await Assert.ThrowsAsync<RpcRefusedException>(() => rpc.SendBatch([new RpcRequest("eth_chainId"), new RpcRequest(method)], default));
    }

    [Theory]
    [InlineData("eth_call")]
    [InlineData("eth_getLogs")]
    [InlineData("eth_simulateV1")]
    [InlineData("eth_subscribe")]
    [InlineData("debug_traceCall")]
    [InlineData("net_version")]
    public void Reads_pass(string method) => Assert.True(RpcMethods.ReadOnly.Permits(method));
}
