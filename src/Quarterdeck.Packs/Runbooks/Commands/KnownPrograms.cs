using System.Buffers;
using System.Text.RegularExpressions;
using Quarterdeck.Packs.Runbooks.Shell;

namespace Quarterdeck.Packs.Runbooks.Commands;

/// <summary>The programs that runbooks call, by what the reader does with them; and how one that nobody listed is told from a sentence.</summary>
internal static partial class KnownPrograms
{
    private static readonly HashSet<string> Filters = new(StringComparer.Ordinal)
    {
        "jq", "yq", "bc", "cut", "head", "tail", "grep", "egrep", "fgrep", "rg", "awk", "gawk", "sed", "wc", "sort",
        "uniq", "tr", "column", "less", "more", "cat", "base64", "xxd", "nl", "rev", "paste", "fold", "json_pp",
        "tac", "tee", "zcat", "gunzip", "gzip", "sha256sum", "md5sum", "hexdump", "od", "strings", "jless", "comm",
        "printf", "xmllint", "iconv", "numfmt", "dc", "expand", "fmt",
    };

    private static readonly HashSet<string> Locals = new(StringComparer.Ordinal)
    {
        "echo", "printf", "export", "local", "readonly", "declare", "typeset", "unset", "true", "false", ":", "set",
        "cd", "source", ".", "test", "[", "[[", "exit", "pushd", "popd", "alias", "read", "shopt", "umask", "bc",
        "expr", "seq", "basename", "dirname", "base64", "sed", "tr", "clear", "history", "return", "trap", "ulimit",
        "wait", "let", "type", "command", "mktemp", "xxd", "head", "tail", "wc", "column", "tee", "break", "continue",
        "shift",
    };

    private static readonly HashSet<string> Externals = new(StringComparer.Ordinal)
    {
        "git", "gh", "just", "hardhat", "safe-cli", "oc", "stern", "k9s", "soroban", "stellar", "txtx", "cosmovisor",
        "patronictl", "knife", "pcs", "celestia", "cosmwasm", "starsd", "grpcurl", "evmosd", "task", "mage", "bazel",
        "nx", "lerna", "avm", "sam", "cdk", "serverless", "doppler", "sops", "age", "kms", "ctr", "crictl", "nerdctl",
        "velero", "kubeadm", "kops", "kubectx", "kubens", "truncate", "lz4", "aria2c", "repmgr", "pgbackrest",
        "wal-g", "pgbouncer", "pg_ctl", "pg_ctlcluster", "pg_basebackup", "pg_rewind", "createdb", "dropdb", "initdb",
        "pg_upgrade", "vacuumdb", "reindexdb", "barman", "npm", "npx", "pnpm", "yarn", "bun", "node", "deno",
        "python", "python3", "pip", "pip3", "poetry", "uv", "ruby", "go", "cargo", "rustup", "make", "cmake", "forge",
        "anvil", "chisel", "truffle", "foundryup", "solc", "slither", "wasmcli", "wasmd", "gaiad", "osmosisd",
        "junod", "seid", "stx", "clarinet", "stacks", "daml", "dpm", "helm", "terraform", "tofu", "ansible",
        "ansible-playbook", "pulumi", "vault", "gcloud", "az", "gsutil", "ssh", "scp", "rsync", "sftp", "tar", "gzip",
        "gunzip", "zip", "unzip", "cp", "mv", "rm", "mkdir", "touch", "chmod", "chown", "ln", "kill", "pkill",
        "killall", "reboot", "shutdown", "apt", "apt-get", "yum", "dnf", "brew", "snap", "apk", "bash", "sh", "zsh",
        "geth", "reth", "lighthouse", "prysm", "nethermind", "safe", "op", "pass", "gpg", "ssh-keygen", "openssl",
        "nginx", "pm2", "supervisorctl", "flyctl", "fly", "vercel", "heroku", "railway", "supabase", "prisma",
        "flyway", "liquibase", "promtool", "amtool", "argocd", "flux", "kustomize", "istioctl", "skaffold", "eksctl",
        "doctl", "wasm-opt", "wasm", "solana", "spl-token", "anchor", "near", "sui", "aptos", "starkli", "subquid",
        "sqd", "graph", "ponder", "rabbitmqctl", "kafka-topics", "kafka-topics.sh", "mongosh", "mongo", "cqlsh",
        "etcdctl", "consul", "nomad", "certbot", "iptables", "ufw", "xargs", "nano", "vim", "vi", "code", "curlie",
        "ab", "wrk", "k6", "hey", "vegeta", "locust", "mail", "sendmail", "slack", "pd", "screen", "tmux",
        "crontab", "at", "sysctl", "mount", "umount", "dd", "fsck", "swapoff", "swapon", "sync", "logrotate",
        "useradd", "usermod", "userdel", "passwd", "wrangler", "dotnet", "java", "mvn", "gradle", "tsx", "ts-node",
        "jest", "pytest",
    };

