using System.Globalization;
using System.Text.Json.Nodes;
using Npgsql;
using Quarterdeck.Packs;
using Quarterdeck.Primitives;
using Quarterdeck.Respond.Runs.Steps;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Runs.Reading;

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
            var limit = query.TimeoutSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : options.ReadTimeout;
            var connection = await reference.Read(Environment.GetEnvironmentVariable, cancel);
            await using var database = ReadOnlyDatabase.Open(connection, "quarterdeck runbook", limit);
            return await database.Query(query.Sql, reader => Read(reader, cancel), cancel);
        }
        catch (PostgresException problem)
        {
            throw new StepFailedException($"The database '{query.Database}' refuses: {problem.MessageText} ({problem.SqlState}).", null);
        }
        catch (RoleTooStrongException problem)
        {
            throw new StepFailedException($"The database '{query.Database}' is not read: {problem.Message}", null);
        }
        catch (NpgsqlException problem)
        {
            throw new TransientException($"The database '{query.Database}' does not answer: {problem.Message}");
        }
        catch (NotSupportedException)
        {
            throw new StepFailedException("The step holds more than one statement. Write one statement in each step.", null);
        }
        catch (Exception problem) when (problem is InvalidOperationException or ArgumentException)
        {
            throw new StepFailedException($"The connection of the database '{query.Database}' cannot be used: {problem.GetType().Name}.", null);
        }
    }

    private static async Task<JsonObject> Read(NpgsqlDataReader reader, CancellationToken cancel)
    {
        var (lines, rows, length) = (new List<string>(), 0, 0);
        while (await reader.ReadAsync(cancel))
        {
            rows++;
            if (lines.Count >= MostRows || length > MostText) continue;
            var line = string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(i => Text(reader.GetValue(i))));
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

    // As psql writes plain values; what it would write otherwise, such as arrays, comes as the driver's own text.
    private static string Text(object value) => value switch
    {
        DBNull => "",
        bool flag => flag ? "t" : "f",
        byte[] bytes => "\\x" + Convert.ToHexStringLower(bytes),
        DateTime time => time.ToString(time.Kind == DateTimeKind.Utc ? "yyyy-MM-dd HH:mm:ss.FFFFFF'+00'" : "yyyy-MM-dd HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
