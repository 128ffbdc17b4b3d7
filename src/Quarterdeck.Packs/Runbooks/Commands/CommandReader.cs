using System.Text.RegularExpressions;
using Quarterdeck.Packs.Manifest;
using Quarterdeck.Packs.Runbooks.Shell;

namespace Quarterdeck.Packs.Runbooks.Commands;

/// <summary>Turns a parsed statement into typed steps. What it does not know becomes a manual step that shows the line.</summary>
internal sealed partial class CommandReader(ProtocolPack? pack)
{
    private readonly ActionClassifier _classifier = new(pack);

    public ActionClassifier Classifier => _classifier;

    /// <summary>The steps of a statement of a command block; at least one.</summary>
    public IReadOnlyList<RunbookStep> Read(ShellStatement statement, string context, bool fromCommandLine = true)
    {
        var text = new StepText(statement.Line, statement.Text, statement.Comment.Length > 0 ? statement.Comment : context, fromCommandLine);
        if (statement.Malformed) return [Manual(text, "its quotes or brackets do not close")];
        var steps = statement.Compound is { } compound ? Compound(compound, text) : Pipelines(statement, text);
        return steps.Count == 0 ? [Manual(text, "it is not understood")] : steps;
    }

    /// <summary>The steps of a call of a function that the block defines: those of its body, with the arguments filled in. Null for other statements.</summary>
    public IReadOnlyList<RunbookStep>? Call(ShellStatement statement, IReadOnlyDictionary<string, ShellCompound> functions, string context)
    {
        if (statement is not { Malformed: false, Compound: null, Pipelines: [{ Commands: [{ Assignments: [], Words: { Count: > 0 } words }] }] }
            || !functions.TryGetValue(words[0].Text, out var function)) return null;
        var steps = new List<RunbookStep>();
        foreach (var inner in function.Body)
        {
            var source = Positional().Replace(inner.Text, m => int.Parse(m.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture) is var n && n < words.Count ? words[n].Source : "");
            if (ShellParser.Parse(source, statement.Line).Statements is not [var filled]) return null;
            steps.AddRange(Read(filled, statement.Comment.Length > 0 ? statement.Comment : context).Select(s => s with { Line = statement.Line }));
        }

        return steps.Count is > 0 and <= 256 ? steps : null;
    }

    private static ManualStep Manual(StepText text, string why) => text.Make(new ManualStep(why) { Line = 0, Text = "" });

    private List<RunbookStep> Pipelines(ShellStatement statement, StepText whole)
    {
        var steps = new List<RunbookStep>();
        var many = statement.Pipelines.Count > 1;
        foreach (var pipeline in statement.Pipelines)
        {
            if (pipeline.Join == ShellJoin.OnFailure && steps.Count > 0 && FailureWord(pipeline) is { } response)
            {
                steps[^1] = steps[^1] with { OnFailure = response };
                continue;
            }

            var text = whole with { Text = many ? pipeline.Text : whole.Text, Words = [.. pipeline.Commands.SelectMany(c => c.AllWords)] };
            steps.Add((Pipeline(pipeline, text) ?? Manual(text, "it is not understood")) with { Join = pipeline.Join });
        }

        return steps;
    }

    private static FailureResponse? FailureWord(ShellPipeline pipeline)
    {
        if (pipeline.Commands is not [var only]) return null;
        // { echo why; exit 1; } ends the run as exit alone does, having said why.
        var last = only;
        if (only.Group?.Body is { Count: > 0 } body && body[^1].Pipelines is [{ Commands: [var end] }]
            && body.Take(body.Count - 1).All(s => s.Pipelines is [{ Commands: [{ Program: "echo" or "printf" }] }])) last = end;
        return last.Program switch
        {
            "exit" or "return" or "false" => FailureResponse.Abort,
            "true" or ":" or "echo" => FailureResponse.Continue,
            _ => null,
        };
    }

