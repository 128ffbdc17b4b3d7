using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using Npgsql;
using Quarterdeck.Packs;
using Quarterdeck.Packs.Manifest;
using Quarterdeck.Primitives.Amounts;
using Quarterdeck.PromQL;
using Quarterdeck.Store;

namespace Quarterdeck.Observe.Metrics;

/// <summary>Reads metrics from the protocol's own databases, in sessions that can only read.</summary>
internal sealed class SqlReader(BoundPack pack, Func<string, string?> environment) : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);
    private readonly ConcurrentDictionary<string, ReadOnlyDatabase> _sources = new(StringComparer.Ordinal);

    /// <summary>The one number that the query yields, or why there is none. Never names the connection's secret.</summary>
    public async Task<(Sample? Sample, string? Why)> Read(Labels labels, SqlSource source, CancellationToken cancel)
    {
        if (!pack.Environment.Databases.TryGetValue(source.Database, out var secret))
            return (null, $"the environment gives no connection for the database '{source.Database}'");
        try
        {
            if (!_sources.TryGetValue(source.Database, out var known))
                known = _sources.GetOrAdd(source.Database, ReadOnlyDatabase.Open(await secret.Read(environment, cancel), "quarterdeck metrics", Limit));
            return await known.Query(source.Query, rows => One(labels, rows, cancel), cancel);
        }
        catch (NotSupportedException)
        {
            return (null, "the query holds multiple commands; it must be one");
        }
        catch (InvalidOperationException e)
        {
            return (null, e.Message);
        }
        catch (RoleTooStrongException e)
        {
            return (null, e.Message);
        }
        catch (PostgresException e)
        {
            return (null, $"the database '{source.Database}' refused the query: {e.SqlState} {e.MessageText}");
        }
        catch (Exception e) when (e is NpgsqlException or SocketException or TimeoutException or IOException)
        {
            return (null, $"the database '{source.Database}' does not answer: {(e.InnerException ?? e).GetType().Name}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var source in _sources.Values) await source.DisposeAsync();
    }

    private static async Task<(Sample?, string?)> One(Labels labels, NpgsqlDataReader rows, CancellationToken cancel)
    {
        if (!await rows.ReadAsync(cancel)) return (null, "the query yields no row");
        if (rows.FieldCount != 1) return (null, $"the query yields {rows.FieldCount} columns; it must yield one");
        if (await rows.IsDBNullAsync(0, cancel)) return (null, "the query yields null");
        var value = Number(rows);
        if (value is null) return (null, $"the query yields a {rows.GetDataTypeName(0)}, which is not a number");
        if (await rows.ReadAsync(cancel)) return (null, "the query yields more than one row");
        return (new Sample(labels, value.Value.Value, value.Value.Exact), null);
    }

    private static (double Value, Rational? Exact)? Number(NpgsqlDataReader rows) => rows.GetDataTypeName(0).Split('(')[0] switch
    {
        "boolean" => rows.GetBoolean(0) ? (1, Rational.One) : (0, Rational.Zero),
        "smallint" or "integer" or "bigint" => Exact(rows.GetInt64(0).ToString(CultureInfo.InvariantCulture)),
        "numeric" => Exact(Numeric(rows)),
        "real" => (rows.GetFloat(0), null),
        "double precision" => (rows.GetDouble(0), null),
        _ => null,
    };

    // A numeric may have more digits than a decimal holds; then it is whole, or known as a double.
    private static string Numeric(NpgsqlDataReader rows)
    {
        try
        {
            return rows.GetDecimal(0).ToString(CultureInfo.InvariantCulture);
        }
        catch (OverflowException)
        {
            return rows.GetFieldValue<System.Numerics.BigInteger>(0).ToString(CultureInfo.InvariantCulture);
        }
    }

    private static (double, Rational?) Exact(string text)
    {
        var exact = Rational.Parse(text);
        return (exact.ToDouble(), exact);
    }
}
