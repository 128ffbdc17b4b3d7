using Quarterdeck.Primitives;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Runs.Planning;

/// <summary>Marks a void plan as one that its run outlives: a new plan is gathered for the same stage, and approved anew.</summary>
internal static class Supersede
{
    public static Task Record(ActScope act, string run, Hash32 plan, string reason) => act.Execute(
        "insert into runs.superseded (plan_hash, run_id, reason, at) values (@plan, @run, @reason, @now)", new { plan, run, reason, now = act.Now });
}
