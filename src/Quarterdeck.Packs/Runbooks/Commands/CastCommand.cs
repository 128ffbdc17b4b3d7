using Quarterdeck.Packs.Manifest;
using Quarterdeck.Packs.Runbooks.Shell;

namespace Quarterdeck.Packs.Runbooks.Commands;

/// <summary>Foundry's <c>cast</c>.</summary>
internal static class CastCommand
{
    private static readonly HashSet<string> Flags = new(StringComparer.Ordinal)
    {
        "--json", "-j", "--interactive", "-i", "--ledger", "-l", "--trezor", "-t", "--legacy", "--async", "--cast-async", "--confirm",
        "--unlocked", "--full", "--quiet", "-q", "--ether", "-e", "--erc20", "--trace", "--verbose", "-v", "--flashbots",
        "--create", "--aws", "--gcp", "--subscribe", "--labels", "--blob", "--help", "-h", "--raw", "--no-proxy", "--unsafe", "--ens",
        "--to-dec", "--to-hex", "--to-ascii", "--to-utf8", "--to-wei", "--from-wei", "--to-base", "--to-bytes32", "--to-checksum-address",
        "--to-fixed-point", "--from-fixed-point", "--to-int256", "--to-uint256", "--to-unit", "--from-utf8", "--from-bin", "--max-int",
        "--max-uint", "--min-int", "--format-bytes32-string", "--parse-bytes32-string", "--concat-hex", "--abi-encode", "--abi-decode",
        "--calldata", "--calldata-decode", "--to-hexdata", "--to-rlp", "--from-rlp", "--format-units", "--parse-units", "--input",
    };

    private static readonly HashSet<string> Conversions = new(StringComparer.Ordinal)
    {
        "keccak", "sig", "sig-event", "selectors", "abi-encode", "abi-decode", "abi-encode-event", "calldata", "calldata-decode",
        "4byte", "4byte-decode", "4byte-event", "to-dec", "to-hex", "to-wei", "from-wei", "to-base", "to-ascii", "to-utf8", "to-unit", "to-bytes32",
        "to-check-sum-address", "to-checksum-address", "to-int256", "to-uint256", "to-fixed-point", "from-fixed-point", "from-utf8",
        "from-bin", "format-bytes32-string", "parse-bytes32-string", "parse-bytes32-address", "parse-units", "format-units", "concat-hex",
        "max-int", "max-uint", "min-int", "shl", "shr", "hash-message", "hash-zero", "index", "index-erc7201", "compute-address", "create2", "namehash",
        "decode-error", "decode-event", "decode-string", "decode-abi", "decode-calldata", "decode-transaction", "pretty-calldata",
        "to-rlp", "from-rlp", "to-hexdata", "address-zero", "completions", "--version", "-V", "help",
        "string-decode", "interface", "recover-authority", "upload-signature",
    };

    private static readonly HashSet<string> Reads = new(StringComparer.Ordinal)
    {
        "balance", "block", "block-number", "bn", "code", "codesize", "codehash", "storage", "storage-root", "nonce", "tx", "receipt", "logs", "chain", "chain-id",
        "client", "gas-price", "base-fee", "basefee", "age", "find-block", "estimate", "proof", "implementation", "admin", "resolve-name",
        "lookup-address", "tx-pool", "txpool", "run", "etherscan-source", "source", "constructor-args", "creation-code", "artifact", "access-list", "da-estimate",
        "disassemble", "erc20-token", "call-trace", "trace", "b", "n", "rpc",
    };

    /// <summary>The subcommands that are known, for those that are not.</summary>
    public static IEnumerable<string> Verbs => Reads.Concat(Conversions).Concat(["call", "send", "publish", "mktx", "wallet"]);

