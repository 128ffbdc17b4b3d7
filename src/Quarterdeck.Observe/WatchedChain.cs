using Quarterdeck.Chains.Evm.Endpoints;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Packs;

namespace Quarterdeck.Observe;

/// <summary>The connections to one chain of an environment, which can read and nothing else.</summary>
/// <param name="Endpoints">All endpoints: bulk reads are spread over them.</param>
/// <param name="Agreed">
/// What the head, and every metric that an alert may rest on, is read through: an answer counts when as many endpoints gave
/// it as the environment says.
/// </param>
/// <param name="Heads">A WebSocket among them, which tells of new heads at once; null where there is none.</param>
internal sealed record WatchedChain(RpcEndpoints Endpoints, EvmReader Agreed, JsonRpcTransport? Heads)
{
    public static WatchedChain Open(EnvironmentChain chain, TimeProvider clock)
    {
        var transports = chain.Endpoints.Select(e => new JsonRpcTransport(e, RpcMethods.ReadOnly, Options(chain, clock))).ToList();
        var endpoints = new RpcEndpoints(transports, new EndpointsOptions { Chain = chain.Id, Clock = clock });
        var agreed = new EvmReader(chain.Agree > 1 ? endpoints.Agree(chain.Agree) : endpoints);
        return new WatchedChain(endpoints, agreed, transports.Find(t => t.CanSubscribe));
    }

    private static JsonRpcOptions Options(EnvironmentChain chain, TimeProvider clock) =>
        new() { Clock = clock, MaxRequestsPerSecond = chain.RequestsPerSecond };
}
