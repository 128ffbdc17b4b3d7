using System.CommandLine;
using System.Text.Json;
using Quarterdeck.Devnet;
using Quarterdeck.Packs;
using Quarterdeck.Packs.Dashboards;
using Quarterdeck.Primitives.Findings;

namespace Quarterdeck.Cli.Commands;

/// <summary><c>dashboards [PACK…] [--check]</c>: Grafana's files of the packs' dashboards.</summary>
internal sealed class DashboardsCommand : Command
{
    public DashboardsCommand() : base("dashboards", "Write Grafana dashboards from the packs' dashboards.yaml and metrics.yaml.")
    {
        var packs = new Argument<string[]>("packs")
        {
            Description = "Packs by folder, or by name in protocols/; every pack of protocols/ that has a dashboards.yaml where left out.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var check = new Option<bool>("--check") { Description = "Write nothing; exit with 1 where a file is not what would be written." };
        Arguments.Add(packs);
        Options.Add(check);
        SetAction((parsed, cancel) => Run(parsed.GetValue(packs) ?? [], parsed.GetValue(check), parsed.InvocationConfiguration.Output, cancel));
    }

    private static async Task<int> Run(string[] packs, bool check, TextWriter output, CancellationToken cancel)
    {
        var differing = 0;
        foreach (var folder in packs.Length > 0 ? packs.Select(Folder) : EveryFolder())
        {
            var loaded = PackLoader.Load(folder);
            if (loaded.Pack is not { } pack) throw new AuthorException([.. loaded.Findings.Where(f => f.Severity == FindingSeverity.Error)]);
            var target = Path.Combine(pack.Root, "dashboards");
            var files = pack.Dashboards.ToDictionary(b => Path.Combine(target, b.Name + ".json"), b => GrafanaDashboard.Text(pack, b), StringComparer.Ordinal);
            foreach (var (path, text) in files)
            {
                if (File.Exists(path) && await File.ReadAllTextAsync(path, cancel) == text) continue;
                differing++;
                if (!check)
                {
                    Directory.CreateDirectory(target);
                    await File.WriteAllTextAsync(path, text, cancel);
                }

                output.WriteLine($"{Path.GetRelativePath(Environment.CurrentDirectory, path)}: {(check ? "differs; run 'quarterdeck dashboards'" : "written")}");
            }

            foreach (var path in await Forgotten(target, pack, files.Keys, cancel))
            {
                differing++;
                if (!check) File.Delete(path);
                output.WriteLine($"{Path.GetRelativePath(Environment.CurrentDirectory, path)}: {(check ? "is generated no more; run 'quarterdeck dashboards'" : "removed")}");
            }
        }

        return check && differing > 0 ? 1 : 0;
    }

    private static string Folder(string named)
    {
        if (File.Exists(Path.Combine(named, "protocol.yaml"))) return named;
        var known = Path.Combine(RepositoryRoot.Find(), "protocols", named);
        return File.Exists(Path.Combine(known, "protocol.yaml"))
            ? known
            : throw new CommandException($"'{named}' is neither a pack's folder nor a pack in protocols/.", QuarterdeckCommand.BadInput);
    }

    private static IEnumerable<string> EveryFolder() => Directory.EnumerateDirectories(Path.Combine(RepositoryRoot.Find(), "protocols"))
        .Where(folder => File.Exists(Path.Combine(folder, "dashboards.yaml"))).Order(StringComparer.Ordinal);

    /// <summary>Files that an earlier run wrote and this one does not; a team's own dashboards beside them stay.</summary>
    private static async Task<List<string>> Forgotten(string target, ProtocolPack pack, IEnumerable<string> written, CancellationToken cancel)
    {
        var forgotten = new List<string>();
        if (!Directory.Exists(target)) return forgotten;
        foreach (var path in Directory.EnumerateFiles(target, "*.json").Except(written).Order(StringComparer.Ordinal))
        {
            try
            {
                using var json = JsonDocument.Parse(await File.ReadAllTextAsync(path, cancel));
                if (json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("uid", out var uid)
                    && uid.ValueKind == JsonValueKind.String && uid.GetString()!.StartsWith($"qd-{pack.Name}-", StringComparison.Ordinal)) forgotten.Add(path);
            }
            catch (JsonException)
            {
                continue; // not JSON, so not ours
            }
        }

        return forgotten;
    }
}