    public static RunbookStep? Read(ShellCommand command, StepText text, ActionClassifier classifier)
    {
        if (command.Arguments.Count == 0) return text.Make(new ExternalStep(command.Words, false) { Line = 0, Text = "" });
        var verb = command.Arguments[0].Text;
        var words = command.Arguments.Skip(1);
        if (verb.StartsWith("--to-", StringComparison.Ordinal) || verb.StartsWith("--from-", StringComparison.Ordinal)
            || Conversions.Contains(verb.TrimStart('-')) || Conversions.Contains(verb))
            return text.Make(new LocalStep(command) { Line = 0, Text = "" });
        var line = CommandLine.SplitByFlags(words, Flags);
        return verb switch
        {
            "call" or "c" => Call(line, text),
            "send" or "s" => Send(line, text, classifier),
            "publish" or "p" or "mktx" => Publish(line, verb, text),
            "wallet" or "w" => Wallet(command, line, text),
            "rpc" => Rpc(command, line, text),
            _ when Reads.Contains(verb) => text.Make(new ChainReadStep(verb, line.Positional, Options(line)) { Line = 0, Text = "" }),
            _ => text.Make(new ManualStep($"cast has no '{verb}' that is known here") { Line = 0, Text = "" }),
        };
    }

    private static RunbookStep? Call(CommandLine line, StepText text)
    {
        if (line.Positional.Count == 0) return null;
        var function = line.Positional.Count > 1 ? line.Positional[1].Text : "";
        return text.Make(new CallStep(line.Positional[0], function, [.. line.Positional.Skip(2)])
        {
            Line = 0,
            Text = "",
            From = line.Value("--from", "-f"),
            Block = line.Value("--block", "-b"),
            RpcUrl = line.Value("--rpc-url", "-r"),
        });
    }

    private static RunbookStep? Send(CommandLine line, StepText text, ActionClassifier classifier)
    {
        if (line.Has("--create"))
        {
            return text.Make(new ExternalStep([.. line.Positional], false) { Line = 0, Text = "", ActionClass = ActionClass.Deploy });
        }

        if (line.Positional.Count == 0) return null;
        var function = line.Positional.Count > 1 ? line.Positional[1].Text : null;
        var args = line.Positional.Skip(2).ToArray();
        var actionClass = function is null ? ActionClass.Funds : classifier.Classify(line.Positional[0].Text, function, [.. args.Select(a => a.Text)]);
        return text.Make(new SendStep(line.Positional[0], function, args, actionClass)
        {
            Line = 0,
            Text = "",
            Account = line.Value("--account") ?? line.Value("--from", "-f"),
            Value = line.Value("--value"),
            RpcUrl = line.Value("--rpc-url", "-r"),
        });
    }

    private static RunbookStep Publish(CommandLine line, string verb, StepText text) => text.Make(
        new ExternalStep([ShellWord.Literal("cast", 0), ShellWord.Literal(verb, 0), .. line.Positional], false) { Line = 0, Text = "" });

    private static RunbookStep Wallet(ShellCommand command, CommandLine line, StepText text)
    {
        var what = line.Positional.Count > 0 ? line.Positional[0].Text : "";
        return what is "list" or "ls" or "address" or "a" or "verify" or "v"
            ? text.Make(new LocalStep(command) { Line = 0, Text = "" })
            : text.Make(new ExternalStep(command.Words, false) { Line = 0, Text = "", ActionClass = ActionClass.Role });
    }

    private static RunbookStep? Rpc(ShellCommand command, CommandLine line, StepText text)
    {
        if (line.Positional.Count == 0) return null;
        var method = line.Positional[0].Text;
        var reads = (method.StartsWith("eth_", StringComparison.Ordinal) && !method.StartsWith("eth_send", StringComparison.Ordinal)
                && !method.StartsWith("eth_sign", StringComparison.Ordinal))
            || method.StartsWith("net_", StringComparison.Ordinal) || method.StartsWith("web3_", StringComparison.Ordinal)
            || method.StartsWith("txpool_", StringComparison.Ordinal) || method.StartsWith("debug_trace", StringComparison.Ordinal)
            || method.StartsWith("trace_", StringComparison.Ordinal);
        return reads
            ? text.Make(new ChainReadStep("rpc", line.Positional, Options(line)) { Line = 0, Text = "" })
            : text.Make(new ExternalStep(command.Words, false) { Line = 0, Text = "" });
    }

    private static Dictionary<string, string> Options(CommandLine line)
    {
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in line.Options) options[name.TrimStart('-')] = value?.Text ?? "";
        return options;
    }
}
