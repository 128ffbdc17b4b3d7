using Quarterdeck.Packs.Manifest;
using Quarterdeck.Packs.Runbooks.Shell;

namespace Quarterdeck.Packs.Runbooks.Commands;

/// <summary><c>kubectl</c>, <c>docker</c>, <c>systemctl</c>, <c>journalctl</c>, <c>aws</c>, and readings of a host.</summary>
internal static class ServiceCommand
{
    private static readonly HashSet<string> KubectlValued = new(StringComparer.Ordinal)
    {
        "-n", "--namespace", "-l", "--selector", "-c", "--container", "-o", "--output", "-f", "--filename", "--context", "--kubeconfig", "--tail", "--since",
        "--since-time", "--replicas", "--timeout", "--for", "-p", "--patch", "--type", "--from-literal", "--from-file", "--from-env-file", "--image", "--field-selector", "--sort-by", "-k",
        "--grace-period", "--to-revision", "--revision", "--cluster", "--user", "--server", "-s", "--token", "--as", "--limit-bytes", "--restart", "--overrides", "--env", "--port", "--template", "-L",
    };

    private static readonly HashSet<string> KubectlReads = new(StringComparer.Ordinal)
    {
        "get", "describe", "logs", "log", "top", "version", "cluster-info", "explain", "api-resources", "api-versions", "auth", "diff", "events", "wait",
        "port-forward", "proxy", "config", "options", "kustomize",
    };

    private static readonly HashSet<string> DockerReads = new(StringComparer.Ordinal)
    {
        "ps", "logs", "inspect", "stats", "images", "top", "version", "info", "port", "events", "history", "ls", "df", "config", "diff",
    };

    private static readonly HashSet<string> ComposeValued = new(StringComparer.Ordinal)
    {
        "-f", "--file", "-p", "--project-name", "--env-file", "--profile", "--tail", "-n", "--since", "--until", "-t", "--timeout", "--scale", "-u", "--user", "-e", "--env", "-w",
        "--workdir", "--index", "--format", "--filter", "--name", "-v", "--volume", "--network", "--restart", "-m", "--memory", "--cpus", "--context", "-H", "--host", "--entrypoint",
    };

    private static readonly HashSet<string> HostReads = new(StringComparer.Ordinal)
    {
        "df", "du", "free", "top", "htop", "uptime", "ps", "ls", "cat", "tail", "head", "grep", "egrep", "zgrep", "less", "wc", "dig", "nslookup", "host", "ping", "nc", "netstat", "ss",
        "lsof", "stat", "find", "iostat", "vmstat", "traceroute", "mtr", "telnet", "dmesg", "hostname", "whoami", "id", "who", "w", "last", "sha256sum", "md5sum", "file", "diff",
        "ip", "ifconfig", "timedatectl", "chronyc", "ntpq", "nvidia-smi", "lsblk", "pgrep", "zcat", "openssl", "date", "which", "env", "printenv", "tree", "pwd", "uname", "sar", "getent", "arp", "comm", "cmp", "awk", "jq", "yq", "sort", "uniq", "cut",
    };

    public static RunbookStep? Read(ShellCommand command, StepText text, Func<ShellCommand, RunbookStep?> inner) => command.Program switch
    {
        "kubectl" or "k" or "oc" => Kubectl(command, text, inner),
        "docker-compose" => Compose(command, [.. command.Arguments], text, inner),
        "docker" or "podman" => Docker(command, text, inner),
        "systemctl" => Systemctl(command, text),
        "service" => OldService(command, text),
        "journalctl" => Make(text, "systemd", "logs", CommandLine.SplitByValued(command.Arguments, JournalValued).Value("-u", "--unit")?.Text ?? "", command, false),
        "aws" => Aws(command, text),
        var program when HostReads.Contains(program) => Host(command, text),
        _ => null,
    };

    private static readonly HashSet<string> JournalValued = new(StringComparer.Ordinal) { "-u", "--unit", "-n", "--lines", "-S", "--since", "-U", "--until", "-p", "--priority", "-o", "--output", "-g", "--grep" };

    private static ServiceStep Make(StepText text, string driver, string verb, string target, ShellCommand command, bool changes, ActionClass actionClass = ActionClass.Service) =>
        text.Make(new ServiceStep(driver, verb, target, command.Words, changes) { Line = 0, Text = "", ClassOfChange = actionClass });

