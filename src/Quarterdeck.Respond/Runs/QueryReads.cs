using System.Globalization;
using System.Text.Json.Nodes;
using Npgsql;
using Quarterdeck.Packs;
using Quarterdeck.Primitives;

namespace Quarterdeck.Respond.Runs;

/// <summary>
/// Asks a database of the environment: one statement, in a transaction that can only read and is rolled back, with a limit on
/// its time and on what is kept of its answer.
/// </summary>
internal sealed class QueryReads(RunOptions options)
{
    private const int MostRows = 1000;
    private const int MostText = 65_536;

    /// <summary>The rows as <c>psql -tA</c> prints them, and how many.</summary>
    /// <exception cref="StepFailedException">The connection is not known, or the database refuses the statement.</exception>
    public async Task<JsonObject> Run(BoundPack pack, StepDefinition.Select query, CancellationToken cancel)
    {
        if (!pack.Environment.Databases.TryGetValue(query.Database, out var reference))
            throw new StepFailedException($"The environment has no database '{query.Database}' now.", null);
        try
        {
            await using var connection = new NpgsqlConnection(Text(await reference.Read(Environment.GetEnvironmentVariable, cancel)));
            await connection.OpenAsync(cancel);
            await using var transaction = await connection.BeginTransactionAsync(cancel);
            var limit = (long)(query.TimeoutSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : options.ReadTimeout).TotalMilliseconds;
            await using (var terms = new NpgsqlCommand($"set transaction read only; set local statement_timeout = {limit.ToString(CultureInfo.InvariantCulture)}", connection))
                await terms.ExecuteNonQueryAsync(cancel);
            return await Read(connection, query.Sql, cancel);
        }
        catch (PostgresException problem)
        {
            throw new StepFailedException($"The database '{query.Database}' refuses: {problem.MessageText} ({problem.SqlState}).", null);
        }
        catch (NpgsqlException problem)
        {
            throw new TransientException($"The database '{query.Database}' does not answer: {problem.Message}");
        }
        catch (Exception problem) when (problem is InvalidOperationException or ArgumentException)
        {
            throw new StepFailedException($"The connection of the database '{query.Database}' cannot be used: {problem.GetType().Name}.", null);
        }
    }

    private static async Task<JsonObject> Read(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection) { AllResultTypesAreUnknown = true };
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var (lines, rows, length) = (new List<string>(), 0, 0);
        while (await reader.ReadAsync(cancel))
        {
            rows++;
            if (lines.Count >= MostRows || length > MostText) continue;
            var line = string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? "" : reader.GetString(i)));
            lines.Add(line);
            length += line.Length;
        }

        return new JsonObject
        {
            ["value"] = string.Join('\n', lines),
            ["rows"] = rows,
            ["truncated"] = rows > lines.Count,
            ["columns"] = new JsonArray([.. Enumerable.Range(0, reader.FieldCount).Select(i => (JsonNode?)reader.GetName(i))]),
        };
    }

    // Runbooks know a database by its URL; Npgsql by keywords.
    private static string Text(string connection)
    {
        if (!Uri.TryCreate(connection, UriKind.Absolute, out var url) || url.Scheme is not ("postgres" or "postgresql")) return connection;
        var builder = new NpgsqlConnectionStringBuilder { Host = url.Host, Port = url.Port > 0 ? url.Port : 5432, Database = url.AbsolutePath.Trim('/') };
        var login = url.UserInfo.Split(':', 2);
        if (login[0].Length > 0) builder.Username = Uri.UnescapeDataString(login[0]);
        if (login.Length > 1) builder.Password = Uri.UnescapeDataString(login[1]);
        return builder.ConnectionString;
    }
}
