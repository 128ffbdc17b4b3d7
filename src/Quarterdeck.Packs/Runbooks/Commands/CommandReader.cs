using System.Text.RegularExpressions;
using Quarterdeck.Packs.Manifest;
using Quarterdeck.Packs.Runbooks.Shell;

namespace Quarterdeck.Packs.Runbooks.Commands;

/// <summary>Turns a parsed statement into typed steps. What it does not know becomes a manual step that shows the line.</summary>
internal sealed partial class CommandReader(ProtocolPack? pack)
{
    private const int MostUnrolled = 32;

    private static readonly HashSet<string> Filters = new(StringComparer.Ordinal)
    {
        "jq", "yq", "bc", "cut", "head", "tail", "grep", "egrep", "fgrep", "rg", "awk", "gawk", "sed", "wc", "sort", "uniq", "tr", "column", "less", "more", "cat", "base64", "xxd", "nl",
        "rev", "paste", "fold", "json_pp", "tac", "tee", "zcat", "gunzip", "gzip", "sha256sum", "md5sum", "hexdump", "od", "strings", "jless", "comm", "printf", "xmllint", "iconv", "numfmt", "dc", "expand", "fmt",
    };

    private static readonly HashSet<string> Locals = new(StringComparer.Ordinal)
    {
        "echo", "printf", "export", "local", "readonly", "declare", "typeset", "unset", "true", "false", ":", "set", "cd", "source", ".", "test", "[", "[[", "exit", "pushd", "popd", "alias",
        "read", "shopt", "umask", "bc", "expr", "seq", "basename", "dirname", "base64", "sed", "tr", "clear", "history", "return", "trap", "ulimit", "wait", "let", "type", "command", "mktemp", "xxd", "head", "tail", "wc", "column", "tee", "break", "continue", "shift",
    };

    private static readonly HashSet<string> Wrappers = new(StringComparer.Ordinal) { "sudo", "time", "nohup", "env", "exec", "nice", "stdbuf", "doas", "ionice", "unbuffer" };

    private static readonly HashSet<string> Externals = new(StringComparer.Ordinal)
    {
        "git", "gh", "just", "hardhat", "safe-cli", "oc", "stern", "k9s", "soroban", "stellar", "txtx", "cosmovisor", "patronictl", "knife", "pcs", "celestia", "cosmwasm", "starsd", "grpcurl", "evmosd", "task", "mage", "bazel", "nx", "lerna", "avm", "sam", "cdk", "serverless", "doppler", "sops", "age", "kms", "ctr", "crictl", "nerdctl", "velero", "kubeadm", "kops", "kubectx", "kubens", "truncate", "lz4", "aria2c", "repmgr", "pgbackrest", "wal-g", "pgbouncer", "pg_ctl", "pg_ctlcluster", "pg_basebackup", "pg_rewind", "createdb", "dropdb", "initdb", "pg_upgrade", "vacuumdb", "reindexdb", "barman", "npm", "npx", "pnpm", "yarn", "bun", "node", "deno", "python", "python3", "pip", "pip3", "poetry", "uv", "ruby", "go", "cargo", "rustup", "make", "cmake", "forge", "anvil", "chisel", "hardhat",
        "truffle", "foundryup", "solc", "slither", "wasmcli", "wasmd", "gaiad", "osmosisd", "junod", "seid", "stx", "clarinet", "stacks", "daml", "dpm", "helm", "terraform", "tofu", "ansible", "ansible-playbook", "pulumi", "vault", "gcloud", "az", "gsutil", "ssh",
        "scp", "rsync", "sftp", "tar", "gzip", "gunzip", "zip", "unzip", "cp", "mv", "rm", "mkdir", "touch", "chmod", "chown", "ln", "kill", "pkill", "killall", "reboot", "shutdown", "apt", "apt-get", "yum", "dnf", "brew", "snap", "apk",
        "bash", "sh", "zsh", "geth", "reth", "lighthouse", "prysm", "nethermind", "safe", "op", "pass", "gpg", "ssh-keygen", "openssl", "nginx", "pm2", "supervisorctl", "flyctl", "fly", "vercel", "heroku", "railway", "supabase", "prisma", "flyway", "liquibase",
        "promtool", "amtool", "argocd", "flux", "kustomize", "istioctl", "skaffold", "eksctl", "doctl", "wasm-opt", "wasm", "solana", "spl-token", "anchor", "near", "sui", "aptos", "starkli", "subquid", "sqd", "graph", "ponder", "rabbitmqctl", "kafka-topics", "kafka-topics.sh", "mongosh", "mongo", "cqlsh", "etcdctl", "consul", "nomad", "certbot", "iptables", "ufw",
        "xargs", "nano", "vim", "vi", "code", "curlie", "ab", "wrk", "k6", "hey", "vegeta", "locust", "mail", "sendmail", "slack", "pd", "cowsay", "screen", "tmux", "crontab", "at", "sysctl", "mount", "umount", "dd", "fsck", "swapoff", "swapon", "sync", "logrotate", "useradd", "usermod", "userdel", "passwd", "wrangler", "dotnet", "java", "mvn", "gradle", "tsx", "ts-node", "jest", "pytest",
    };

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

