using Quarterdeck.Devnet.Postgres;
using Xunit;

namespace Quarterdeck.Testing;

/// <summary>
/// A fresh, empty database for a test class (<c>IClassFixture</c>), in the one embedded PostgreSQL of the test run.
/// Derive and override <see cref="Migrate"/> to fill it: it then runs once for each derived type, and every further
/// database is a copy, which takes a few milliseconds.
/// </summary>
public class PostgresFixture : IAsyncLifetime
{
    private static readonly Dictionary<Type, Task<string>> Templates = [];

    /// <summary>The one server of this process.</summary>
    public EmbeddedPostgres Postgres { get; private set; } = null!;

    public string Database { get; } = $"test_{Guid.NewGuid():N}";

    /// <summary>Connects as the superuser.</summary>
    public string Admin => Postgres.ConnectionString(Database, EmbeddedPostgres.Admin);

    /// <summary>Connects as the role that owns the database and migrates.</summary>
    public string Owner => Postgres.ConnectionString(Database, EmbeddedPostgres.Owner);

    /// <summary>Connects as the role the server runs in.</summary>
    public string Server => Postgres.ConnectionString(Database, EmbeddedPostgres.Server);

    /// <summary>Connects as the role that only reads.</summary>
    public string Reader => Postgres.ConnectionString(Database, EmbeddedPostgres.Reader);

    public virtual async ValueTask InitializeAsync()
    {
        Postgres = await TestPostgres.Shared();
        Task<string> template;
        lock (Templates)
        {
            if (!Templates.TryGetValue(GetType(), out template!)) Templates[GetType()] = template = MakeTemplate();
        }

        await Postgres.EnsureDatabase(Database, await template, CancellationToken.None);
    }

    /// <summary>Another fresh database like this one; connect with <see cref="EmbeddedPostgres.ConnectionString"/>.</summary>
    public async Task<string> FreshDatabase()
    {
        var name = $"test_{Guid.NewGuid():N}";
        Task<string> template;
        lock (Templates) template = Templates[GetType()];
        await Postgres.EnsureDatabase(name, await template, CancellationToken.None);
        return name;
    }

    /// <summary>Fills the template with the connection of the owner. Leave no connection open: a template must have none.</summary>
    protected virtual Task Migrate(string ownerConnectionString) => Task.CompletedTask;

    public virtual async ValueTask DisposeAsync()
    {
        await Postgres.DropDatabase(Database, CancellationToken.None);
        GC.SuppressFinalize(this);
    }

    private async Task<string> MakeTemplate()
    {
        var name = $"template_{GetType().Name}_{Guid.NewGuid():N}"[..40].ToLowerInvariant();
        await Postgres.EnsureDatabase(name, "template0", CancellationToken.None);
        await Migrate(Postgres.ConnectionString(name, EmbeddedPostgres.Owner) + ";Pooling=false");
        return name;
    }
}
