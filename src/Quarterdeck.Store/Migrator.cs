using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Npgsql;
using Quarterdeck.Primitives;

namespace Quarterdeck.Store;

/// <summary>
/// Brings a database to the schema that the given assemblies embed as <c>Schema/NNN.name.sql</c>: each file once, in
/// order of (assembly, file name), in a transaction of its own, as the role <c>quarterdeck_owner</c>, under an advisory
/// lock, recorded with its SHA-256. Creates the three roles and their default privileges where they are missing.
/// </summary>
public static partial class Migrator
{
    /// <summary>Owns every object; nothing but the migrator acts as it.</summary>
    public const string OwnerRole = "quarterdeck_owner";

    /// <summary>What the server runs as: reads and writes rows, except that it can only add to the audit log.</summary>
    public const string ServerRole = "quarterdeck_server";

    /// <summary>Reads only.</summary>
    public const string ReaderRole = "quarterdeck_reader";

    private const long LockKey = 0x5175_6172_7465_7201;

    /// <summary>Applies what is missing and returns the names of the files applied, in order; empty where nothing was.</summary>
    /// <param name="ownerConnectionString">A superuser, or a user who is a member of <c>quarterdeck_owner</c>.</param>
    /// <param name="assemblies">In order of dependence: an assembly may refer to tables of those before it.</param>
    /// <param name="cancel">Stops between files.</param>
    /// <exception cref="SchemaException">An applied file was changed, a script fails, or a privilege is missing.</exception>
    /// <exception cref="TransientException">The database does not answer.</exception>
    public static async Task<IReadOnlyList<string>> Migrate(
        string ownerConnectionString, IEnumerable<Assembly> assemblies, CancellationToken cancel = default)
    {
        var scripts = assemblies.Distinct().SelectMany(Scripts).ToList();
        var settings = new NpgsqlConnectionStringBuilder(ownerConnectionString) { Pooling = false };
        try
        {
            await using var connection = new NpgsqlConnection(settings.ConnectionString);
            await connection.OpenAsync(cancel);
            await Run(connection, $"SELECT pg_advisory_lock({LockKey})", cancel);
            await Roles.Ensure(connection, cancel);
            await Run(connection, $"SET ROLE {OwnerRole}", cancel);
            await Run(connection, Roles.DefaultPrivileges, cancel);
            await Run(connection, MigrationsTable, cancel);
            return await Apply(connection, scripts, cancel);
        }
        catch (Exception e) when (Failures.IsOutage(e))
        {
            throw Failures.Outage(e, settings);
        }
    }

    private static async Task<List<string>> Apply(
        NpgsqlConnection connection, List<Script> scripts, CancellationToken cancel)
    {
        var applied = new Dictionary<(string, string), (byte[] Hash, DateTime At)>();
        await using (var read = new NpgsqlCommand(
            "SELECT assembly, name, sha256, applied_at FROM store.migrations", connection))
        await using (var rows = await read.ExecuteReaderAsync(cancel))
        {
            while (await rows.ReadAsync(cancel))
                applied[(rows.GetString(0), rows.GetString(1))] = (rows.GetFieldValue<byte[]>(2), rows.GetDateTime(3));
        }

        foreach (var script in scripts)
        {
            if (applied.TryGetValue((script.Assembly, script.Name), out var was) && !was.Hash.AsSpan().SequenceEqual(script.Sha256))
                throw SchemaException.Changed(script, was.At);
        }

        var done = new List<string>();
        foreach (var script in scripts.Where(s => !applied.ContainsKey((s.Assembly, s.Name))))
        {
            await Apply(connection, script, cancel);
            done.Add($"{script.Assembly}/{script.Name}");
        }

        return done;
    }

    private static async Task Apply(NpgsqlConnection connection, Script script, CancellationToken cancel)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        try
        {
            await Run(connection, script.Sql, cancel);
        }
        catch (PostgresException e)
        {
            throw SchemaException.Failed(script, e);
        }

        await using var record = new NpgsqlCommand(
            "INSERT INTO store.migrations (assembly, name, sha256) VALUES ($1, $2, $3)", connection)
        {
            Parameters = { new() { Value = script.Assembly }, new() { Value = script.Name }, new() { Value = script.Sha256 } },
        };
        await record.ExecuteNonQueryAsync(cancel);
        await transaction.CommitAsync(cancel);
    }

    internal static IEnumerable<Script> Scripts(Assembly assembly)
    {
        var prefix = assembly.GetName().Name!;
        return from resource in assembly.GetManifestResourceNames()
               let match = ScriptName().Match(resource)
               where match.Success
               orderby match.Groups["file"].Value, resource
               select Read(assembly, prefix, resource);
    }

    private static Script Read(Assembly assembly, string prefix, string resource)
    {
        using var stream = assembly.GetManifestResourceStream(resource)!;
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        var name = resource.StartsWith(prefix + ".", StringComparison.Ordinal) ? resource[(prefix.Length + 1)..] : resource;
        using var text = new StreamReader(new MemoryStream(bytes.ToArray()), Encoding.UTF8);
        return new Script(prefix, name, text.ReadToEnd(), SHA256.HashData(bytes.ToArray()));
    }

    internal static async Task Run(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancel);
    }

    private const string MigrationsTable =
        $"""
        CREATE SCHEMA IF NOT EXISTS store;
        CREATE TABLE IF NOT EXISTS store.migrations (
            assembly   text NOT NULL,
            name       text NOT NULL,
            sha256     bytea NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            PRIMARY KEY (assembly, name));
        REVOKE INSERT, UPDATE, DELETE ON store.migrations FROM {ServerRole};
        """;

    [GeneratedRegex(@"(^|\.)Schema\.(?<file>\d{3}\.[^/]+\.sql)$")]
    private static partial Regex ScriptName();

    /// <summary>One embedded file.</summary>
    internal sealed record Script(string Assembly, string Name, string Sql, byte[] Sha256);
}
