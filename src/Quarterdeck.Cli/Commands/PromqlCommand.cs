using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Quarterdeck.PromQL.Scripts;

namespace Quarterdeck.Cli.Commands;

/// <summary><c>promql test FILE…</c>: runs Prometheus's own test scripts.</summary>
internal sealed class PromqlCommand : Command
{
    public PromqlCommand() : base("promql", "Test the PromQL engine.")
    {
        var files = new Argument<string[]>("files") { Description = "Scripts of Prometheus (.test).", Arity = ArgumentArity.OneOrMore };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var test = new Command("test", "Run scripts of Prometheus (load, eval, expect) and tell what passed, failed, or is not supported.") { files, json };
        test.SetAction((parsed, cancel) => Test(parsed.GetRequiredValue(files), parsed.GetValue(json), cancel));
        Subcommands.Add(test);
    }

    private static async Task<int> Test(string[] files, bool json, CancellationToken cancel)
    {
        var result = ScriptResult.None;
        var olderFiles = new List<string>();
        foreach (var file in files)
        {
            if (!File.Exists(file)) throw new CommandException($"{file}: no such file.", QuarterdeckCommand.BadInput);
            var (one, isOlder) = ScriptRunner.RunByEither(await File.ReadAllTextAsync(file, cancel), file, cancel);
            if (isOlder) olderFiles.Add(file);
            result = result.And(one);
        }

        if (json)
        {
            var answer = new JsonObject
            {
                ["passed"] = result.Passed,
                ["failed"] = result.Failed,
                ["unsupported"] = result.Unsupported,
                ["failures"] = Notes(result.Failures),
                ["unsupportedLines"] = Notes(result.UnsupportedLines),
                ["byPrometheus2"] = new JsonArray([.. olderFiles.Select(file => JsonValue.Create(file))]),
            };
            Console.WriteLine(answer.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
        }
        else
        {
            foreach (var note in result.Failures) Console.WriteLine($"{note.File}:{note.Line}: failed: {note.Why}");
            foreach (var note in result.UnsupportedLines) Console.WriteLine($"{note.File}:{note.Line}: unsupported: {note.Why}");
            foreach (var file in olderFiles) Console.WriteLine($"{file}: by the ranges of Prometheus 2, for which it is written");
            Console.WriteLine($"passed {result.Passed}, failed {result.Failed}, unsupported {result.Unsupported}");
        }

        return result.Failed == 0 ? 0 : 1;
    }

    private static JsonArray Notes(IEnumerable<ScriptNote> notes) =>
        new([.. notes.Select(note => new JsonObject { ["file"] = note.File, ["line"] = note.Line, ["why"] = note.Why })]);
}
