using System.Collections.Concurrent;
using System.Diagnostics;

namespace Quarterdeck.Devnet.Processes;

/// <summary>
/// Starts all children from one thread that lives as long as the process: the parent-death signal of prctl(2) is sent
/// when the thread that forked ends, and threads of the pool end when they are idle.
/// </summary>
internal static class SpawnThread
{
    private static readonly BlockingCollection<Action> Work = StartThread();

    public static Process Start(ProcessStartInfo start)
    {
        var started = new TaskCompletionSource<Process>();
        Work.Add(() =>
        {
            try
            {
                started.SetResult(Process.Start(start)!);
            }
#pragma warning disable CA1031 // The caller's thread is where the error belongs.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                started.SetException(exception);
            }
        });
        return started.Task.GetAwaiter().GetResult();
    }

    private static BlockingCollection<Action> StartThread()
    {
        var work = new BlockingCollection<Action>();
        new Thread(() =>
        {
            foreach (var action in work.GetConsumingEnumerable()) action();
        })
        { IsBackground = true, Name = "spawn" }.Start();
        return work;
    }
}
