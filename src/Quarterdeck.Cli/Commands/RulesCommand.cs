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
        var third = new Option<bool>("--prometheus-3") { Description = "Labels and annotations may have any name, as in Prometheus 3." };
        var check = new Command("check", "Check rule files, with the verdict of promtool check rules.") { files, json, third };
        check.SetAction((parsed, _) => Task.FromResult(Check(parsed.GetRequiredValue(files), parsed.GetValue(json), parsed.GetValue(third))));

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

    private static int Check(string[] files, bool json, bool third)
    {
        var results = files.Select(RuleFile.Load).ToList();
        var findings = results.SelectMany(result => result.Findings).ToList();
        bool Refused(RuleFileResult result) => result.HasErrors || (!third && result.NeedsPrometheus3);
        var ok = !results.Exists(Refused);
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
            Console.WriteLine(Refused(result) ? $"{result.File.Path}: FAILED" : $"{result.File.Path}: SUCCESS, {result.File.RuleCount} rules found");
        }

        return ok ? 0 : 1;
    }

    private static int Test(string[] files, bool json, EvaluatorOptions options, CancellationToken cancel)
    {
        var olderFiles = new List<string>();
        var results = files.Select(file => ByEither(file, options, olderFiles, cancel)).ToList();
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
                ["byPrometheus2"] = new JsonArray([.. olderFiles.Select(file => JsonValue.Create(file))]),
            }.ToJsonString(Indented));
        }
        else
        {
            foreach (var failure in failures) Console.WriteLine($"{failure.File}:{failure.Line}: FAILED: {failure.Why}");
            foreach (var file in olderFiles) Console.WriteLine($"{file}: passes by the ranges of Prometheus 2 only; the server evaluates by those of Prometheus 3");
            Console.WriteLine($"passed {passed}, failed {failures.Count}");
        }

        return failures.Count == 0 ? 0 : 1;
    }

    /// <summary>A test file tells no version: one that fails by the ranges of Prometheus 3 and holds by those of 2 was written for 2.</summary>
    private static RuleTestResult ByEither(string file, EvaluatorOptions options, List<string> olderFiles, CancellationToken cancel)
    {
        var result = RuleUnitTestRun.Run(file, options, cancel);
        if (result.Failures.Count == 0 || options.ClosedRanges) return result;
        var older = RuleUnitTestRun.Run(file, options with { ClosedRanges = true }, cancel);
        if (older.Failures.Count > 0) return result;
        olderFiles.Add(file);
        return older;
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
