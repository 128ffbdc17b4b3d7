using Npgsql;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Store.Reading;

namespace Quarterdeck.Store;

/// <summary>
/// The database of one environment: two doors to a write (<see cref="Ingest{T}(FactSource, Func{IngestScope, Task{T}}, CancellationToken)"/>
/// for facts observed, <see cref="Act{T}(Actor, string, Func{ActScope, Task{T}}, CancellationToken)"/> for decisions and effects)
/// and reads that cannot write. All members throw <see cref="TransientException"/> while the database is away: then nothing was done.
/// </summary>
public sealed class OperationsStore : IAsyncDisposable
{
    private const string ServerOptions = $"-c role={Migrator.ServerRole}";
    private readonly NpgsqlDataSource _server;
    private readonly NpgsqlDataSource _reader;
    private readonly NpgsqlConnectionStringBuilder _settings;
    private readonly Door _door;

    private OperationsStore(string connectionString, TimeProvider clock)
    {
        Clock = clock;
        _settings = new NpgsqlConnectionStringBuilder(connectionString);
        _server = Source(_settings, ServerOptions, "server");
        _reader = Source(_settings, $"-c role={Migrator.ReaderRole} -c default_transaction_read_only=on", "reader");
        Signals = new Signals(_server, () => Unpooled(_settings, ServerOptions), clock);
        Leases = new Leases(_server, _settings);
        _door = new Door(_server, _settings, Signals, clock);
    }

    /// <summary>The clock that stamps entries.</summary>
    public TimeProvider Clock { get; }

    /// <summary>Wake-ups between stages and processes.</summary>
    public Signals Signals { get; }

    /// <summary>Who works on what, among processes.</summary>
    public Leases Leases { get; }

    /// <summary>The server's data source, for the parts of this assembly.</summary>
    internal NpgsqlDataSource Server => _server;

    /// <summary>The read-only data source, for the parts of this assembly.</summary>
    internal NpgsqlDataSource Reader => _reader;

    /// <summary>
    /// Opens a migrated database. Whatever the connection's user is (it must be a member of <c>quarterdeck_server</c>, or a
    /// superuser), its sessions run as <c>quarterdeck_server</c> and reads as <c>quarterdeck_reader</c>. Connects when first used.
    /// </summary>
    public static OperationsStore Open(string connectionString, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        return new OperationsStore(connectionString, clock);
    }

    /// <summary>Connects ahead of the first use, once for writing and once for reading, so that a start can do so beside other work.</summary>
    public async Task Connect(CancellationToken cancel)
    {
        try
        {
            await Task.WhenAll(Connect(_server, cancel), Connect(_reader, cancel));
        }
        catch (Exception e) when (Failures.IsOutage(e))
        {
            throw Failures.Outage(e, _settings);
        }
    }

    /// <summary>Writes facts observed, in one transaction. Facts must be idempotent: after an outage the same call is made again.</summary>
    public Task<T> Ingest<T>(FactSource source, Func<IngestScope, Task<T>> write, CancellationToken cancel) =>
        Ingest(source, DoorOptions.Default, write, cancel);

    /// <summary>Writes facts observed, in one transaction.</summary>
    public Task Ingest(FactSource source, Func<IngestScope, Task> write, CancellationToken cancel) =>
        Ingest(source, DoorOptions.Default, Valueless(write), cancel);

    /// <summary>Writes facts observed, in one transaction run as the options say.</summary>
    public Task<T> Ingest<T>(
        FactSource source, DoorOptions options, Func<IngestScope, Task<T>> write, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(source);
        return _door.Enter(options, session => new IngestScope(session, source, Clock.GetUtcNow(), cancel), write, cancel);
    }

    /// <summary>
    /// Commits a decision or effect together with its audit entries, in one transaction. Returns only when both are durable.
    /// </summary>
    /// <param name="actor">Who.</param>
    /// <param name="reason">Why; not empty.</param>
    /// <param name="act">The change; must call <see cref="ActScope.Record"/> at least once.</param>
    /// <param name="cancel">Up to the commit; the commit itself is not cancelled.</param>
    /// <exception cref="UnrecordedActException">Nothing was recorded; rolled back.</exception>
    public Task<T> Act<T>(Actor actor, string reason, Func<ActScope, Task<T>> act, CancellationToken cancel) =>
        Act(actor, reason, DoorOptions.Default, act, cancel);