    private static RunbookStep? Kubectl(ShellCommand command, StepText text, Func<ShellCommand, RunbookStep?> inner)
    {
        var line = CommandLine.SplitByValued(command.Arguments, KubectlValued);
        if (line.Positional.Count == 0) return null;
        var verb = line.Positional[0].Text;
        var space = line.Value("-n", "--namespace")?.Text;
        var rest = line.Positional.Skip(1).Select(w => w.Text).ToList();
        if (verb == "exec")
        {
            List<ShellWord> words = line.HasRest ? line.Rest : [.. line.Positional.Skip(2)];
            return Exec("kubernetes", rest.FirstOrDefault() ?? "", words, command, text, inner) with { Namespace = space };
        }

        var full = verb is "rollout" or "set" or "config" or "auth" or "create" or "top" && rest.Count > 0 ? $"{verb} {rest[0]}" : verb;
        if (full != verb && verb is "rollout" or "set" or "create") rest.RemoveAt(0);
        var reads = KubectlReads.Contains(verb) && full is not ("config set" or "config set-context" or "config delete-context")
            || full is "rollout status" or "rollout history"
            || (line.Value("--dry-run")?.Text is "client" or "server") || line.Has("--dry-run");
        var actionClass = full is "apply" or "replace" or "rollout undo" or "set image" or "run" or "expose" || (verb == "create" && full != "create secret") ? ActionClass.Deploy : ActionClass.Service;
        var target = rest.Count == 0 ? line.Value("-l", "--selector")?.Text ?? line.Value("-f", "--filename", "-k")?.Text ?? ""
            : verb is "logs" or "scale" or "rollout" or "set" or "exec" || rest[0].Contains('/', StringComparison.Ordinal) ? rest[0] + (verb is "scale" or "rollout" or "set" && !rest[0].Contains('/', StringComparison.Ordinal) && rest.Count > 1 ? "/" + rest[1] : "")
            : string.Join('/', rest.Take(2));
        if (rest.Count > 0 && line.Value("-l", "--selector") is { } selector && rest.Count < 2) target = $"{rest[0]} {selector.Text}";
        return Make(text, "kubernetes", full, target, command, !reads, actionClass) with { Namespace = space };
    }

    private static ServiceStep Exec(string driver, string target, IReadOnlyList<ShellWord> words, ShellCommand command, StepText text, Func<ShellCommand, RunbookStep?> inner)
    {
        RunbookStep? step = null;
        if (words is [{ Text: "sh" or "bash" or "/bin/sh" or "/bin/bash" }, { Text: "-c" or "-lc" or "-ec" }, var script])
        {
            var parsed = ShellParser.Parse(script.Text, script.Line);
            if (parsed.Statements is [{ Malformed: false, Pipelines: [{ Commands: [var only, ..] }] }]) step = inner(only);
        }
        else if (words.Count > 0)
        {
            step = inner(new ShellCommand([], words, command.Redirects, command.Line));
        }

        // What cannot be read may change anything.
        return Make(text, driver, "exec", target, command, step is null || step.IsWrite, step?.Class ?? ActionClass.Service) with { Inner = step };
    }

    private static RunbookStep? Docker(ShellCommand command, StepText text, Func<ShellCommand, RunbookStep?> inner)
    {
        var words = command.Arguments.ToList();
        if (words.Count == 0) return null;
        if (words[0].Text == "compose") return Compose(command, words[1..], text, inner);
        var line = CommandLine.SplitByValued(words, ComposeValued);
        if (line.Positional.Count == 0) return line.Has("--version") ? Make(text, "docker", "version", "", command, false) : null;
        var verb = line.Positional[0].Text;
        var rest = line.Positional.Skip(1).ToList();
        if (verb is "container" or "image" or "volume" or "network" or "system" or "node" or "stack" or "service" or "swarm" && rest.Count > 0)
        {
            verb = rest[0].Text;
            rest.RemoveAt(0);
        }

        if (verb == "exec")
            return Exec("docker", rest.FirstOrDefault()?.Text ?? "", AfterTarget(words, rest), command, text, inner);
        return Make(text, "docker", verb, rest.FirstOrDefault()?.Text ?? "", command, !DockerReads.Contains(verb),
            verb is "run" or "build" or "pull" or "push" or "deploy" or "create" ? ActionClass.Deploy : ActionClass.Service);
    }

