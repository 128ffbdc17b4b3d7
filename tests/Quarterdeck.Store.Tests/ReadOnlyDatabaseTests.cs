using Npgsql;

namespace Quarterdeck.Store.Tests;

public sealed class ReadOnlyDatabaseTests
{
    [Fact]
    public void A_database_URL_is_read_as_other_tools_write_it()
    {
        var read = new NpgsqlConnectionStringBuilder(ReadOnlyDatabase.ConnectionText("postgres://me%40x:p%20w@db.example:6432/app?sslmode=verify-full"));
        Assert.Equal(("db.example", 6432, "app", "me@x", "p w", SslMode.VerifyFull),
            (read.Host, read.Port, read.Database, read.Username, read.Password, read.SslMode));
    }
}
