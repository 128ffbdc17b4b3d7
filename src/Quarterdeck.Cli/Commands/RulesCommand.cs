using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Quarterdeck.Packs.Alerts;
using Quarterdeck.Primitives.Findings;
using Quarterdeck.PromQL;

namespace Quarterdeck.Cli.Commands;

/// <summary><c>rules check FILE…</c> and <c>rules test FILE…</c>: Prometheus rule files and promtool's unit tests, offline.</summary>
internal sealed class RulesCommand : Command
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public RulesCommand() : base("rules", "Check and test Prometheus rule files.")
    {
        var files = new Argument<string[]>("files") { Description = "Files to read.", Arity = ArgumentArity.OneOrMore };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var check = new Command("check", "Check rule files, with the verdict of promtool check rules.") { files, json };
        check.SetAction((parsed, _) => Task.FromResult(Check(parsed.GetRequiredValue(files), parsed.GetValue(json))));

        var closed = new Option<bool>("--prometheus-2")
        {
            Description = "A sample at the very start of a range is part of the range, as in Prometheus 2.",
        };
        var test = new Command("test", "Run unit tests of rules in promtool's format.") { files, json, closed };
        test.SetAction((parsed, cancel) => Task.FromResult(Test(parsed.GetRequiredValue(files), parsed.GetValue(json),
            new EvaluatorOptions { ClosedRanges = parsed.GetValue(closed) }, cancel)));
        Subcommands.Add(check);
        Subcommands.Add(test);
    }

    private static int Check(string[] files, bool json)
    {
        var results = files.Select(RuleFile.Load).ToList();
        var findings = results.SelectMany(result => result.Findings).ToList();
        var ok = !results.Exists(result => result.HasErrors);
        if (json)
        {
            Console.WriteLine(new JsonObject
            {
                ["ok"] = ok,
                ["rules"] = results.Sum(result => result.File.RuleCount),
                ["findings"] = new JsonArray([.. findings.Select(Describe)]),
            }.ToJsonString(Indented));
            return ok ? 0 : 1;
        }

        foreach (var result in results)
        {
            foreach (var finding in result.Findings) Console.WriteLine(finding);
            Console.WriteLine(result.HasErrors ? $"{result.File.Path}: FAILED" : $"{result.File.Path}: SUCCESS, {result.File.RuleCount} rules found");
        }

        return ok ? 0 : 1;
    }

    private static int Test(string[] files, bool json, EvaluatorOptions options, CancellationToken cancel)
    {
        var results = files.Select(file => RuleUnitTestRun.Run(file, options, cancel)).ToList();
        var failures = results.SelectMany(result => result.Failures).ToList();
        var passed = results.Sum(result => result.Passed);
        if (json)
        {
            Console.WriteLine(new JsonObject
            {
                ["passed"] = passed,
                ["failed"] = failures.Count,
                ["failures"] = new JsonArray([.. failures.Select(failure => new JsonObject
                {
                    ["file"] = failure.File,
                    ["line"] = failure.Line,
                    ["why"] = failure.Why,
                })]),
            }.ToJsonString(Indented));
        }
        else
        {
            foreach (var failure in failures) Console.WriteLine($"{failure.File}:{failure.Line}: FAILED: {failure.Why}");
            Console.WriteLine($"passed {passed}, failed {failures.Count}");
        }

        return failures.Count == 0 ? 0 : 1;
    }

    private static JsonObject Describe(Finding finding) => new()
    {
        ["code"] = finding.Code,
        ["severity"] = finding.Severity.ToString().ToLowerInvariant(),
        ["file"] = finding.File,
        ["line"] = finding.Line,
        ["column"] = finding.Column,
        ["message"] = finding.Message,
        ["remedy"] = finding.Remedy,
    };
}
