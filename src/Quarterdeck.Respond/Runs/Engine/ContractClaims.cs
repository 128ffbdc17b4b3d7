using System.Text;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Runs.Engine;

/// <summary>Another run writes to a contract that this one is about to write to.</summary>
internal sealed class ContractClaimedException(string runId) : Exception($"The run {runId} writes to the same contract.")
{
    public string RunId => runId;
}

/// <summary>Serialises runs that write to the same contract, while they execute.</summary>
internal static class ContractClaims
{
    /// <summary>What a plan writes to: contracts, services and databases.</summary>
    public static IEnumerable<(string Chain, byte[] Target)> Of(Plan plan) =>
    [
        .. plan.Calls.Select(call => (call.Chain.ToString(), call.Target.ToArray())),
        .. plan.Actions.Where(action => action.Effect is ActionEffect.ServiceVerb or ActionEffect.DatabaseWrite)
            .Select(action => (action.Effect.Kind, Encoding.UTF8.GetBytes(action.Target))),
    ];

    /// <summary>Claims all targets or none.</summary>
    /// <exception cref="ContractClaimedException">Another run holds one; the transaction must be rolled back.</exception>
    public static async Task Take(ActScope act, string runId, IEnumerable<(string Chain, byte[] Target)> targets)
    {
        // One order for all runs, so that two of them never wait for each other.
        var wanted = targets.DistinctBy(t => (t.Chain, Convert.ToHexString(t.Target)))
            .OrderBy(t => t.Chain, StringComparer.Ordinal).ThenBy(t => Convert.ToHexString(t.Target), StringComparer.Ordinal).ToList();
        var (chains, addresses) = (wanted.Select(t => t.Chain).ToArray(), wanted.Select(t => t.Target).ToArray());
        await act.Execute(
            """
            insert into runs.claims (chain, target, run_id, at)
            select chain, target, @runId, @now from unnest(@chains, @addresses) with ordinality w (chain, target, place) order by place
            on conflict do nothing
            """, new { chains, addresses, runId, now = act.Now });
        var holder = await act.QueryFirstOrDefault<string>(
            """
            select c.run_id from runs.claims c join unnest(@chains, @addresses) w (chain, target) on c.chain = w.chain and c.target = w.target
            where c.run_id <> @runId limit 1
            """, new { chains, addresses, runId });
        if (holder is not null) throw new ContractClaimedException(holder);
    }

    /// <summary>Gives them up.</summary>
    public static Task Release(ActScope act, string runId) =>
        act.Execute("delete from runs.claims where run_id = @runId", new { runId });
}