    /// <summary>True where every line of a text without a language can only be a command: a tool's name with an option, or a script.</summary>
    public static bool AllLookLikeTools(string text)
    {
        var lines = text.Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0 && l[0] != '#').ToArray();
        return lines.Length is > 0 and <= 40 && lines.All(l => l.Length < 500 && ToolLine().IsMatch(l));
    }

    /// <summary>True where text begins with a program that is known, and so is a command line and not prose.</summary>
    public static bool BeginsWithKnownProgram(string text)
    {
        text = Privileged().Replace(text, "");
        var word = FirstWord().Match(text).Value;
        return word.Length > 0 && (IsNative(word) || Externals.Contains(word) || word is "export" or "sleep" or "echo");
    }

    private static bool IsNative(string program) => program is "cast" or "curl" or "wget" or "psql" or "pg_dump" or "pg_restore" or "redis-cli" or "kubectl" or "docker"
        or "docker-compose" or "systemctl" or "journalctl" or "aws" or "mysql" or "pg_isready" or "podman" or "dig" or "df";

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
        while (main > 0 && Filters.Contains(Unwrapped(commands[main]).Program) || main > 0 && IsCastConversion(commands[main])) main--;

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
        var (unwrapped, timeout, poll) = Unwrap(command);
        if (unwrapped.Words.Count == 0) return Assignment(unwrapped, text);
        var step = Known(unwrapped, input, text);
        if (step is null) return null;
        if (timeout is not null) step = step with { Timeout = timeout };
        return poll && step.IsWrite && step is not ExternalStep ? Manual(text, "it repeats a write without end") : step;
    }

    /// <summary>A group behind <c>&amp;&amp;</c> or <c>||</c> is done whole or not at all: shown to a person, with the class of what it does.</summary>
    private ExternalStep? Group(ShellCompound group, StepText text) => Inner(group.Body) is not { } inner ? null
        : text.Make(new ExternalStep([ShellWord.Literal("{", text.Line)], false)
        {
            Line = 0,
            Text = "",
            ActionClass = inner.Select(s => s.Class).FirstOrDefault(c => c is not null and not ActionClass.Other) ?? ActionClass.Other,
            Inside = inner,
        });

    private static ShellCommand Unwrapped(ShellCommand command) => Unwrap(command).Command;

    private static (ShellCommand Command, TimeSpan? Timeout, bool Poll) Unwrap(ShellCommand command)
    {
        TimeSpan? timeout = null;
        var poll = false;
        while (command.Words.Count > 1)
        {
            var program = command.Program;
            var skip = 1;
            if (program is "timeout" or "watch")
            {
                while (skip < command.Words.Count && command.Words[skip].Text.StartsWith('-'))
                    skip += command.Words[skip].Text is "-n" or "-k" or "-s" or "--interval" or "--signal" ? 2 : 1;
                if (program == "timeout" && skip < command.Words.Count)
                {
                    var span = command.Words[skip++].Text;
                    if (Yaml.Durations.TryParse(char.IsAsciiDigit(span[^1]) ? span + "s" : span, out var limit)) timeout = limit;
                }

                poll |= program == "watch";
            }
            else if (Wrappers.Contains(program))
            {
                while (skip < command.Words.Count && (command.Words[skip].Text.StartsWith('-') || command.Words[skip].Text.Contains('=', StringComparison.Ordinal)))
                    skip += command.Words[skip].Text is "-u" or "-g" or "-n" ? 2 : 1;
            }
            else
            {
                break;
            }

            if (skip >= command.Words.Count) break;
            command = command with { Words = [.. command.Words.Skip(skip)] };
            if (poll && command.Words is [var quoted] && quoted.IsQuoted
                && ShellParser.Parse(quoted.Text, quoted.Line).Statements is [{ Pipelines: [{ Commands: [var first, ..] }] }])
                command = first;
        }

        return (command, timeout, poll);
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
        if (Locals.Contains(program)) return text.Make(new LocalStep(command) { Line = 0, Text = "" });
        return Externals.Contains(program) || IsCrontabEntry(command) || LooksLikeTool(command) ? External(command, text) : null;
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

    /// <summary><c>0 2 * * * command</c>: a line for <c>crontab -e</c>.</summary>
    private static bool IsCrontabEntry(ShellCommand command) => command.Words.Count > 5 && command.Words.Take(5).All(w => CrontabField().IsMatch(w.Text));

    /// <summary>A program nobody listed: lower case, and followed by what commands have and sentences do not.</summary>
    private static bool LooksLikeTool(ShellCommand command)
    {
        var name = command.Words[0].Text;
        if (name == "await") return command.Words.Count > 1;
        if (name.StartsWith('$')) return command.Words[0].Variables.Any() && command.Words.Count > 1;
        if (!ToolName().IsMatch(name) || command.Words.Count > 1 && command.Words[1].Text is "=" or "==" or ":" or ":=") return false;
        if (name.StartsWith("./", StringComparison.Ordinal) || name.StartsWith("../", StringComparison.Ordinal) || ScriptName().IsMatch(name)
            || name.Contains('/', StringComparison.Ordinal)) return true;
        var words = command.Arguments;
        if (words.Any(w => w.Text.StartsWith('-') && w.Text.Length > 1)) return true;
        if (words.Count == 0) return name.Length > 1;
        var last = words[^1].Text;
        if (last.EndsWith('.') || last.EndsWith(':') || words.Any(w => w.Text.EndsWith(',') || SentenceWords.Contains(w.Text))) return false;
        return words.Count <= 4 || words.Any(w => w.IsQuoted || w.Text.AsSpan().IndexOfAny(ArgumentMarks) >= 0);
    }

    private static readonly System.Buffers.SearchValues<char> ArgumentMarks = System.Buffers.SearchValues.Create("/=$:<_-@0123456789");

    private static readonly HashSet<string> SentenceWords = new(StringComparer.Ordinal)
    {
        "the", "a", "an", "is", "are", "was", "were", "be", "been", "to", "and", "or", "if", "for", "of", "that", "this", "it", "will", "should", "must", "not", "you", "your", "we", "our", "they", "but", "because", "when", "until", "with",
    };

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

    private List<RunbookStep> Compound(ShellCompound compound, StepText text)
    {
        text = text with { Words = [.. compound.Items, .. compound.Condition.Concat(compound.Body).Concat(compound.Otherwise).SelectMany(s => s.Words)] };
        switch (compound.Kind)
        {
            case ShellCompoundKind.Group:
                return [.. compound.Body.SelectMany(s => Read(s, text.Context, text.FromCommandLine))];
            case ShellCompoundKind.For when compound.Items.Count is > 0 and <= MostUnrolled && compound.Items.All(IsPlainItem):
                return Unrolled(compound, text);
            case ShellCompoundKind.If:
                var condition = string.Join("; ", compound.Condition.Select(s => s.Text));
                List<DecisionBranch> branches = [new(condition, string.Join("; ", compound.Body.Select(s => s.Text)))];
                if (compound.Otherwise.Count > 0) branches.Add(new DecisionBranch("otherwise", string.Join("; ", compound.Otherwise.Select(s => s.Text))));
                return [text.Make(new DecisionStep(branches) { Line = 0, Text = "", Inside = [.. compound.Condition.Concat(compound.Body).Concat(compound.Otherwise).SelectMany(s => Read(s, ""))] })];
            case ShellCompoundKind.Case when compound.Arms.Count > 0:
                return [text.Make(new DecisionStep([.. compound.Arms.Select(a => new DecisionBranch(a.Pattern == "*" ? "otherwise" : $"{compound.Name} is {a.Pattern}", string.Join("; ", a.Body.Select(s => s.Text))) { Otherwise = a.Pattern == "*" })])
                {
                    Line = 0,
                    Text = "",
                    Inside = [.. compound.Body.SelectMany(s => Read(s, ""))],
                })];
            case ShellCompoundKind.While or ShellCompoundKind.Until when BodyOnlyReads(compound.Body) && BodyOnlyReads(compound.Condition):
                return [text.Make(new WaitStep(null, string.Join("; ", compound.Condition.Select(s => s.Text))) { Line = 0, Text = "" })];
            case ShellCompoundKind.For when BodyOnlyReads(compound.Body):
                return [text.Make(new ExternalStep([ShellWord.Literal("for", text.Line)], false) { Line = 0, Text = "" })];
            case ShellCompoundKind.Function:
                return [text.Make(new LocalStep(new ShellCommand([], [], [], text.Line)) { Line = 0, Text = "" }) with { Inside = Inner(compound.Body) ?? [] }];
            case ShellCompoundKind.For or ShellCompoundKind.While or ShellCompoundKind.Until when Inner([.. compound.Condition, .. compound.Body]) is { } inner:
                // How often it goes round is known only when it runs: shown, with the class of what it does.
                return [text.Make(new ExternalStep([ShellWord.Literal(compound.Kind.ToString().ToLowerInvariant(), text.Line)], false)
                {
                    Line = 0,
                    Text = "",
                    ActionClass = inner.Select(s => s.Class).FirstOrDefault(c => c is not null and not ActionClass.Other) ?? ActionClass.Other,
                    Inside = inner,
                })];
            default:
                return [];
        }
    }

    /// <summary>The steps of statements inside a compound; null where one of them is not understood.</summary>
    private List<RunbookStep>? Inner(IReadOnlyList<ShellStatement> statements)
    {
        var steps = statements.SelectMany(s => Read(s, "")).ToList();
        return steps.Count == 0 || steps.Exists(s => s is ManualStep) ? null : steps;
    }

    private bool BodyOnlyReads(IReadOnlyList<ShellStatement> body) =>
        body.SelectMany(s => Read(s, "")).All(s => s is not ManualStep && !s.IsWrite);

    private static bool IsPlainItem(ShellWord word) => word.Parts.All(p => p is LiteralPart l ? word.IsQuoted || l.Value.AsSpan().IndexOfAny("*?[{") < 0 : p is VariablePart)
        && word.Text is not ("$@" or "\"$@\"");

    /// <summary>A loop over a written list is its body once for each item, with the item filled in.</summary>
    private List<RunbookStep> Unrolled(ShellCompound loop, StepText text)
    {
        var steps = new List<RunbookStep>();
        foreach (var item in loop.Items)
        {
            foreach (var statement in loop.Body)
            {
                var source = LoopVariable(loop.Name).Replace(statement.Text, _ => item.Source);
                if (ShellParser.Parse(source, statement.Line).Statements is [var filled]) steps.AddRange(Read(filled, text.Context, text.FromCommandLine));
                else return [];
            }
        }

        return steps.Count > 256 ? [] : steps;
    }

    private static Regex LoopVariable(string name) => new(@"\$\{" + Regex.Escape(name) + @"\}|\$" + Regex.Escape(name) + @"(?![A-Za-z0-9_])", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));

    [GeneratedRegex(@"^[A-Za-z0-9_.-]+(?=\s|$)")]
    private static partial Regex FirstWord();

    [GeneratedRegex(@"^(?:sudo(?: -[uig]+ \S+| -[EHSin]+)* |time |watch(?: -n ?\d+)? ['""]?|env |timeout \d+\w? )+")]
    private static partial Regex Privileged();

    [GeneratedRegex(@"\$\{?([1-9])\}?(?![0-9])")]
    private static partial Regex Positional();

    [GeneratedRegex(@"^(?:sudo\s+|watch\s+.*['""])*(?:\.{0,2}/[\w./-]+|[\w./-]+\.(?:sh|py|js|ts)|[a-z][a-z0-9_-]*ctl|[a-z][a-z0-9_.-]*(?=\s.*\s--?[a-z]))(?:\s.*)?$")]
    private static partial Regex ToolLine();

    [GeneratedRegex(@"^[\d*][\d*/,-]*$")]
    private static partial Regex CrontabField();

    [GeneratedRegex(@"^[a-z.~/][A-Za-z0-9_./~+-]*$")]
    private static partial Regex ToolName();

    [GeneratedRegex(@"\.(sh|py|js|ts|mjs|rb|pl|bash|exe)$")]
    private static partial Regex ScriptName();

    [GeneratedRegex(@"\b(deploy|upgrade|forge\s+(script|create)|instantiate|migrate|store|publish|push)\b", RegexOptions.IgnoreCase)]
    private static partial Regex DeployWord();
}