    private RunbookStep? Pipeline(ShellPipeline pipeline, StepText text)
    {
        // A write hidden in $( ) would run as part of a read; it stays with a person.
        if (pipeline.Commands.SelectMany(c => c.AllWords).SelectMany(w => w.Substitutions).Any(HidesWrite) && CapturedScript(pipeline) is null)
            return (RunbookStep?)Shown(pipeline.Commands[^1], text) ?? Manual(text, "it changes something inside $( )");
        var commands = pipeline.Commands;
        var main = commands.Count - 1;
        while (main > 0 && KnownPrograms.IsFilter(Wrapped.Read(commands[main]).Command) || main > 0 && IsCastConversion(commands[main])) main--;

        // cat file | psql, echo … | bc: where everything behind is a filter, the first command is the step.
        var step = Command(commands[main], [.. commands.Take(main)], text);
        if (step is null) return null;
        return step with { Filters = [.. step.Filters, .. commands.Skip(main + 1)], Input = [.. commands.Take(main)] };
    }

    /// <summary>A tool's or a service's line whose <c>$( )</c> may change something: shown as it is, and never run.</summary>
    private ExternalStep? Shown(ShellCommand command, StepText text) =>
        command.Words.Count > 0 && command.Words.SelectMany(w => w.Substitutions).SelectMany(s => s.Script.Statements).All(s => !s.Malformed && s.Compound is null
            && Pipelines(s, new StepText(s.Line, s.Text, "", true)).All(step => step is ServiceStep or ExternalStep || !step.IsWrite && step is not ManualStep))
        && Command(command, [], text) is ServiceStep or ExternalStep or LocalStep
            ? text.Make(new ExternalStep(command.Words, false) { Line = 0, Text = "" })
            : null;

    private static bool IsCastConversion(ShellCommand command) =>
        command.Program == "cast" && command.Words.Count > 1 && (command.Words[1].Text.StartsWith("--to-", StringComparison.Ordinal)
            || command.Words[1].Text.StartsWith("--from-", StringComparison.Ordinal) || command.Words[1].Text.StartsWith("to-", StringComparison.Ordinal)
            || command.Words[1].Text.StartsWith("from-", StringComparison.Ordinal) || command.Words[1].Text is "abi-decode" or "decode-abi" or "format-units" or "parse-bytes32-string" or "keccak");

    private bool HidesWrite(SubstitutionPart part) => part.Script.Statements.Any(s => s.Malformed || s.Compound is not null
        || Pipelines(s, new StepText(s.Line, s.Text, "", true)).Any(step => step.IsWrite && step is not ExternalStep { ActionClass: ActionClass.Other } || step is ManualStep)
        || s.Words.SelectMany(w => w.Substitutions).Any(HidesWrite));

    private RunbookStep? Command(ShellCommand command, IReadOnlyList<ShellCommand> input, StepText text)
    {
        if (command.Group is { } group) return Group(group, text);
        var (unwrapped, timeout, poll) = Wrapped.Read(command);
        if (unwrapped.Words.Count == 0) return Assignment(unwrapped, text);
        var step = Known(unwrapped, input, text);
        if (step is null) return null;
        if (timeout is not null) step = step with { Timeout = timeout };
        return poll && step.IsWrite && step is not ExternalStep ? Manual(text, "it repeats a write without end") : step;
    }

    private RunbookStep? Known(ShellCommand command, IReadOnlyList<ShellCommand> input, StepText text)
    {
        var program = command.Program;
        switch (program)
        {
            case "cast":
                return CastCommand.Read(command, text, _classifier);
            case "curl":
                return HttpCommand.Curl(command, text);
            case "wget":
                return HttpCommand.Wget(command, text);
            case "http" or "https":
                return HttpCommand.HttpIe(command, text);
            case "sleep":
                return Sleep(command, text);
            case "export" or "local" or "readonly" or "declare" or "typeset":
                return Export(command, text);
            case "bash" or "sh" or "zsh" when command.Words is [_, { Text: "-c" or "-lc" }, var script]:
                return ShellParser.Parse(script.Text, script.Line).Statements is [{ Malformed: false, Compound: null, Pipelines: [{ Commands: [var only] }] }] ? Command(only, input, text) : External(command, text);
        }

        if (DatabaseCommand.Read(command, input, text) is { } database) return database;
        if (ServiceCommand.Read(command, text, inner => Command(inner, [], text)) is { } service) return service;
        if (ChangesFile(command)) return External(command, text);
        if (KnownPrograms.IsLocal(command)) return text.Make(new LocalStep(command) { Line = 0, Text = "" });
        return KnownPrograms.IsExternal(command) ? External(command, text) : null;
    }

