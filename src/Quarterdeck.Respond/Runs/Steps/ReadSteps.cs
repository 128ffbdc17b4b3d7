using System.Text.RegularExpressions;
using Quarterdeck.Packs;
using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Packs.Runbooks.Shell;
using Quarterdeck.Respond.Runs.Filters;

namespace Quarterdeck.Respond.Runs.Steps;

/// <summary>Resolves the steps that only read: what is worked out on the spot, HTTP, SQL, and the filters behind any of them.</summary>
internal sealed partial class ReadSteps(BoundPack pack, StepWords words)
{
    /// <summary>The step with the filters that its answer goes through; null where one of them is not understood.</summary>
    public StepDefinition? Filtered(StepDefinition definition, RunbookStep step)
    {
        if (step.Filters.Count == 0) return definition;
        List<StepDefinition> before = [.. definition.Before];
        var filters = new List<IReadOnlyList<string>>(definition.Filters);
        foreach (var command in step.Filters)
        {
            if (command.Assignments.Count > 0 || command.Redirects.Any(IntoFile)) return null;
            var argv = command.Words.Select(word => words.Text(word, before, secrets: false)).ToList();
            if (argv.Contains(null) || TextFilters.Parse([.. argv.Select(word => word!)]) is null) return null;
            filters.Add([.. argv.Select(word => word!)]);
        }

        if (filters[0][0] == "bc" && definition is StepDefinition.Local { Operation: "text" } local && !Understands(local.Input)) return null;
        return definition with { Filters = filters, Before = before };
    }

    /// <summary>Something worked out on the spot; null where it is not understood.</summary>
    public StepDefinition? Local(LocalStep local)
    {
        if (local.Command.Redirects.Any(IntoFile)) return null;
        var before = new List<StepDefinition>();
        if (local.Command.Words.Count == 0)
        {
            if (local.Command.Assignments is not [var assigned] || Value(assigned.Value, before) is not { } value) return null;
            return Named(new StepDefinition.Local("text", value) { Before = before }, assigned.Name);
        }

        var argv = local.Command.Words.Select(word => Value(word, before)).ToList();
        if (argv.Contains(null)) return null;
        StepDefinition.Local? made = argv switch
        {
            ["cast", "keccak", { } hashed] => new StepDefinition.Local("keccak", hashed),
            ["cast", { } conversion, { } input, .. var unit] when unit.Count < 2 && CastConversions.Parse([conversion, .. unit.Select(u => u!)]) is not null =>
                new StepDefinition.Local(conversion.TrimStart('-'), input, unit.FirstOrDefault()),
            ["echo", "-n", .. var said] => new StepDefinition.Local("text", string.Join(' ', said)),
            ["echo", .. var said] when said.FirstOrDefault()?.StartsWith('-') != true => new StepDefinition.Local("text", string.Join(' ', said)),
            ["printf", "%s" or "%s\\n", { } said] => new StepDefinition.Local("text", said),
            ["export" or "local" or "readonly", { } pair] when Assignment().Match(pair) is { Success: true } match =>
                new StepDefinition.Local("text", match.Groups[2].Value),
            _ => null,
        };
        if (made is not null && argv is ["export" or "local" or "readonly", { } exported]) return Named(made with { Before = before }, exported[..exported.IndexOf('=', StringComparison.Ordinal)]);
        if (made is null && local.Command.Redirects is [{ Operator: "<<<" } here] && Value(here.Target, before) is { } text
            && TextFilters.Parse([.. argv.Select(word => word!)]) is not null && (argv[0] != "bc" || Understands(text)))
            made = new StepDefinition.Local("text", text) { Filters = [[.. argv.Select(word => word!)]] };
        return made is null ? null : made with { Before = before };
    }