    private static readonly HashSet<string> SentenceWords = new(StringComparer.Ordinal)
    {
        "the", "a", "an", "is", "are", "was", "were", "be", "been", "to", "and", "or", "if", "for", "of", "that",
        "this", "it", "will", "should", "must", "not", "you", "your", "we", "our", "they", "but", "because", "when",
        "until", "with",
    };

    private static readonly SearchValues<char> ArgumentMarks = SearchValues.Create("/=$:<_-@0123456789");

    /// <summary>Passes text on, changed: behind another command it belongs to that command's step.</summary>
    public static bool IsFilter(ShellCommand command) => Filters.Contains(command.Program);

    /// <summary>Of the shell itself, without an effect outside it.</summary>
    public static bool IsLocal(ShellCommand command) => Locals.Contains(command.Program);

    /// <summary>A tool that the engine has no step of its own for.</summary>
    public static bool IsExternal(ShellCommand command) => Externals.Contains(command.Program) || IsCrontabEntry(command) || LooksLikeTool(command);

    /// <summary>True where every line of a text without a language can only be a command: a tool's name with an option, or a script.</summary>
    public static bool IsOnEveryLineOf(string text)
    {
        var lines = text.Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0 && l[0] != '#').ToArray();
        return lines.Length is > 0 and <= 40 && lines.All(l => l.Length < 500 && ToolLine().IsMatch(l));
    }

    /// <summary>True where text begins with a program that is known, and so is a command line and not prose.</summary>
    public static bool IsAtStartOf(string text)
    {
        text = Privileged().Replace(text, "");
        var word = FirstWord().Match(text).Value;
        return word.Length > 0 && (IsNative(word) || Externals.Contains(word) || word is "export" or "sleep" or "echo");
    }

    private static bool IsNative(string program) => program is "cast" or "curl" or "wget" or "psql" or "pg_dump" or "pg_restore" or "redis-cli" or "kubectl" or "docker"
        or "docker-compose" or "systemctl" or "journalctl" or "aws" or "mysql" or "pg_isready" or "podman" or "dig" or "df";

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

    [GeneratedRegex(@"^[A-Za-z0-9_.-]+(?=\s|$)")]
    private static partial Regex FirstWord();

    [GeneratedRegex(@"^(?:sudo(?: -[uig]+ \S+| -[EHSin]+)* |time |watch(?: -n ?\d+)? ['""]?|env |timeout \d+\w? )+")]
    private static partial Regex Privileged();

    [GeneratedRegex(@"^(?:sudo\s+|watch\s+.*['""])*(?:\.{0,2}/[\w./-]+|[\w./-]+\.(?:sh|py|js|ts)|[a-z][a-z0-9_-]*ctl|[a-z][a-z0-9_.-]*(?=\s.*\s--?[a-z]))(?:\s.*)?$")]
    private static partial Regex ToolLine();

    [GeneratedRegex(@"^[\d*][\d*/,-]*$")]
    private static partial Regex CrontabField();

    [GeneratedRegex(@"^[a-z.~/][A-Za-z0-9_./~+-]*$")]
    private static partial Regex ToolName();

    [GeneratedRegex(@"\.(sh|py|js|ts|mjs|rb|pl|bash|exe)$")]
    private static partial Regex ScriptName();
}