    private static RunbookStep? Compose(ShellCommand command, List<ShellWord> words, StepText text, Func<ShellCommand, RunbookStep?> inner)
    {
        var line = CommandLine.SplitByValued(words, ComposeValued);
        if (line.Positional.Count == 0) return null;
        var verb = line.Positional[0].Text;
        var rest = line.Positional.Skip(1).ToList();
        if (verb is "exec" or "run") return Exec("compose", rest.FirstOrDefault()?.Text ?? "", AfterTarget(words, rest), command, text, inner);
        return Make(text, "compose", verb, string.Join(' ', rest.Select(w => w.Text)), command, !DockerReads.Contains(verb),
            verb is "up" or "build" or "pull" or "create" ? ActionClass.Deploy : ActionClass.Service);
    }

    /// <summary>The words behind the container's name, options among them included.</summary>
    private static IReadOnlyList<ShellWord> AfterTarget(List<ShellWord> words, List<ShellWord> rest)
    {
        if (rest.Count == 0) return [];
        var index = words.IndexOf(rest[0]);
        return index < 0 ? [] : words[(index + 1)..];
    }

    private static RunbookStep? Systemctl(ShellCommand command, StepText text)
    {
        var line = CommandLine.SplitByValued(command.Arguments, JournalValued);
        if (line.Positional.Count == 0) return Make(text, "systemd", "list-units", "", command, false);
        var verb = line.Positional[0].Text;
        var reads = verb is "status" or "show" or "cat" or "is-active" or "is-enabled" or "is-failed" || verb.StartsWith("list-", StringComparison.Ordinal);
        return Make(text, "systemd", verb, line.Positional.ElementAtOrDefault(1)?.Text ?? "", command, !reads);
    }

    private static RunbookStep? OldService(ShellCommand command, StepText text)
    {
        var words = command.Arguments;
        if (words.Count < 2) return null;
        return Make(text, "systemd", words[1].Text, words[0].Text, command, words[1].Text != "status");
    }

    private static RunbookStep? Aws(ShellCommand command, StepText text)
    {
        var line = CommandLine.SplitByFlags(command.Arguments, new HashSet<string>(StringComparer.Ordinal)
        {
            "--no-cli-pager", "--debug", "--no-verify-ssl", "--no-paginate", "--follow", "--recursive", "--dryrun", "--with-decryption", "--human-readable", "--summarize", "--force-new-deployment", "--no-sign-request", "--delete",
        });
        if (line.Positional.Count < 2) return null;
        var (area, verb) = (line.Positional[0].Text, line.Positional[1].Text);
        var reads = verb.StartsWith("describe-", StringComparison.Ordinal) || verb.StartsWith("list-", StringComparison.Ordinal) || verb.StartsWith("get-", StringComparison.Ordinal)
            || verb.StartsWith("head-", StringComparison.Ordinal) || verb.StartsWith("lookup-", StringComparison.Ordinal) || verb is "ls" or "tail" or "wait" or "filter-log-events" or "scan" or "query" or "verify" or "presign" or "start-query" or "tail-logs";
        var target = line.Positional.ElementAtOrDefault(2)?.Text ?? line.Value("--key-id", "--instance-ids", "--db-instance-identifier", "--service", "--cluster", "--secret-id", "--log-group-name")?.Text ?? "";
        return Make(text, "aws", $"{area} {verb}", target, command, !reads);
    }

    private static RunbookStep? Host(ShellCommand command, StepText text)
    {
        // find -delete and -exec change things; a write into a file is not a reading either, unless it is a scratch copy.
        var words = command.Arguments.Select(w => w.Text).ToArray();
        var changes = (command.Program == "find" && words.Any(w => w is "-delete" or "-exec" or "-execdir"))
            || (command.Program is "ip" or "timedatectl" or "hostname" or "date" && words.Any(w => w is "add" or "del" or "set" or "set-time" or "-s"))
            || command.Redirects.Any(r => r.Operator is ">" or ">>" && (r.Target.Text.StartsWith("/etc", StringComparison.Ordinal) || r.Target.Text.StartsWith("/var", StringComparison.Ordinal)));
        return Make(text, "host", command.Program, words.LastOrDefault(w => !w.StartsWith('-')) ?? "", command, changes);
    }
}