    /// <summary>A reading HTTP request; null where a part of it is not understood.</summary>
    public StepDefinition? Http(HttpStep http)
    {
        var before = new List<StepDefinition>();
        string? Part(ShellWord word) => words.Text(word, before, secrets: true);
        var url = Part(http.Url);
        var headers = http.Headers.Select(header => KeyValuePair.Create(header.Key, Part(header.Value))).ToList();
        var auth = http.BasicAuth is null ? "" : Part(http.BasicAuth);
        if (url is null || auth is null || headers.Exists(header => header.Value is null)) return null;
        return new StepDefinition.Http(
            http.Method, url, headers.DistinctBy(h => h.Key, StringComparer.OrdinalIgnoreCase).ToDictionary(h => h.Key, h => h.Value!), http.FailOnStatus,
            http.BasicAuth is null ? null : auth)
        { Before = before };
    }

    /// <summary>One reading statement on a database that the environment connects; null otherwise.</summary>
    public StepDefinition? Query(DatabaseStep step)
    {
        if (step is not { Changes: false, Sql: { } sql, InputFile: null, OutputFile: null, Tool: "psql" or "sql", Input.Count: 0 }) return null;
        // Values are never pasted into SQL, and one statement alone cannot leave its transaction.
        sql = sql.Trim().TrimEnd(';').Trim();
        if (sql.Contains(';', StringComparison.Ordinal) || sql.Contains('$', StringComparison.Ordinal) || !Reading().IsMatch(sql) || Effect().IsMatch(sql)) return null;
        // Filters see rows as psql -tA prints them, and nothing else.
        if (step.Filters.Count > 0 && !(step.Words.Any(w => Flag('t').IsMatch(w.Text)) && step.Words.Any(w => Flag('A').IsMatch(w.Text)))) return null;
        return Database(step.Database) is { } name ? new StepDefinition.Select(name, sql) : null;
    }

    /// <summary>Whether a statement calls what acts beyond its own transaction.</summary>
    public static bool HasEffect(string sql) => Effect().IsMatch(sql);

    /// <summary>The environment's name of the database that a runbook means; null where it connects none such.</summary>
    public string? Database(ShellWord? written)
    {
        var connected = pack.Environment.Databases;
        if (written is null) return connected.Count == 1 ? connected.Keys.First() : null;
        var name = written.Text.StartsWith('$') ? written.Text[1..].Trim('{', '}') : written.Text;
        var known = pack.Pack.Databases.Values.FirstOrDefault(
            database => database.Name == name || database.Variables.Contains(name) || database.Names.Contains(name));
        return known is not null && connected.ContainsKey(known.Name) ? known.Name : null;
    }

    // The environment's own names stay what the environment says: a runbook's example address must not win over it.
    private StepDefinition.Local Named(StepDefinition.Local made, string name) =>
        pack.Variable(name) is null && !pack.IsSecret(name) ? made with { Capture = name } : made;

    private string? Value(ShellWord word, List<StepDefinition> before) => words.Text(word, before, secrets: false);

    private static bool IntoFile(ShellRedirect redirect) =>
        redirect.Operator.Contains('>', StringComparison.Ordinal) && redirect.Target.Text is not ("/dev/null" or "&1" or "&2" or "1" or "2");

    private static bool Understands(string program)
    {
        try
        {
            BcFilter.Evaluate(Placeholder().Replace(program, "7"));
            return true;
        }
        catch (FilterException)
        {
            return false;
        }
    }

    private static Regex Flag(char flag) => new($"^-[a-zA-Z]*{flag}", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));

    [GeneratedRegex(@"^([A-Za-z_][A-Za-z0-9_]*)=(.*)$", RegexOptions.Singleline)]
    private static partial Regex Assignment();

    [GeneratedRegex(@"\$\{[A-Za-z_][A-Za-z0-9_]*\}")]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"^\s*(select|with|show|explain|table|values)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Reading();

    [GeneratedRegex(@"\b(pg_terminate_backend|pg_cancel_backend|pg_reload_conf|pg_rotate_logfile|pg_switch_wal|pg_promote|pg_create_\w+|pg_drop_\w+|dblink\w*|lo_\w+|pg_read_\w*file|pg_ls_\w+|pg_advisory\w*|pg_try_advisory\w*|set_config|pg_notify)\s*\(|\banalyze\b", RegexOptions.IgnoreCase)]
    private static partial Regex Effect();
}
