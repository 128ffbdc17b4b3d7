using System.Diagnostics;
using Quarterdeck.Devnet.Processes;

namespace Quarterdeck.Devnet.Tests.Processes;

public sealed class ChildProcessTests
{
    [Fact]
    public async Task Output_goes_to_the_log_file_and_the_last_lines_are_kept_for_messages()
    {
        var log = Path.Combine(Directory.CreateTempSubdirectory("child-").FullName, "child.log");
        await using var child = ChildProcess.Start(new ChildProcessOptions("printf", "/usr/bin/printf", ["%s\n", "a b", "$HOME"]) { LogFile = log });

        Assert.Equal(0, await child.Exited);

        Assert.Equal(["a b", "$HOME"], await File.ReadAllLinesAsync(log));
        Assert.Equal("a b\n$HOME", child.Tail);
    }

    [Fact]
    public async Task A_child_that_ignores_the_interrupt_is_killed_after_its_time()
    {
        var ready = new TaskCompletionSource();
        await using var child = ChildProcess.Start(new ChildProcessOptions("stubborn", "/bin/sh", ["-c", "trap '' INT; echo ready; exec sleep 600"])
        {
            StopTimeout = TimeSpan.FromMilliseconds(100),
            OnLine = _ => ready.TrySetResult(),
        });
        await ready.Task;

        await child.Stop();

        Assert.Equal(128 + 9, await child.Exited);
    }

    [Fact]
    public void An_executable_that_is_not_there_is_named()
    {
        var exception = Assert.Throws<DevnetException>(() => ChildProcess.Start(new ChildProcessOptions("anvil", "/nowhere/anvil", [])));

        Assert.Equal("anvil cannot be started: there is no file /nowhere/anvil.", exception.Message);
    }

    [Fact]
    public async Task A_restarted_process_comes_back_with_a_growing_pause_until_it_is_stopped()
    {
        var starts = 0;
        var third = new TaskCompletionSource();
        await using var process = RestartingProcess.Start(
            new ChildProcessOptions("flaky", "/bin/sh", ["-c", "echo up; exit 3"])
            {
                OnLine = _ => { if (Interlocked.Increment(ref starts) == 3) third.TrySetResult(); },
            },
            new RestartOptions { FirstPause = TimeSpan.FromMilliseconds(5) });

        await third.Task.WaitAsync(TimeSpan.FromSeconds(20));
        await process.Stop();

        var ended = starts;
        await Task.Delay(60);
        Assert.Equal(ended, starts);
        Assert.True(process.Restarts >= 2);
    }

    [Fact]
    public async Task A_leftover_is_stopped_only_if_it_is_the_process_that_was_written_down()
    {
        using var other = Process.Start(new ProcessStartInfo("/bin/sleep", ["600"]))!;

        await Orphan.Stop(other.Id, "/some/data/folder", CancellationToken.None);
        Assert.False(other.HasExited);

        await Orphan.Stop(other.Id, "sleep", CancellationToken.None);
        await other.WaitForExitAsync();
        Assert.True(other.HasExited);
    }
}
