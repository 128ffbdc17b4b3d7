using Quarterdeck.Devnet.Postgres;

namespace Quarterdeck.Testing;

/// <summary>The embedded PostgreSQL that all tests of one process share; not durable; deleted when the process ends.</summary>
public static class TestPostgres
{
    private static readonly Lazy<Task<EmbeddedPostgres>> Instance = new(Start);

    public static Task<EmbeddedPostgres> Shared() => Instance.Value;

    private static async Task<EmbeddedPostgres> Start()
    {
        var folder = Directory.CreateTempSubdirectory("quarterdeck-test-");
        // As root the server runs as another user, who must be able to enter the folder.
        if (!OperatingSystem.IsWindows()) folder.UnixFileMode |= UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        var postgres = await EmbeddedPostgres.Start(new PostgresOptions(folder.FullName) { Durable = false }, CancellationToken.None);
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            postgres.DisposeAsync().AsTask().GetAwaiter().GetResult();
            folder.Delete(recursive: true);
        };
        return postgres;
    }
}
