using System.Diagnostics;
using System.Globalization;
using System.Text;
using Npgsql;

namespace Quarterdeck.Benchmarks.Indexing;

/// <summary>
/// What nobody can go below by much: fetch the logs of the range, then COPY rows that are ready. As a process of its own it
/// is measured as we are, from its start to its last row; within the benchmark, warm, it is the same without a start.
/// </summary>
internal static class FloorRun
{
    public const string Word = "floor-run";

    /// <summary>Blocks in one request, which the node answers fastest.</summary>
    private const int BlocksOfRequest = 10;

    private const int RequestsUnderWay = 4;

    /// <param name="arguments">Endpoint, connection, last block, file with the ready rows.</param>
    public static async Task<int> Run(IReadOnlyList<string> arguments)
    {
        await Fetch(new Uri(arguments[0]), int.Parse(arguments[2], CultureInfo.InvariantCulture), CancellationToken.None);
        await using var connection = new NpgsqlConnection(arguments[1]);
        await connection.OpenAsync();
        await Copy(connection, await File.ReadAllBytesAsync(arguments[3]), CancellationToken.None);
        return 0;
    }

    /// <summary>Seconds to have all bytes of the answers, of which none is looked at.</summary>
    public static async Task<double> Fetch(Uri endpoint, int blocks, CancellationToken cancel)
    {
        using var http = new HttpClient { BaseAddress = endpoint };
        var (next, began) = (1 - BlocksOfRequest, Stopwatch.GetTimestamp());
        async Task Worker()
        {
            var buffer = new byte[1 << 16];
            while (Interlocked.Add(ref next, BlocksOfRequest) is var from && from <= blocks)
            {
                var to = Math.Min(blocks, from + BlocksOfRequest - 1);
                var ask = $$"""{"jsonrpc":"2.0","id":1,"method":"eth_getLogs","params":[{"address":"{{TransferChain.Token}}","topics":["{{TransferChain.Topic}}"],"fromBlock":"0x{{from:x}}","toBlock":"0x{{to:x}}"}]}""";
                using var content = new StringContent(ask, Encoding.UTF8, "application/json");
                using var request = new HttpRequestMessage(HttpMethod.Post, (Uri?)null) { Content = content };
                using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
                await using var body = await answer.Content.ReadAsStreamAsync(cancel);
                while (await body.ReadAsync(buffer, cancel) > 0) { }
            }
        }

        await Task.WhenAll(Enumerable.Range(0, RequestsUnderWay).Select(_ => Worker()));
        return Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    /// <summary>Makes the table that takes the ready rows, empty, with the indexes of ours.</summary>
    public static async Task Prepare(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var anew = new NpgsqlCommand("DROP TABLE IF EXISTS bench.ready; CREATE TABLE bench.ready (LIKE bench.transfers INCLUDING ALL)", connection);
        await anew.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Seconds to COPY the rows and commit them.</summary>
    public static async Task<double> Copy(NpgsqlConnection connection, ReadOnlyMemory<byte> rows, CancellationToken cancel)
    {
        var began = Stopwatch.GetTimestamp();
        await using (var copy = await connection.BeginRawBinaryCopyAsync("COPY bench.ready FROM STDIN (FORMAT BINARY)", cancel))
            await copy.WriteAsync(rows, cancel);
        return Stopwatch.GetElapsedTime(began).TotalSeconds;
    }
}
