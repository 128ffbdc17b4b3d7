using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using Quarterdeck.Devnet.Processes;

namespace Quarterdeck.Devnet.Postgres;

/// <summary>
/// A real PostgreSQL as a child process, listening on the loopback address only. A data folder left by a run that was
/// killed is taken over: a server that still runs on it is stopped first, in order.
/// </summary>
public sealed class EmbeddedPostgres : IAsyncDisposable
{
    /// <summary>The superuser that initdb makes.</summary>
    public const string Admin = "postgres";

    /// <summary>Owns databases and migrates.</summary>
    public const string Owner = "quarterdeck_owner";

    /// <summary>What the server signs in as.</summary>
    public const string Server = "quarterdeck_server";

    /// <summary>Reads only.</summary>
    public const string Reader = "quarterdeck_reader";

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);

    private readonly ChildProcess _process;
    private readonly string? _password;

    private EmbeddedPostgres(ChildProcess process, int port, string? password) =>
        (_process, Port, _password) = (process, port, password);

    public int Port { get; }

    public int ProcessId => _process.Id;

    /// <summary>Ends when the server ends.</summary>
    public Task<int> Exited => _process.Exited;

    /// <summary>Makes the data folder where there is none, starts the server, and makes the three roles.</summary>
    /// <exception cref="DevnetException">It cannot start; the message holds its last words and a remedy.</exception>
    public static async Task<EmbeddedPostgres> Start(PostgresOptions options, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(options);
        var place = PostgresPlace.For(options.Folder, PostgresBinaries.Find(RepositoryRoot.Find()));
        await StopLeftover(place.Data, cancel);
        var password = options.Durable ? await Password(options.Folder, cancel) : null;
        if (!File.Exists(Path.Combine(place.Data, "PG_VERSION"))) await Initialise(place, password, cancel);
        for (var attempt = 1; ; attempt++)
        {
            var port = options.Port != 0 ? options.Port : FreePort.Next();
            var process = Launch(place, options, port);
            var postgres = new EmbeddedPostgres(process, port, password);
            var failure = await postgres.WaitUntilReady(cancel);
            if (failure is null)
            {
                await postgres.MakeRoles(cancel);
                return postgres;
            }

            await process.DisposeAsync();
            // Another process took the free port first, or a killed server's lock outlives it for a moment.
            var passing = failure.Contains("could not bind", StringComparison.Ordinal) && options.Port == 0
                || failure.Contains("lock file", StringComparison.Ordinal);
            if (!passing || attempt == 5)
            {
                throw new DevnetException($"PostgreSQL does not start in {place.Data}:{Environment.NewLine}{failure}{Environment.NewLine}"
                    + $"If port {port} is taken, free it or choose another; if the data is damaged, './quarterdeck reset' forgets it.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(300 * attempt), cancel);
        }
    }

    /// <summary>How to connect to a database in a role.</summary>
    public string ConnectionString(string database, string role)
    {
        var builder = new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = Port,
            Database = database,
            Username = role,
            SslMode = SslMode.Disable,
            GssEncryptionMode = GssEncryptionMode.Disable,
            MaxPoolSize = 40,
        };
        if (_password is not null) builder.Password = _password;
        return builder.ConnectionString;
    }

    /// <summary>Makes an empty database that <see cref="Owner"/> owns, or a copy of <paramref name="template"/>, unless it exists.</summary>
    public async Task EnsureDatabase(string name, string template, CancellationToken cancel)
    {
        await using var connection = await Connect(cancel);
        await using var exists = new NpgsqlCommand("SELECT 1 FROM pg_database WHERE datname = $1", connection);
        exists.Parameters.AddWithValue(name);
        if (await exists.ExecuteScalarAsync(cancel) is not null) return;
        await Execute(connection, $"CREATE DATABASE {Quote(name)} OWNER {Owner} TEMPLATE {Quote(template)}", cancel);
        // What a migration grants on the database itself is not part of a template.
        await Execute(connection, $"GRANT CREATE ON DATABASE {Quote(name)} TO {Owner}, {Server}", cancel);
    }

    /// <summary>Drops a database with everyone's connections to it.</summary>
    public async Task DropDatabase(string name, CancellationToken cancel)
    {
        await using var connection = await Connect(cancel);
        await Execute(connection, $"DROP DATABASE IF EXISTS {Quote(name)} WITH (FORCE)", cancel);
    }

    /// <summary>Deletes the data of a server that does not run, wherever it was put.</summary>
    public static void Forget(string folder)
    {
        var data = PostgresPlace.DataFolder(folder);
        if (Directory.Exists(data)) Directory.Delete(data, recursive: true);
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static ChildProcess Launch(PostgresPlace place, PostgresOptions options, int port)
    {
        List<string> arguments = ["-D", place.Data, "-p", port.ToString(CultureInfo.InvariantCulture)];
        void Set(string setting) => arguments.AddRange(["-c", setting]);
        Set("listen_addresses=127.0.0.1");
        Set("unix_socket_directories=");
        Set("max_connections=200");
        Set("timezone=UTC");
        Set("log_timezone=UTC");
        if (!options.Durable)
        {
            Set("fsync=off");
            Set("full_page_writes=off");
            Set("synchronous_commit=off");
            Set("autovacuum=off");
        }

        return ChildProcess.Start(new ChildProcessOptions("PostgreSQL", Path.Combine(place.Bin, "postgres"), arguments)
        {
            LogFile = options.LogFile,
            UserName = place.User?.Name,
            WorkingDirectory = "/",
            Environment = new Dictionary<string, string> { ["LC_ALL"] = "C" },
        });
    }

    private static async Task Initialise(PostgresPlace place, string? password, CancellationToken cancel)
    {
        place.PrepareDataFolder();
        List<string> arguments =
            ["-D", place.Data, "-U", Admin, "-E", "UTF8", "--locale=C", "--no-sync", "-A", password is null ? "trust" : "scram-sha-256"];
        var passwordFile = Path.Combine(Path.GetDirectoryName(place.Data)!, $"initdb-{Guid.NewGuid():N}");
        try
        {
            if (password is not null)
            {
                PrivateFile.Write(passwordFile, password);
                place.Give(passwordFile);
                arguments.Add($"--pwfile={passwordFile}");
            }

            await using var initdb = ChildProcess.Start(new ChildProcessOptions("initdb", Path.Combine(place.Bin, "initdb"), arguments)
            {
                UserName = place.User?.Name,
                WorkingDirectory = "/",
                Environment = new Dictionary<string, string> { ["LC_ALL"] = "C" },
            });
            var code = await initdb.Exited.WaitAsync(cancel);
            if (code != 0) throw new DevnetException($"initdb ended with code {code}:{Environment.NewLine}{initdb.Tail}");
        }
        finally
        {
            File.Delete(passwordFile);
        }
    }

    private static async Task StopLeftover(string data, CancellationToken cancel)
    {
        var file = Path.Combine(data, "postmaster.pid");
        if (!File.Exists(file)) return;
        var first = (await File.ReadAllLinesAsync(file, cancel)).FirstOrDefault();
        if (int.TryParse(first, CultureInfo.InvariantCulture, out var process)) await Orphan.Stop(process, data, cancel);
    }

    private static async Task<string> Password(string folder, CancellationToken cancel)
    {
        var file = Path.Combine(folder, "password");
        if (File.Exists(file)) return await File.ReadAllTextAsync(file, cancel);
        var password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        PrivateFile.Write(file, password);
        return password;
    }

    /// <summary>Null when a connection succeeds; else why it never will.</summary>
    private async Task<string?> WaitUntilReady(CancellationToken cancel)
    {
        var connection = new NpgsqlConnectionStringBuilder(ConnectionString(Admin, Admin)) { Pooling = false, Timeout = 2 };
        for (var deadline = TimeProvider.System.GetTimestamp(); ;)
        {
            if (_process.Exited.IsCompleted) return _process.Tail;
            try
            {
                await using var probe = new NpgsqlConnection(connection.ConnectionString);
                await probe.OpenAsync(cancel);
                // Something else may listen on the port: only our own child answers for our data folder.
                return _process.Exited.IsCompleted ? _process.Tail : null;
            }
            catch (PostgresException exception) when (exception.SqlState != PostgresErrorCodes.CannotConnectNow)
            {
                return exception.MessageText;
            }
            catch (NpgsqlException exception)
            {
                if (TimeProvider.System.GetElapsedTime(deadline) > StartTimeout)
                    return $"not ready after {StartTimeout.TotalSeconds:0} s ({exception.Message}){Environment.NewLine}{_process.Tail}";
            }

            await Task.Delay(20, cancel);
        }
    }

    private async Task MakeRoles(CancellationToken cancel)
    {
        await using var connection = await Connect(cancel);
        var password = _password is null ? "" : $" PASSWORD '{_password}'";
        var sql = new StringBuilder();
        foreach (var role in new[] { Owner, Server, Reader })
        {
            sql.AppendLine(CultureInfo.InvariantCulture,
                $"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN CREATE ROLE {role} LOGIN{password}; END IF; END $$;");
        }

        sql.AppendLine(CultureInfo.InvariantCulture, $"GRANT {Server}, {Reader} TO {Owner}; GRANT {Reader} TO {Server};");
        await Execute(connection, sql.ToString(), cancel);
    }

    private async Task<NpgsqlConnection> Connect(CancellationToken cancel)
    {
        var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(ConnectionString(Admin, Admin)) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(cancel);
        return connection;
    }

    private static async Task Execute(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancel);
    }

    private static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