    /// <summary>Filters that write into a file instead of passing text on.</summary>
    private static bool ChangesFile(ShellCommand command) => command.Program switch
    {
        "sed" => command.Arguments.Any(w => w.Text.StartsWith("-i", StringComparison.Ordinal) || w.Text.StartsWith("--in-place", StringComparison.Ordinal)),
        "tee" => command.Arguments.Any(w => !w.Text.StartsWith('-') && w.Text != "/dev/null"),
        _ => false,
    };

    private ExternalStep External(ShellCommand command, StepText text) => text.Make(
        new ExternalStep(command.Words, pack?.External.Contains(command.Program) == true)
        {
            Line = 0,
            Text = "",
            ActionClass = command.Program is "await" or "const" or "let" or "var" ? ScriptBlock.ClassOf(text.Text, _classifier)
                : DeployWord().IsMatch(text.Text) ? ActionClass.Deploy : ActionClass.Other,
        });

    private static RunbookStep? Sleep(ShellCommand command, StepText text)
    {
        var total = TimeSpan.Zero;
        foreach (var word in command.Arguments)
        {
            var span = word.Text;
            if (span.Length == 0 || !Yaml.Durations.TryParse(char.IsAsciiDigit(span[^1]) ? span + "s" : span, out var part)) return text.Make(new WaitStep(null, span) { Line = 0, Text = "" });
            total += part;
        }

        return text.Make(new WaitStep(total, null) { Line = 0, Text = "" });
    }

    private RunbookStep Export(ShellCommand command, StepText text)
    {
        foreach (var word in command.Arguments)
        {
            var equals = word.Text.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || word.Parts[0] is not LiteralPart { Value: var head } || head.Length <= equals - 1 || command.Arguments.Count > 1) continue;
            var value = CommandLine.WithoutPrefix(word, equals + 1);
            if (Captured(word.Text[..equals], value, text) is { } captured) return captured;
        }

        return text.Make(new LocalStep(command) { Line = 0, Text = "" });
    }

    private RunbookStep? Assignment(ShellCommand command, StepText text)
    {
        if (command.Assignments.Count == 0) return null;
        if (command.Assignments is [var only] && Captured(only.Name, only.Value, text) is { } captured) return captured;
        return text.Make(new LocalStep(command) { Line = 0, Text = "" });
    }

    /// <summary><c>NAME=$(command)</c> is the command's step with its output captured.</summary>
    private RunbookStep? Captured(string name, ShellWord value, StepText text)
    {
        if (value.Parts is not [SubstitutionPart { Script.Statements: [{ Malformed: false, Compound: null, Pipelines: [var pipeline] }] }]) return null;
        return Pipeline(pipeline, text) is { } step ? step with { Capture = name } : null;
    }

    private static ShellScript? CapturedScript(ShellPipeline pipeline)
    {
        if (pipeline.Commands is not [var command]) return null;
        var value = command switch
        {
            { Words.Count: 0, Assignments: [var only] } => only.Value,
            { Words.Count: 2, Program: "export" or "local" or "readonly" or "declare" } => command.Words[1],
            _ => null,
        };
        return value?.Substitutions.ToArray() is [{ Script: { Statements: [{ Pipelines.Count: 1 }] } script }] ? script : null;
    }

    [GeneratedRegex(@"\$\{?([1-9])\}?(?![0-9])")]
    private static partial Regex Positional();

    [GeneratedRegex(@"\b(deploy|upgrade|forge\s+(script|create)|instantiate|migrate|store|publish|push)\b", RegexOptions.IgnoreCase)]
    private static partial Regex DeployWord();
}
