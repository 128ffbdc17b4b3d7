namespace Minted.Services;

/// <summary>Runs the parts of a process until one ends; the others are then told to stop, and its failure is the process's.</summary>
internal static class Together
{
    public static async Task Run(CancellationToken cancel, params Func<CancellationToken, Task>[] parts)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var running = parts.Select(part => part(stop.Token)).ToArray();
        var first = await Task.WhenAny(running);
        await stop.CancelAsync();
        try
        {
            await Task.WhenAll(running);
        }
        catch (OperationCanceledException) when (first.IsFaulted)
        {
            // What ended first says more than what was told to stop.
        }

        await first;
    }
}
