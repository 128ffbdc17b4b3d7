using Quarterdeck.Packs.Runbooks;

namespace Quarterdeck.Packs.Tests.Runbooks;

/// <summary>Each sample is a house style of its own; every line it gives is written down here.</summary>
public sealed class SampleTests
{
    private static RunbookDocument Read(string name, ProtocolPack? pack = null) =>
        RunbookParser.Parse(name, File.ReadAllBytes(Path.Combine(Repository.Root, "tests/Quarterdeck.Packs.Tests/Runbooks/samples", name)), pack);

    private static string[] Steps(Runbook runbook) =>
        [.. runbook.Steps.Select(s => $"{s.Line} {s.Kind}{(s.Class is { } c ? "/" + c.ToString().ToLowerInvariant() : "")}")];

    [Fact]
    public void A_manual_of_numbered_sections_becomes_one_procedure_for_each()
    {
        var document = Read("operations-manual.md");
        Assert.Equal(["1. Feeder is down", "2. Stop the market", "3. Ledger database full"], document.Runbooks.Select(r => r.Title));
        Assert.Equal(["FeederDown"], document.Runbooks[0].Alerts);
        Assert.Equal(["MarketExploited", "PriceManipulated"], document.Runbooks[1].Alerts);
        Assert.Equal(["25 service", "28 service", "31 service", "32 http", "37 decision", "40 service/service", "42 wait", "43 link"], Steps(document.Runbooks[0]));
        Assert.Equal(["53 write/pause", "54 write/pause", "54 read", "55 write/pause", "60 notify", "61 notify", "62 wait"], Steps(document.Runbooks[1]));
        Assert.Equal(["69 read", "70 database", "71 database", "72 database/database", "75 decision"], Steps(document.Runbooks[2]));
        Assert.Equal(new Coverage(12, 12, 0), document.Coverage);
        var logs = Assert.IsType<ServiceStep>(document.Runbooks[0].Steps[1]);
        Assert.Equal(("kubernetes", "logs", "harbour", "Its last words"), (logs.Driver, logs.Verb, logs.Namespace, logs.Context));
        Assert.Equal("kubectl -n harbour logs -l app=feeder --tail=200 --since=15m", logs.Text);
        Assert.Equal(("2-stop-the-market", "it is still down"), (((LinkStep)document.Runbooks[0].Steps[7]).Target, ((LinkStep)document.Runbooks[0].Steps[7]).Condition));
        var branch = Assert.Single(((DecisionStep)document.Runbooks[0].Steps[4]).Branches);
        Assert.Equal(("the pod is in CrashLoopBackOff", "read the start-up error."), (branch.Condition, branch.Action));
    }

    [Fact]
    public void A_terminal_session_gives_its_commands_and_not_their_output()
    {
        var document = Read("terminal-session.md");
        var runbook = Assert.Single(document.Runbooks);
        Assert.Equal(Primitives.Severity.Warning, runbook.Severity);
        Assert.Equal(["9 read", "11 read", "13 service", "16 service", "17 service", "17 service", "24 service/service", "25 wait", "26 http"], Steps(runbook));
        Assert.Equal(new Coverage(8, 8, 0), document.Coverage);
        Assert.Equal(["grep", "tail"], runbook.Steps[3].Filters.Select(f => f.Program));
        var rpc = Assert.IsType<HttpStep>(runbook.Steps[8]);
        Assert.Equal(("POST", "eth_syncing", null), (rpc.Method, rpc.RpcMethod, rpc.Class));
        Assert.Equal(TimeSpan.FromSeconds(30), ((WaitStep)runbook.Steps[7]).For);
    }

    [Fact]
    public void A_checklist_gives_a_step_for_each_box()
    {
        var document = Read("checklist.md");
        Assert.Equal(["9 manual", "10 manual", "11 approve", "12 service", "13 wait", "14 notify", "15 decision"], Steps(Assert.Single(document.Runbooks)));
        Assert.True(((ManualStep)document.Runbooks[0].Steps[0]).IsChecklist);
        Assert.Equal(2, ((ApproveStep)document.Runbooks[0].Steps[2]).Required);
        Assert.Equal(new Coverage(0, 0, 0), document.Coverage);
        Assert.Equal("Contacts", Assert.Single(document.Tables).Heading);
    }

    [Fact]
    public void Sql_blocks_heredocs_and_pipes_give_database_steps_that_know_whether_they_write()
    {
        var document = Read("database-first.md");
        Assert.Equal(
        [
            "9 database/database", "13 database", "19 read", "20 read", "21 write/pause", "29 database", "33 database/database",
            "34 database/database", "38 database/database", "43 database", "44 database", "45 database/database",
        ], document.Runbooks.SelectMany(Steps));
        Assert.Equal(new Coverage(12, 12, 0), document.Coverage);
        var steps = document.Runbooks.SelectMany(r => r.Steps).ToArray();
        Assert.Equal("STATE", Assert.IsType<CallStep>(steps[3]).Capture);
        Assert.Contains("DELETE FROM sessions", ((DatabaseStep)steps[8]).Sql, StringComparison.Ordinal);
        Assert.Equal("SELECT count(*) FROM orders", ((DatabaseStep)steps[9]).Sql);
    }

