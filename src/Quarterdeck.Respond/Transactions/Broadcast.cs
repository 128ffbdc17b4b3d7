using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Audit;

namespace Quarterdeck.Respond.Transactions;

/// <summary>Sends signed bytes to all endpoints at once. Sending the same bytes twice does nothing the second time.</summary>
internal static class Broadcast
{
    /// <summary>What the endpoints said.</summary>
    public sealed record Answer(int Endpoints, int Accepted, string? Text);

    /// <summary>
    /// Sends. An endpoint that refuses is no failure here: whether the transaction is known, outbid or too late is found
    /// out from receipts and nonces afterwards.
    /// </summary>
    /// <exception cref="TransientException">No endpoint could be reached.</exception>
    public static async Task<Answer> ToAll(ChainLink chain, byte[] raw, CancellationToken cancel)
    {
        var answers = await Task.WhenAll(chain.Sends.Select(rpc => To(chain, rpc, raw, cancel)));
        if (answers.All(answer => answer is TransientException or WrongChainException))
            throw new TransientException($"No endpoint of {chain.Id} takes transactions now: {answers[0]!.Message}", answers[0]!);
        var accepted = answers.Count(answer => answer is null);
        return new Answer(answers.Length, accepted, answers.FirstOrDefault(answer => answer is not null)?.Message);
    }

    private static async Task<Exception?> To(ChainLink chain, JsonRpcTransport rpc, byte[] raw, CancellationToken cancel)
    {
        try
        {
            await chain.RequireChain(rpc, cancel);
            await rpc.Send("eth_sendRawTransaction", [Hex.Data(raw)], cancel);
            return null;
        }
        catch (Exception problem) when (problem is RpcException or TransientException or WrongChainException)
        {
            return problem;
        }
    }
}

/// <summary>Who the audit log names for what the lane does by itself.</summary>
internal static class Acting
{
    public static Actor Lane { get; } = Actor.Parse("system:transactions");
}