    /// <summary>Commits a decision or effect together with its audit entries, in one transaction.</summary>
    public Task Act(Actor actor, string reason, Func<ActScope, Task> act, CancellationToken cancel) =>
        Act(actor, reason, DoorOptions.Default, Valueless(act), cancel);

    /// <summary>Commits a decision or effect together with its audit entries, in one transaction run as the options say.</summary>
    public Task<T> Act<T>(
        Actor actor, string reason, DoorOptions options, Func<ActScope, Task<T>> act, CancellationToken cancel)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        return _door.Enter(options, session => new ActScope(session, actor, reason, Clock, cancel), act, cancel);
    }

    /// <summary>
    /// Reads all rows. A record's constructor parameters and settable properties are matched to columns by name, ignoring case and
    /// underscores, in any order; a scalar type takes the first column; a value tuple takes columns by position. Text is read into enums
    /// (<c>awaiting_approval</c> → AwaitingApproval) and into types with <c>Parse(string)</c>, bytea into
    /// <see cref="Hash32"/>, jsonb into JsonNode, JsonElement or string, numeric into BigInteger or decimal.
    /// </summary>
    /// <param name="sql">With named parameters, <c>@name</c>; lists as <c>= ANY(@ids)</c>.</param>
    /// <param name="args">An object whose properties are the parameters, or a dictionary.</param>
    /// <param name="cancel">Cancels the query in the database too.</param>
    public Task<IReadOnlyList<T>> Query<T>(string sql, object? args = null, CancellationToken cancel = default) =>
        Reading(sql, args, command => Rows.Read<T>(command, cancel), cancel);

    /// <summary>The first row, or default where there is none.</summary>
    public Task<T?> QueryFirstOrDefault<T>(string sql, object? args = null, CancellationToken cancel = default) =>
        Reading(sql, args, command => Rows.First<T>(command, cancel), cancel);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _door.DisposeAsync();
        await Signals.DisposeAsync();
        await _reader.DisposeAsync();
        await _server.DisposeAsync();
    }

    private static async Task Connect(NpgsqlDataSource source, CancellationToken cancel)
    {
        await using var connection = await source.OpenConnectionAsync(cancel);
    }

    private async Task<T> Reading<T>(string sql, object? args, Func<NpgsqlCommand, Task<T>> read, CancellationToken cancel)
    {
        try
        {
            await using var connection = await _reader.OpenConnectionAsync(cancel);
            await using var command = Parameters.Command(connection, sql, args);
            return await read(command);
        }
        catch (Exception e) when (Failures.IsOutage(e))
        {
            throw Failures.Outage(e, _settings);
        }
    }

    private static Func<TScope, Task<bool>> Valueless<TScope>(Func<TScope, Task> write) => async scope =>
    {
        await write(scope);
        return true;
    };

    // A connection that goes back to the pool is not reset: a reset would end the role, and cost a statement for each use.
    private static NpgsqlDataSource Source(NpgsqlConnectionStringBuilder settings, string options, string part)
    {
        var own = new NpgsqlConnectionStringBuilder(settings.ConnectionString)
        {
            Options = $"{settings.Options} {options}".Trim(),
            ApplicationName = settings.ApplicationName ?? $"quarterdeck {part}",
            NoResetOnClose = true,
        };
        return NpgsqlDataSource.Create(own);
    }

    private static NpgsqlConnection Unpooled(NpgsqlConnectionStringBuilder settings, string options)
    {
        var own = new NpgsqlConnectionStringBuilder(settings.ConnectionString)
        {
            Options = $"{settings.Options} {options}".Trim(),
            ApplicationName = settings.ApplicationName ?? "quarterdeck signals",
            Pooling = false,
            KeepAlive = 30,
        };
        return new NpgsqlConnection(own.ConnectionString);
    }
}
