namespace Quarterdeck.Devnet.Postgres;

/// <summary>An embedded PostgreSQL.</summary>
/// <param name="Folder">Holds <c>data</c> and <c>password</c>; made where it does not exist.</param>
public sealed record PostgresOptions(string Folder)
{
    /// <summary>The TCP port on the loopback address; 0 = any free one.</summary>
    public int Port { get; init; }

    /// <summary>Where its log goes.</summary>
    public string? LogFile { get; init; }

    /// <summary>
    /// False for tests: nothing is flushed to disk, and every local user may connect without a password. True for
    /// <c>up</c>: commits are durable, and the roles' password is chance, kept in a file that only we can read.
    /// </summary>
    public bool Durable { get; init; } = true;
}
