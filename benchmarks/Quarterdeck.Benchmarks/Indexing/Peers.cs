using Npgsql;
using Quarterdeck.Devnet;
using Quarterdeck.Devnet.Postgres;
using Quarterdeck.Devnet.Processes;

namespace Quarterdeck.Benchmarks.Indexing;

/// <summary>The peers, installed from their lock files, over the same chain into the same PostgreSQL.</summary>
internal sealed class Peers(TransferChain chain, EmbeddedPostgres postgres)
{
    /// <summary>URLs that stand for one node, so that Ponder's limit for each URL does not bind.</summary>
    public const int Unthrottled = 64;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(15);

    public static string Folder(string peer) => Path.Combine(RepositoryRoot.Find(), "benchmarks", "peers", peer);

    /// <summary>Installs a peer unless it is; why not where it cannot be, else null.</summary>
    public static async Task<string?> Install(string peer, CancellationToken cancel)
    {
        var (folder, stamp) = (Folder(peer), Path.Combine(Folder(peer), "node_modules", ".quarterdeck-lock"));
        var lockFile = await File.ReadAllTextAsync(Path.Combine(folder, "package-lock.json"), cancel);
        if (File.Exists(stamp) && await File.ReadAllTextAsync(stamp, cancel) == lockFile) return null;
        try
        {
            // npm ci refuses a lock file that lacks optional packages for other machines; npm install takes the same versions from it.
            if (!await Npm(folder, ["ci"], cancel)) await Npm(folder, ["install", "--no-save"], cancel, last: true);
            await File.WriteAllTextAsync(stamp, lockFile, cancel);
            return null;
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return $"{peer} cannot be installed: {e.Message}";
        }
    }

    /// <summary>Seconds from process start to the last row.</summary>
    public async Task<double> Subsquid(CancellationToken cancel)
    {
        await Fresh("peer_subsquid", cancel);
        await Execute("peer_subsquid",
            """
            CREATE TABLE sqd_transfers (id text PRIMARY KEY, block_number int4, block_hash text, block_time int8, transaction_hash text,
                log_index int4, sender text, recipient text, amount numeric)
            """, cancel);
        var to = Admin("peer_subsquid");
        var (seconds, _, _) = await MeasuredProcess.Run("node", ["index.cjs"], Folder("subsquid"), new Dictionary<string, string>
        {
            ["DB_HOST"] = to.Host!,
            ["DB_PORT"] = $"{to.Port}",
            ["DB_NAME"] = to.Database!,
            ["DB_USER"] = to.Username!,
            ["DB_PASS"] = to.Password ?? "",
            ["BENCH_RPC"] = Rpc,
            ["BENCH_TOKEN"] = TransferChain.Token,
            ["BENCH_TO"] = $"{chain.Blocks}",
        }, null, Limit, cancel);
        await RequireRows("peer_subsquid", "sqd_transfers", cancel);
        return seconds;
    }

    /// <summary>Seconds from process start to readiness, which Ponder tells after the last row.</summary>
    public async Task<double> Ponder(int urls, CancellationToken cancel)
    {
        await Fresh("peer_ponder", cancel);
        var (to, port) = (Admin("peer_ponder"), FreePort.Next());
        using var http = new HttpClient();
        var folder = Folder("ponder");
        var (seconds, _, _) = await MeasuredProcess.Run(
            "node", ["node_modules/ponder/dist/esm/bin/ponder.js", "--log-format", "json", "start", "--port", $"{port}", "--hostname", "127.0.0.1", "--schema", "bench"],
            folder, new Dictionary<string, string>
            {
                ["PONDER_TELEMETRY_DISABLED"] = "1",
                ["BENCH_RPC"] = Rpc,
                ["BENCH_URLS"] = $"{urls}",
                ["BENCH_TOKEN"] = TransferChain.Token,
                ["BENCH_TO"] = $"{chain.Blocks}",
                ["BENCH_DATABASE"] = $"postgres://{to.Username}:{to.Password}@{to.Host}:{to.Port}/{to.Database}",
            },
            async () =>
            {
                try
                {
                    using var answer = await http.GetAsync(new Uri($"http://127.0.0.1:{port}/ready"), cancel);
                    return answer.IsSuccessStatusCode;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            }, Limit, cancel);
        await RequireRows("peer_ponder", "bench.transfers", cancel);
        return seconds;
    }

    private static async Task<bool> Npm(string folder, IReadOnlyList<string> words, CancellationToken cancel, bool last = false)
    {
        try
        {
            await MeasuredProcess.Run(
                "npm", [.. words, "--ignore-scripts", "--no-audit", "--no-fund"], folder, new Dictionary<string, string>(), null, Limit, cancel);
            return true;
        }
        catch (InvalidOperationException) when (!last)
        {
            return false;
        }
    }

    private string Rpc => chain.Endpoint.ToString().TrimEnd('/');

    private NpgsqlConnectionStringBuilder Admin(string database) => new(postgres.ConnectionString(database, EmbeddedPostgres.Admin)) { Pooling = false };

    private async Task Fresh(string database, CancellationToken cancel)
    {
        await postgres.DropDatabase(database, cancel);
        await postgres.EnsureDatabase(database, "template0", cancel);
    }

    private async Task Execute(string database, string sql, CancellationToken cancel)
    {
        await using var connection = new NpgsqlConnection(Admin(database).ConnectionString);
        await connection.OpenAsync(cancel);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancel);
    }

    private async Task RequireRows(string database, string table, CancellationToken cancel)
    {
        await using var connection = new NpgsqlConnection(Admin(database).ConnectionString);
        await connection.OpenAsync(cancel);
        await using var command = new NpgsqlCommand($"SELECT count(*) FROM {table}", connection);
        var rows = (long)(await command.ExecuteScalarAsync(cancel))!;
        if (rows != chain.Events) throw new InvalidOperationException($"{table} has {rows} rows instead of {chain.Events}.");
    }
}
