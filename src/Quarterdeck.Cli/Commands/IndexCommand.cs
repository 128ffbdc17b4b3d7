using System.CommandLine;
using Quarterdeck.Cli.Up;
using Quarterdeck.Devnet;
using Quarterdeck.Devnet.Postgres;
using Quarterdeck.Devnet.Processes;
using Quarterdeck.Packs;
using Quarterdeck.Primitives.Findings;

namespace Quarterdeck.Cli.Commands;

/// <summary><c>index run</c>: fills and follows a pack's event tables and does nothing else, with its progress.</summary>
internal sealed class IndexCommand : Command
{
    private const string Database = "QUARTERDECK_DATABASE";

    public IndexCommand() : base("index", "A pack's event tables.")
    {
        var pack = new Argument<string>("pack") { Description = "The pack's folder." };
        var environment = new Option<string>("--environment", "-e") { Description = "Environment of the pack, by name or file.", Required = true };
        var until = new Option<string?>("--until") { Description = "Stop at a block, or at the 'head' of each chain; without it the chain is followed." };
        var state = UpOptions.State();
        var run = new Command("run", $"Index a pack's events into {Database}; without it, into a PostgreSQL of its own below the state folder.")
        {
            pack, environment, until, state,
        };
        run.SetAction((parsed, cancel) => Run(
            parsed.GetRequiredValue(pack), parsed.GetRequiredValue(environment), parsed.GetValue(until), Path.GetFullPath(parsed.GetRequiredValue(state)), cancel));
        Subcommands.Add(run);
    }

    private static async Task<int> Run(string folder, string environment, string? until, string state, CancellationToken cancel)
    {
        var name = PackName(folder);
        try
        {
            if (Environment.GetEnvironmentVariable(Database) is { Length: > 0 }) return await Index(folder, environment, until, new Dictionary<string, string>(), cancel);
            var place = Path.Combine(state, "index");
            Directory.CreateDirectory(place);
            await using var postgres = await EmbeddedPostgres.Start(new PostgresOptions(Path.Combine(place, "postgres")) { Durable = true }, cancel);
            await postgres.EnsureDatabase(name, "template0", cancel);
            await Console.Error.WriteLineAsync(
                $"{Database} is not set: the tables are in a PostgreSQL of their own: psql -h 127.0.0.1 -p {postgres.Port} -U {EmbeddedPostgres.Reader} {name}  (password in {Path.Combine(place, "postgres", "password")})");
            return await Index(folder, environment, until, new Dictionary<string, string>
            {
                [Database] = postgres.ConnectionString(name, EmbeddedPostgres.Server),
                [Database + "_OWNER"] = postgres.ConnectionString(name, EmbeddedPostgres.Owner),
            }, cancel);
        }
        catch (DevnetException problem)
        {
            throw new CommandException(problem.Message);
        }
    }

    private static string PackName(string folder)
    {
        var loaded = PackLoader.Load(folder);
        return loaded.Pack?.Name ?? throw new AuthorException([.. loaded.Findings.Where(f => f.Severity == FindingSeverity.Error)]);
    }

    // Indexing is the server's: the same program, told to do nothing else.
    private static async Task<int> Index(
        string folder, string environment, string? until, IReadOnlyDictionary<string, string> variables, CancellationToken cancel)
    {
        var server = Path.Combine(RepositoryRoot.Find(), "src", "Quarterdeck.Server");
        string[] arguments =
        [
            BuildOutput.Of(server), "index", Path.GetFullPath(folder), "--environment", File.Exists(environment) ? Path.GetFullPath(environment) : environment,
            .. until is null ? (string[])[] : ["--until", until],
        ];
        // Filling is mostly waiting for nodes and the database: code that counts its own calls first only costs.
        variables = new Dictionary<string, string>(variables) { ["DOTNET_TieredPGO"] = "0" };
        await using var process = ChildProcess.Start(
            new ChildProcessOptions("index", BuildOutput.Dotnet, arguments) { Environment = variables, OnLine = Console.Error.WriteLine });
        var stopped = Task.Delay(Timeout.Infinite, cancel);
        return await Task.WhenAny(process.Exited, stopped) == stopped ? 0 : await process.Exited;
    }
}
