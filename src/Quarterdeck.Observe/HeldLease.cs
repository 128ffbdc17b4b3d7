using Microsoft.Extensions.Logging;
using Quarterdeck.Primitives;
using Quarterdeck.Store;

namespace Quarterdeck.Observe;

/// <summary>Keeps a lease while work goes on under it.</summary>
internal static class HeldLease
{
    /// <summary>Renews until cancelled; returns where the lease was taken over.</summary>
    public static async Task Keep(OperationsStore store, Lease lease, TimeSpan time, ILogger logger, CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(time / 4, store.Clock);
        while (await timer.WaitForNextTickAsync(cancel))
        {
            try
            {
                if (await store.Leases.Renew(lease, time, cancel)) continue;
                logger.LogWarning("The lease {Lease} was taken over", lease.Name);
                return;
            }
            catch (TransientException e)
            {
                // The database is away; writes fail meanwhile, and the lease is checked in each of them.
                logger.LogWarning("The lease {Lease} could not be renewed: {Why}", lease.Name, e.Message);
            }
        }
    }
}
