using System.CommandLine;
using System.Text.Json.Nodes;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Packs;
using Quarterdeck.Packs.Alerts;
using Quarterdeck.Packs.Checking;
using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Findings;

namespace Quarterdeck.Cli.Commands;

/// <summary>
/// <c>quarterdeck check</c>: a pack or a runbook against ABIs, environment and chain. Exit code 0 without errors, 1 with.
/// </summary>
internal sealed class CheckCommand : Command
{
    private readonly Argument<string[]> _paths = new("path") { Description = "Packs' folders or Markdown files.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string?> _environment = new("--environment", "-e") { Description = "Environment of the pack; with it the chain is asked." };
    private readonly Option<DirectoryInfo?> _abi = new("--abi") { Description = "Folder of JSON ABIs or artifacts, for a runbook without a pack." };
    private readonly Option<string[]> _rpc = new("--rpc") { Description = "RPC endpoint that is asked; one for each chain, or several of one.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<FileInfo?> _env = new("--env") { Description = "NAME=value lines or JSON with the runbook's variables." };
    private readonly Option<FileInfo[]> _rules = new("--rules") { Description = "Prometheus rule files, for a runbook without a pack.", AllowMultipleArgumentsPerToken = true };
    private readonly Option<FileInfo[]> _schema = new("--schema") { Description = "SQL files that create the tables which SQL steps may name.", AllowMultipleArgumentsPerToken = true };
    private readonly Option<DirectoryInfo?> _manifests = new("--manifests") { Description = "Folder of Kubernetes manifests that define what kubectl may name." };
    private readonly Option<bool> _json = new("--json") { Description = "Print JSON." };
    private readonly Option<bool> _sarif = new("--sarif") { Description = "Print SARIF 2.1.0." };

    public CheckCommand() : base("check", "Check runbooks and packs against ABIs, environment and chain.")
    {
        Arguments.Add(_paths);
        foreach (var option in new Option[] { _environment, _abi, _rpc, _env, _rules, _schema, _manifests, _json, _sarif }) Options.Add(option);
        SetAction(Run);
    }

    private async Task<int> Run(ParseResult parsed, CancellationToken cancel)
    {
        string[] paths = parsed.GetValue(_paths) is { Length: > 0 } given ? given : ["."];
        var findings = new List<Finding>();
        foreach (var path in paths)
        {
            var isPack = Directory.Exists(path);
            if (!isPack && !File.Exists(path)) throw new CommandException($"There is no file or folder {path}.", QuarterdeckCommand.BadInput);
            var root = isPack ? path : PackAbove(path);
            var loose = parsed.GetValue(_abi) is not null || parsed.GetValue(_env) is not null || root is null;
            findings.AddRange(loose && !isPack ? await Loose(parsed, path, cancel) : await Pack(parsed, root ?? path, isPack ? null : path, cancel));
        }

        findings = [.. findings.Distinct()];
        Print(parsed, findings);
        return findings.Any(f => f.Severity == FindingSeverity.Error) ? 1 : 0;
    }

    private static string? PackAbove(string file)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(file));
        while (folder is not null && !File.Exists(Path.Combine(folder, "protocol.yaml"))) folder = Path.GetDirectoryName(folder);
        return folder;
    }

    private async Task<IReadOnlyList<Finding>> Pack(ParseResult parsed, string folder, string? only, CancellationToken cancel)
    {
        var loaded = PackLoader.Load(folder);
        var findings = loaded.Findings.Where(f => !f.File.EndsWith(".md", StringComparison.Ordinal)).ToList();
        if (loaded.Pack is not { } pack) return loaded.Findings;
        PackEnvironment? environment = null;
        if (parsed.GetValue(_environment) is { } name)
        {
            var result = EnvironmentLoader.Load(pack, name, Environment.GetEnvironmentVariable);
            findings.AddRange(result.Findings);
            environment = result.Environment;
            if (environment is null) return findings;
            findings.AddRange(BoundPack.Bind(pack, environment).Findings);
        }

        if (only is null) findings.AddRange([.. RunbookChecker.CheckPack(pack), .. NotificationCheck.Check(pack)]);
        var scope = Surroundings(CheckScope.Of(pack, environment), parsed);
        var endpoints = Endpoints(parsed).Select(url => ("", (ChainId?)null, url)).ToArray();
        if (endpoints.Length == 0 && environment is not null)
            endpoints = [.. environment.Chains.Values.Where(c => c.Id.Namespace == "eip155" && pack.Chains.ContainsKey(c.Name)).SelectMany(c => c.Endpoints.Select(url => (c.Name, (ChainId?)c.Id, url)))];
        await using var chains = await LiveChains.Open(endpoints, cancel);
        findings.AddRange(chains.Findings(environment is null ? "" : $"environments/{Path.GetFileName(environment.Path)}"));
        var shown = only is null ? null : Path.GetRelativePath(pack.Root, Path.GetFullPath(only)).Replace('\\', '/');
        foreach (var document in pack.RunbookDocuments.Where(d => shown is null || d.Source == shown))
            findings.AddRange(endpoints.Length == 0 ? RunbookChecker.Check(document, scope) : await new LiveChecker(chains, scope).Check(document, cancel));
        return findings;
    }

