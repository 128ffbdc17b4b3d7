using Npgsql;

namespace Quarterdeck.Store.Reading;

/// <summary>Reads rows into values, records and tuples.</summary>
internal static class Rows
{
    public static async Task<IReadOnlyList<T>> Read<T>(NpgsqlCommand command, CancellationToken cancel)
    {
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var map = RowShape.Of(typeof(T)).Bind(reader);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancel)) rows.Add((T)map(reader)!);
        return rows;
    }

    public static async Task<T?> First<T>(NpgsqlCommand command, CancellationToken cancel)
    {
        await using var reader = await command.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel)) return default;
        return (T?)RowShape.Of(typeof(T)).Bind(reader)(reader);
    }
}
