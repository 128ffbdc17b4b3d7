using System.Globalization;
using System.Text.RegularExpressions;
using Quarterdeck.Packs;
using Quarterdeck.Packs.Manifest;
using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Packs.Runbooks.Shell;
using Quarterdeck.Respond.Runs.Services;

namespace Quarterdeck.Respond.Runs.Steps;

/// <summary>
/// Resolves the steps that act off the chain: services by the environment's drivers, HTTP requests with an effect, SQL that changes
/// rows, programs that the pack allows. Whatever part is not understood leaves the whole to a person.
/// </summary>
internal sealed partial class ActionSteps(BoundPack pack, StepWords words, ReadSteps reads)
{
    /// <summary>A verb on a service; the reason where it is left to a person.</summary>
    public (StepDefinition? Step, string Why) Service(ServiceStep step)
    {
        if (Find(step) is not { } service) return (null, "the environment does not say how to act on this service");
        if (Verb(step) is not { } verb) return (null, $"'{step.Verb}' is no verb that runs use on services");
        if (!ServiceBinding.VerbsOf(service.Driver).Contains(verb.Name)) return (null, $"the driver of the service '{service.Service}' has no verb {verb.Name}");
        if (!service.Verbs.Contains(verb.Name, StringComparer.Ordinal))
            return (null, $"the environment allows {string.Join(", ", service.Verbs)} on the service '{service.Service}', not {verb.Name}");
        return (new StepDefinition.Service(service.Service, verb.Name, verb.Replicas, verb.Lines, verb.Since)
        {
            Class = verb.Changes ? PackBindings.Text(step.Class ?? step.ClassOfChange) : null,
        }, "");
    }

    /// <summary>A request with an effect; null where a part of it is not understood.</summary>
    public StepDefinition? Request(HttpStep step)
    {
        string? Part(ShellWord word) => words.Text(word, null, secrets: true);
        var (url, body, auth) = (Part(step.Url), step.Body is null ? "" : Part(step.Body), step.BasicAuth is null ? "" : Part(step.BasicAuth));
        var headers = step.Headers.Select(header => KeyValuePair.Create(header.Key, Part(header.Value))).ToList();
        if (url is null || body is null || auth is null || headers.Exists(header => header.Value is null)) return null;
        // What comes from a file or a form is not in the text that people approve.
        if (body.StartsWith('@') || step.Filters.Count > 0) return null;
        if (step.Body is not null && !headers.Exists(header => header.Key.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)))
            headers.Add(KeyValuePair.Create("Content-Type", (string?)(body.TrimStart() is ['{' or '[', ..] ? "application/json" : "application/x-www-form-urlencoded")));
        return new StepDefinition.Request(
            step.Method, url, headers.DistinctBy(h => h.Key, StringComparer.OrdinalIgnoreCase).ToDictionary(h => h.Key, h => h.Value!),
            step.Body is null ? null : body, step.BasicAuth is null ? null : auth)
        { Class = PackBindings.Text(step.Class ?? ActionClass.Other) };
    }

    /// <summary>One statement that inserts, updates, deletes or merges rows; null otherwise.</summary>
    public StepDefinition? Update(DatabaseStep step)
    {
        if (step is not { Changes: true, Sql: { } sql, InputFile: null, OutputFile: null, Tool: "psql" or "sql", Input.Count: 0, Filters.Count: 0 }) return null;
        // Values are never pasted into SQL. Only what a rollback undoes wholly is tried when the plan is made.
        sql = sql.Trim().TrimEnd(';').Trim();
        if (sql.Contains(';', StringComparison.Ordinal) || sql.Contains('$', StringComparison.Ordinal) || !Changing().IsMatch(sql) || ReadSteps.HasEffect(sql)) return null;
        return reads.Database(step.Database) is { } name
            ? new StepDefinition.Update(name, sql) { Class = PackBindings.Text(ActionClass.Database) }
            : null;
    }

    /// <summary>A program that the pack allows; the reason where it is left to a person.</summary>
    public (StepDefinition? Step, string Why) External(ExternalStep step)
    {
        if (!step.Allowed) return (null, $"the pack's 'external:' does not allow the program '{(step.Argv is [var first, ..] ? first.Text : "")}'");
        if (step.Filters.Count > 0 || step.Input.Count > 0 || step.Capture is not null) return (null, "the output of a program is neither filtered nor captured");
        if (step.Argv.SelectMany(word => word.Variables).Any(pack.IsSecret))
            return (null, "a secret on a command line is seen by every process of the host");
        var argv = step.Argv.Select(word => words.Text(word)).ToList();
        if (argv.Contains(null)) return (null, "a part of it is worked out in place or not set");
        return (new StepDefinition.External([.. argv.Select(word => word!)]) { Class = PackBindings.Text(step.ActionClass) }, "");
    }

    private ServiceBinding? Find(ServiceStep step)
    {
        if (step.Inner is not null || step.Verb == "exec") return null;
        var target = step.Target.Split(' ')[^1];
        string[] names = step.Driver == "kubernetes" && !target.Contains('/', StringComparison.Ordinal) && !target.Contains('=', StringComparison.Ordinal)
            ? [target, $"deployment/{target}"]
            : [target];
        var known = pack.Pack.Services.Values.FirstOrDefault(service => names.Contains(service.Name) || service.Aliases.Any(alias => names.Contains(alias)));
        var name = known?.Name ?? pack.Environment.Services.Values.FirstOrDefault(service => names.Contains(service.Service) || names.Contains(service.Target))?.Service;
        return name is null ? null : pack.Environment.Services.GetValueOrDefault(name);
    }

    private static ServiceVerb? Verb(ServiceStep step)
    {
        var argv = step.Argv.Select(word => word.Text).ToList();
        return step.Verb switch
        {
            "rollout restart" or "restart" => new ServiceVerb("restart"),
            "rollout undo" => new ServiceVerb("undo"),
            "rollout status" or "status" or "is-active" or "ps" => new ServiceVerb("status"),
            "get" or "describe" or "show" => new ServiceVerb("get"),
            "logs" or "log" => new ServiceVerb("logs", Lines: Number(argv, "--tail", "-n", "--lines"), Since: After(argv, "--since") is { } since && Duration().IsMatch(since) ? since : null),
            "start" or "stop" => new ServiceVerb(step.Verb),
            "scale" when Number(argv, "--replicas") is { } replicas => new ServiceVerb("scale", replicas),
            "scale" when argv[^1].Split('=') is [_, var count] && int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var replicas) =>
                new ServiceVerb("scale", replicas),
            _ => null,
        };
    }

    private static int? Number(List<string> argv, params string[] names) =>
        names.Select(name => After(argv, name)).FirstOrDefault(value => value is not null) is { } text
        && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= 100_000
            ? number
            : null;

    private static string? After(List<string> argv, string name)
    {
        for (var i = 0; i < argv.Count; i++)
        {
            if (argv[i].StartsWith(name + "=", StringComparison.Ordinal)) return argv[i][(name.Length + 1)..];
            if (argv[i] == name && i + 1 < argv.Count) return argv[i + 1];
        }

        return null;
    }

    [GeneratedRegex(@"^(insert|update|delete|merge|with)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Changing();

    [GeneratedRegex(@"^\d{1,6}[smhd]$")]
    private static partial Regex Duration();
}