    [Fact]
    public void Tools_loops_and_conditions_are_typed_and_directives_apply_to_the_block_above()
    {
        var document = Read("scripts-and-tools.md");
        var runbook = Assert.Single(document.Runbooks);
        Assert.Equal(
        [
            "6 external/other", "6 external/other", "7 external/other", "15 external/other", "16 external/deploy", "17 external/deploy",
            "23 external/deploy", "24 external/other", "25 external/other", "32 read", "32 read", "32 read", "34 wait", "35 decision",
            "40 service", "41 service/service", "44 approve", "50 service/deploy", "51 service", "52 service/deploy", "53 service/deploy",
        ], Steps(runbook));
        Assert.Equal(new Coverage(17, 17, 0), document.Coverage);
        Assert.Equal(FailureResponse.Abort, runbook.Steps[8].OnFailure);
        Assert.Equal(TimeSpan.FromMinutes(30), runbook.Steps[16].Timeout);
        Assert.All(runbook.Steps.Skip(17), s => Assert.Equal(FailureResponse.Abort, s.OnFailure));
        Assert.Equal("kubectl apply -f -", string.Join(' ', ((ServiceStep)runbook.Steps[20]).Argv));
        Assert.Equal("kubectl", Assert.Single(runbook.Steps[20].Input).Program);
        Assert.False(((ExternalStep)runbook.Steps[4]).Allowed);
    }

    [Fact]
    public void Http_blocks_directives_and_lines_that_are_no_commands()
    {
        var document = Read("http-and-alerts.md");
        var runbook = Assert.Single(document.Runbooks);
        Assert.Equal(("API errors", "repair"), (runbook.Title, runbook.PolicyName));
        Assert.Equal(["ApiErrorRate", "ApiLatency"], runbook.Alerts);
        Assert.Equal(
        [
            "13 http", "17 http/other", "23 check", "26 decision", "31 wait", "32 notify", "33 approve", "37 link", "40 manual", "41 manual", "42 read",
        ], Steps(runbook));
        Assert.Equal(new Coverage(5, 3, 2), document.Coverage);
        Assert.Equal(new RetryRule(3, TimeSpan.FromSeconds(10)), runbook.Steps[2].Retry);
        Assert.Equal("{\"scope\": \"all\"}", ((HttpStep)runbook.Steps[1]).Body!.Text);
        Assert.Equal(("#api", 3, "governor"), (((NotifyStep)runbook.Steps[5]).Channel, ((ApproveStep)runbook.Steps[6]).Required, ((ApproveStep)runbook.Steps[6]).Role));
        Assert.Equal("RATIO", runbook.Steps[10].Capture);
        Assert.Equal(["TREASURY"], runbook.Steps[10].Words.SelectMany(w => w.Variables));
    }

    [Fact]
    public void Consoles_and_prompts_give_what_was_typed_at_them_and_nothing_that_was_printed()
    {
        var document = Read("consoles-and-prompts.md");
        Assert.Equal(
        [
            "7 external/other", "9 external/pause", "10 external/other", "17 external/pause", "18 external/pause", "22 external/pause",
            "23 external/unpause", "27 external/other", "28 external/parameter", "33 external/other", "39 external/other",
            "40 external/other", "45 database", "51 database", "55 external/other", "59 read", "63 database", "67 read", "68 read",
            "84 service", "87 external/other", "88 service/service",
        ], document.Runbooks.SelectMany(Steps));
        Assert.Equal(document.Coverage.CommandLines, document.Coverage.Typed);
        var all = document.Runbooks.SelectMany(r => r.Steps).ToArray();
        Assert.DoesNotContain(all, s => s.Text.Contains("-----", StringComparison.Ordinal) || s.Text.Contains("keeper |", StringComparison.Ordinal) || s.Text.Contains("contract Listing", StringComparison.Ordinal));
        Assert.Equal("SELECT count(*) FROM payouts", all.OfType<DatabaseStep>().First().Sql!.ReplaceLineEndings(" "));
    }

    [Fact]
    public void Functions_are_expanded_where_they_are_called_and_loops_are_shown_with_the_class_of_what_they_do()
    {
        var document = Read("node-operator.md");
        Assert.Equal(
        [
            "10 service/service", "11 external/other", "12 external/other", "18 read", "18 http", "19 read", "20 external/other",
            "22 external/other", "31 service", "35 external/other", "37 read", "40 write/pause", "41 write/pause", "47 external/other",
            "48 external/unpause", "51 decision",
        ], document.Runbooks.SelectMany(Steps));
        Assert.Equal(document.Coverage.CommandLines, document.Coverage.Typed);
        var sends = document.Runbooks.SelectMany(r => r.Steps).OfType<SendStep>().ToArray();
        Assert.Equal(["$VAULT", "$BRIDGE"], sends.Select(s => s.Target.Text));
        Assert.Equal("unpause()", Assert.IsType<SendStep>(Assert.Single(document.Runbooks.SelectMany(r => r.Steps).OfType<DecisionStep>().Single().Inside, s => s is SendStep)).Function);
    }

    [Fact]
    public void Inline_code_resolves_against_the_contracts_of_the_pack()
    {
        using var files = new TemporaryPack();
        var document = Read("prose-only.md", files.LoadedPack());
        Assert.Equal(["7 manual", "8 write/pause", "9 read", "10 notify"], Steps(document.Runbooks[0]));
        Assert.Equal(["14 manual", "15 write/parameter", "16 read"], Steps(document.Runbooks[1]));
        var cap = Assert.IsType<SendStep>(document.Runbooks[1].Steps[1]);
        Assert.Equal(("Token", "setSupplyCap(uint256)", "5000000"), (cap.Target.Text, cap.Function, cap.Args[0].Text));
        Assert.Equal("<account>", Assert.IsType<CallStep>(document.Runbooks[1].Steps[2]).Args[0].Text);
    }
}
