using System.Diagnostics;
using Quarterdeck.Store.Audit;

namespace Quarterdeck.Store.Tests.Audit;

/// <summary>A writer with its sequencer is killed at every point of the store; what it acknowledged is in the log, and the log is sound.</summary>
public sealed class AuditCrashTests(AuditLogFixture fixture) : IClassFixture<AuditLogFixture>
{
    private const string Database = "QUARTERDECK_TEST_CRASH_DATABASE";
    private const string State = "QUARTERDECK_TEST_CRASH_STATE";

    public static TheoryData<string> Points() => [.. CrashPoints.Declared(typeof(OperationsStore).Assembly)];

    [Theory]
    [MemberData(nameof(Points))]
    public async Task Killed_at_every_point_the_log_keeps_what_was_acknowledged_and_goes_on(string point)
    {
        await using var log = await fixture.NewLog();
        var acknowledged = Path.Combine(log.StateFolder, "acknowledged");
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList = { "exec", typeof(AuditCrashTests).Assembly.Location, "-method", $"*{nameof(Write_until_killed)}" },
            Environment = { [CrashPoints.Variable] = $"{point}:4", [Database] = log.Server, [State] = log.StateFolder },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var child = Process.Start(start)!;
        var output = child.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = child.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await child.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(child.ExitCode == 137, $"exit {child.ExitCode}: {await output} {await errors}");

        var store = log.Open();
        await TestLog.Append(store, "after");
        await log.Sequencer(store).Flush(TestContext.Current.CancellationToken);
        var verification = await log.Verify(store);
        Assert.Empty(verification.Findings);
        var entries = await new AuditLog(store).Entries(0, 100_000, null, TestContext.Current.CancellationToken);
        var subjects = entries.Select(e => e.Entry.Subject).ToList();
        Assert.Equal(subjects.Distinct(), subjects);
        var promised = File.Exists(acknowledged) ? await File.ReadAllLinesAsync(acknowledged, TestContext.Current.CancellationToken) : [];
        Assert.Empty(promised.Except(subjects));
        // At most one more than was acknowledged: the one in whose commit the process died; and the one of this test.
        Assert.InRange(subjects.Count, promised.Length + 1, promised.Length + 2);
    }

    [Fact]
    public async Task Write_until_killed()
    {
        // Does something in the child of the test above only.
        if (Environment.GetEnvironmentVariable(Database) is not { } database) return;
        var folder = Environment.GetEnvironmentVariable(State)!;
        await using var store = OperationsStore.Open(database, TimeProvider.System);
        var options = new AuditSequencerOptions { CheckpointInterval = TimeSpan.FromMilliseconds(1) };
        using var sequencer = new AuditSequencer(
            store, AuditSigner.Open(folder, "quarterdeck/test"), options, Microsoft.Extensions.Logging.Abstractions.NullLogger<AuditSequencer>.Instance);
        await sequencer.StartAsync(CancellationToken.None);
        for (var i = 0; i < 5000; i++)
        {
            await TestLog.Append(store, $"entry_{i}");
            await File.AppendAllTextAsync(Path.Combine(folder, "acknowledged"), $"entry_{i}\n");
        }
    }
}