    private async Task<IReadOnlyList<Finding>> Loose(ParseResult parsed, string file, CancellationToken cancel)
    {
        var abis = parsed.GetValue(_abi) is { } folder
            ? folder.Exists ? LooseScope.Abis(folder.FullName) : throw new CommandException($"There is no folder {folder.FullName}.", QuarterdeckCommand.BadInput)
            : [];
        var variables = parsed.GetValue(_env) is { } env ? LooseScope.Variables(env.FullName) : null;
        var findings = new List<Finding>();
        HashSet<string>? alerts = null;
        HashSet<string>? used = null;
        foreach (var rules in parsed.GetValue(_rules) ?? [])
        {
            var result = RuleFile.Load(rules.FullName);
            findings.AddRange(result.Findings);
            (used ??= []).UnionWith(result.File.Groups.SelectMany(g => g.Rules).SelectMany(r => PackMetrics.In(r.Query.Expr)));
            (alerts ??= []).UnionWith(result.File.Groups.SelectMany(g => g.Rules).OfType<AlertingRule>().Select(r => r.Name));
        }

        var endpoints = Endpoints(parsed);
        await using var chains = await LiveChains.Open(endpoints.Select(url => ("", (ChainId?)null, url)), cancel);
        var document = RunbookParser.Parse(file, await File.ReadAllBytesAsync(file, cancel));
        CheckScope scope;
        try
        {
            scope = await LooseScope.Bind(abis, variables, chains, alerts, document, cancel);
        }
        catch (Exception e) when (e is RpcException or TransientException)
        {
            throw new CommandException($"The endpoint {chains.All[0].Rpc.Name} refuses to answer: {e.Message}");
        }

        scope = Surroundings(scope, parsed) with { UsedMetrics = used, Folder = Path.GetDirectoryName(Path.GetFullPath(file)), Runbooks = document.Runbooks };
        findings.AddRange(endpoints.Count == 0 ? RunbookChecker.Check(document, scope) : await new LiveChecker(chains, scope).Check(document, cancel));
        return findings;
    }

    /// <summary>What databases and clusters hold, as far as files say it.</summary>
    private CheckScope Surroundings(CheckScope scope, ParseResult parsed)
    {
        var files = parsed.GetValue(_schema) ?? [];
        if (Array.Find(files, f => !f.Exists) is { } absent) throw new CommandException($"There is no file {absent.FullName}.", QuarterdeckCommand.BadInput);
        if (parsed.GetValue(_manifests) is { Exists: false } gone) throw new CommandException($"There is no folder {gone.FullName}.", QuarterdeckCommand.BadInput);
        return scope with
        {
            Schema = files.Length == 0 ? null : DatabaseSchema.FromSql(string.Join(";\n", files.Select(f => File.ReadAllText(f.FullName)))),
            Objects = parsed.GetValue(_manifests) is { } folder ? ClusterObjects.FromFolder(folder.FullName) : null,
        };
    }

    private List<Uri> Endpoints(ParseResult parsed) => [.. (parsed.GetValue(_rpc) ?? []).Select(text =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" or "ws" or "wss"
            ? url : throw new CommandException($"'{text}' is no endpoint: give http://, https://, ws:// or wss:// and the host.", QuarterdeckCommand.BadInput))];

    private void Print(ParseResult parsed, IReadOnlyList<Finding> findings)
    {
        if (parsed.GetValue(_sarif))
        {
            Console.WriteLine(Sarif.Log(findings, typeof(CheckCommand).Assembly.GetName().Version?.ToString(3) ?? "0").ToJsonString(RunbookCommand.Readable));
            return;
        }

        if (parsed.GetValue(_json))
        {
            var list = findings.Select(f => (JsonNode)new JsonObject
            {
                ["file"] = f.File,
                ["line"] = f.Line,
                ["severity"] = f.Severity.ToString().ToLowerInvariant(),
                ["code"] = f.Code,
                ["message"] = f.Message,
                ["remedy"] = f.Remedy,
            });
            Console.WriteLine(new JsonObject { ["findings"] = new JsonArray([.. list]) }.ToJsonString(RunbookCommand.Readable));
            return;
        }

        foreach (var finding in findings) Console.WriteLine(finding);
        Console.WriteLine($"{findings.Count(f => f.Severity == FindingSeverity.Error)} errors, {findings.Count(f => f.Severity == FindingSeverity.Warning)} warnings, {findings.Count(f => f.Severity == FindingSeverity.Note)} notes.");
    }
}
