using System.CommandLine;
using Quarterdeck.Cli.Audit;

namespace Quarterdeck.Cli.Commands;

/// <summary><c>audit verify|export|key</c>: the audit log, proved without trust in server or database.</summary>
internal sealed class AuditCommand : Command
{
    /// <summary>Not proved. Bad input is <see cref="QuarterdeckCommand.BadInput"/>.</summary>
    public const int NotProved = 1;

    public AuditCommand() : base("audit", "Export the audit log and verify it offline.")
    {
        Subcommands.Add(Verify());
        Subcommands.Add(Export());
        Subcommands.Add(Key());
    }

    private static Command Verify()
    {
        var export = new Argument<string?>("EXPORT")
        {
            Description = "A zip, its unpacked folder, its lines (audit.ndjson, excerpt.ndjson), or a folder of tiles. Without it the running server's export is fetched.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var key = new Option<string?>("--key")
        {
            Description = "The log's public key (name+id+base64) or a file with it; otherwise the environment's.",
            HelpName = "KEY",
        };
        var seen = new Option<string?>("--seen")
        {
            Description = "A checkpoint kept from an earlier export: the history must begin with it.",
            HelpName = "FILE",
        };
        var anchor = new Option<string[]>("--anchor")
        {
            Description = "An endpoint and the hash of a transaction that anchored a checkpoint on its chain: the history must begin with it.",
            HelpName = "RPC TX",
            Arity = new ArgumentArity(2, 2),
            AllowMultipleArgumentsPerToken = true,
        };
        var witness = new Option<string[]>("--witness")
        {
            Description = "The public key of a witness, or a file with it: it must have cosigned. May be given several times.",
            HelpName = "KEY",
            DefaultValueFactory = _ => [],
        };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var (state, url) = (AuditServer.StateOption(), AuditServer.UrlOption());
        var command = new Command("verify", "Verify every entry, checkpoint and signature. Exit code 0: proved; 1: not; 2: bad input.") { export };
        foreach (var option in new Option[] { key, seen, anchor, witness, json, state, url }) command.Options.Add(option);
        command.SetAction(async (parsed, cancel) =>
        {
            var folder = Path.GetFullPath(parsed.GetRequiredValue(state));
            var witnesses = parsed.GetRequiredValue(witness).Select(w => AuditKeys.Given(w).Key).ToList();
            var before = parsed.GetValue(seen);
            if (parsed.GetValue(anchor) is [var endpoint, var transaction])
            {
                if (before is not null) throw new CommandException("Give --seen or --anchor, and verify once for each.", QuarterdeckCommand.BadInput);
                var known = (parsed.GetValue(key) is { } given ? AuditKeys.Given(given) : AuditKeys.OfState(folder))
                    ?? throw new CommandException("--anchor needs --key: the chain says what was anchored, the key by which log.", QuarterdeckCommand.BadInput);
                var anchored = await AuditAnchor.Read(endpoint, transaction, known.Key.Name, cancel);
                var proof = parsed.GetValue(export) is { } file
                    ? await AuditVerdict.OfAnchored(file, known, anchored, witnesses, cancel)
                    : throw new CommandException("--anchor needs an EXPORT.", QuarterdeckCommand.BadInput);
                await Console.Out.WriteLineAsync(parsed.GetValue(json) ? proof.ToJson() : proof.ToText());
                return proof.Verification.IsProved ? 0 : NotProved;
            }

            var outcome = parsed.GetValue(export) is { } path
                ? await AuditVerdict.Of(path, parsed.GetValue(key), before, witnesses, folder, cancel)
                : await AuditVerdict.OfServer(parsed.GetValue(url), parsed.GetValue(key), before, witnesses, folder, cancel);
            await Console.Out.WriteLineAsync(parsed.GetValue(json) ? outcome.ToJson() : outcome.ToText());
            return outcome.Verification.IsProved ? 0 : NotProved;
        });
        return command;
    }

    private static Command Export()
    {
        var output = new Option<string>("--out")
        {
            Description = "The file to write: .zip with key, checkpoint and checksums, or .ndjson for the lines alone.",
            HelpName = "FILE",
            DefaultValueFactory = _ => "audit.zip",
        };
        var tiles = new Option<string?>("--tiles")
        {
            Description = "Instead copy the whole log as tiles into this folder (c2sp.org/tlog-tiles); full tiles that are there are kept.",
            HelpName = "DIR",
        };
        var (state, url) = (AuditServer.StateOption(), AuditServer.UrlOption());
        var scope = new Option<string>[]
        {
            new("--from") { Description = "Entries of this time and later (ISO 8601).", HelpName = "TIME" },
            new("--to") { Description = "Entries before this time (ISO 8601).", HelpName = "TIME" },
            new("--protocol") { Description = "Entries about this pack: its alerts, incidents, runs, plans, transactions.", HelpName = "NAME" },
            new("--incident") { Description = "Entries about this incident, from its alerts to its transactions.", HelpName = "ID" },
            new("--operator") { Description = "What this person did, and what was done to the person's account.", HelpName = "ID" },
        };
        var command = new Command("export", "Fetch the log up to its latest checkpoint from the running server: all of it, or a part with proofs.");
        foreach (Option option in (Option[])[output, tiles, .. scope, state, url]) command.Options.Add(option);
        command.SetAction(async (parsed, cancel) =>
        {
            var path = Path.GetFullPath(parsed.GetRequiredValue(output));
            var server = await AuditServer.Find(parsed.GetValue(url), Path.GetFullPath(parsed.GetRequiredValue(state)), cancel);
            if (parsed.GetValue(tiles) is { } folder)
            {
                var size = await server.Mirror(Path.GetFullPath(folder), cancel);
                await Console.Out.WriteLineAsync($"{folder}: tiles of {size} entries from {server.Url}. Verify them with: quarterdeck audit verify {folder} --key KEY");
                return 0;
            }

            var narrowed = scope.Where(o => !string.IsNullOrWhiteSpace(parsed.GetValue(o))).ToDictionary(o => o.Name[2..], o => parsed.GetValue(o)!);
            var bytes = await server.Export(path, narrowed, cancel);
            await Console.Out.WriteLineAsync($"{path}: {bytes} bytes from {server.Url}. Verify it with: quarterdeck audit verify {path}");
            return 0;
        });
        return command;
    }

    private static Command Key()
    {
        var state = AuditServer.StateOption();
        var command = new Command("key", "Print the environment's public key, to be kept where its server cannot reach.");
        command.Options.Add(state);
        command.SetAction(parsed =>
        {
            var key = AuditKeys.OfState(Path.GetFullPath(parsed.GetRequiredValue(state)))
                ?? throw new CommandException($"{parsed.GetValue(state)} holds no audit key: no server has run from it yet.");
            Console.WriteLine(key.Key);
            return 0;
        });
        return command;
    }
}
