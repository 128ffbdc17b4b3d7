using System.Text.RegularExpressions;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Packs.Manifest;
using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Packs.Runbooks.Shell;
using Quarterdeck.Packs.Yaml;

namespace Quarterdeck.Packs.Checking;

/// <summary>A call or transaction whose target, function and arguments are all known and fit.</summary>
internal sealed record ResolvedCall(RunbookStep Step, CheckContract Contract, AbiFunction Function, IReadOnlyList<string>? Arguments)
{
    /// <summary>True where it is made only in some case: in a branch of a decision, an <c>if</c> or a loop.</summary>
    public bool IsConditional { get; init; }
}

/// <summary>Checks targets, functions and arguments of calls and transactions against ABIs.</summary>
internal static partial class CallCheck
{
    /// <summary>Calls of a step, those in <c>$( )</c> included.</summary>
    public static IEnumerable<(RunbookStep Step, ShellWord Target, string? Function, IReadOnlyList<ShellWord> Args)> CallsOf(RunbookStep step)
    {
        switch (step)
        {
            case CallStep call:
                yield return (step, call.Target, call.Function, call.Args);
                break;
            case SendStep send:
                yield return (step, send.Target, send.Function, send.Args);
                break;
        }

        foreach (var nested in Nested(step)) yield return (nested, nested.Target, nested.Function, nested.Args);
    }

    /// <summary>Reads inside <c>$( )</c> of a step's words.</summary>
    public static IEnumerable<CallStep> Nested(RunbookStep step)
    {
        var reader = new Runbooks.Commands.CommandReader(null);
        return step.Words.SelectMany(Substituted).SelectMany(s => reader.Read(s, "")).OfType<CallStep>().Where(c => step is not CallStep own || own.Target.Source != c.Target.Source || own.Function != c.Function);

        static IEnumerable<ShellStatement> Substituted(ShellWord word) => word.Substitutions.SelectMany(p => p.Script.Statements)
            .SelectMany(s => s.Words.SelectMany(Substituted).Prepend(s));
    }

    public static ResolvedCall? Check(RunbookStep step, ShellWord target, string? function, IReadOnlyList<ShellWord> args, CheckScope scope, IReadOnlySet<string> set, FindingList findings)
    {
        var at = new Position(step.Line);
        AddressCheck(target, scope, at, findings);
        if (scope.Contract(target) is not { } contract)
        {
            Unknown(target, scope, set, at, findings);
            return null;
        }

        if (function is null) return null;
        if (function.Length == 0)
        {
            findings.Error(FindingCodes.SignatureMalformed, at, $"The call of {target.Text} names no function.", "Write the signature, such as \"totalSupply()(uint256)\".");
            return null;
        }

        if (function.StartsWith("0x", StringComparison.Ordinal)) return Calldata(step, contract, function, args, scope, at, findings);
        if (function.Contains('$', StringComparison.Ordinal))
        {
            return step.Words.FirstOrDefault(w => w.Text == function) is { } made && scope.Value(made) is { } data && data.StartsWith("0x", StringComparison.Ordinal)
                ? Calldata(step, contract, data, args, scope, at, findings) : null;
        }

        AbiFunction? written = null;
        if (function.Contains('(', StringComparison.Ordinal))
        {
            try
            {
                written = AbiFunction.Parse(function);
            }
            catch (FormatException e)
            {
                findings.Error(FindingCodes.SignatureMalformed, at, $"'{function}' is not a signature: {e.Message}", "Write it such as \"balanceOf(address)(uint256)\".");
                return null;
            }
        }

        var known = contract.Abi;
        var found = known is null ? written : written is null ? AbiReference.Find(known, function) : known.Functions.FirstOrDefault(f => f.Signature == written.Signature);
        if (found is null && contract.Forwards)
        {
            // Behind a proxy or diamond the function may be another ABI's; whether it is there, the chain says.
            var elsewhere = scope.Contracts.Select(c => c.Abi).OfType<ContractAbi>().SelectMany(a => a.Functions);
            found = written is null ? elsewhere.FirstOrDefault(f => f.Name == function && f.Inputs.Count == args.Count) : elsewhere.FirstOrDefault(f => f.Signature == written.Signature) ?? (contract.IsDiamond ? written : null);
        }

        // An ABI may be a part only, such as an interface's: what the code has is there.
        if (found is null && written is { Selector: >= 0x01000000 } && contract.Code is { Length: > 0 } code && DeployedCode.Has(code, written.Selector)) found = written;
        if (found is null)
        {
            if (known is not null) Missing(contract, known, written?.Signature ?? function, at, findings);
            return null;
        }

        if (written is { Outputs.Count: > 0 } && known is not null && !written.Outputs.Select(o => o.Type.Name).SequenceEqual(found.Outputs.Select(o => o.Type.Name)))
        {
            findings.Warning(FindingCodes.ResultsDiffer, at, $"'{function}' of {contract.Name} returns ({string.Join(',', found.Outputs.Select(o => o.Type.Name))}).",
                $"Write \"{found.Signature}({string.Join(',', found.Outputs.Select(o => o.Type.Name))})\".");
        }

        if (found != written) Direction(step, contract, found, at, findings);
        return Arguments(step, contract, written is not null && known is null ? written : found, args, scope, at, findings);
    }

    private static ResolvedCall? Arguments(RunbookStep step, CheckContract contract, AbiFunction function, IReadOnlyList<ShellWord> args, CheckScope scope, Position at, FindingList findings)
    {
        if (args.Count != function.Inputs.Count)
        {
            findings.Error(FindingCodes.ArgumentsWrong, at, $"'{function.Signature}' takes {function.Inputs.Count} arguments, and {args.Count} are given.",
                function.Inputs.Count == 0 ? "Remove the arguments." : $"Give {string.Join(", ", function.Inputs.Select(i => i.Name.Length > 0 ? $"{i.Name} ({i.Type.Name})" : i.Type.Name))}.");
            return null;
        }

        var values = new string?[args.Count];
        var wrong = false;
        for (var i = 0; i < args.Count; i++)
        {
            if (function.Inputs[i].Type.Name == "address") AddressCheck(args[i], scope, at, findings);
            values[i] = IsPlaceholder(args[i]) ? null : scope.Value(args[i]) ?? (scope.Contract(args[i]) is { Address: { } address } ? address.ToString() : null);
            if (values[i] is not { } text) continue;
            var type = function.Inputs[i].Type;
            if (type.Name == "address" && scope.Contracts.FirstOrDefault(c => c.Name == text) is { Address: { } named }) values[i] = text = named.ToString();
            try
            {
                AbiText.Parse(type, text, $"argument {i + 1}");
            }
            catch (FormatException e)
            {
                if (type.Name == "address" && text.EndsWith(".eth", StringComparison.Ordinal)) values[i] = null;
                else
                {
                    wrong = true;
                    findings.Error(FindingCodes.ArgumentsWrong, at, $"Argument {i + 1} of '{function.Signature}', '{text}', is no {type.Name}: {e.Message}",
                        $"Give a value of the type {type.Name}.");
                }
            }
        }

        if (wrong) return null;
        Forwarded(function, values, scope, at, findings);
        if (step is SendStep { Value: { } written } && !IsPlaceholder(written) && scope.Value(written) is { } wei) Ether(wei, at, findings);
        if (step is SendStep { Value: { } sent } && function.StateMutability is "nonpayable" && contract.Abi?.Functions.Contains(function) == true && scope.Value(sent) is { } ether && ether.AsSpan().IndexOfAnyInRange('1', '9') >= 0 && !ether.StartsWith("0x", StringComparison.Ordinal))
            findings.Error(FindingCodes.ArgumentsWrong, at, $"'{function.Signature}' of {contract.Name} takes no ether, and {ether} is sent with it: it reverts.", "Take --value out, or name the function that is payable.");
        return new ResolvedCall(step, contract, function, values.All(v => v is not null) ? [.. values.Select(v => v!)] : null);
    }

    private static void Ether(string wei, Position at, FindingList findings)
    {
        try
        {
            AbiText.Parse(AbiType.Parse("uint256"), wei, "the value");
        }
        catch (FormatException e)
        {
            findings.Error(FindingCodes.ArgumentsWrong, at, $"--value '{wei}' is no amount: {e.Message}", "Write it in wei, or with its unit such as 0.1ether.");
        }
    }

    /// <summary>A call inside a timelock's or multisig's: its target must have the function that the calldata names.</summary>
    private static void Forwarded(AbiFunction function, string?[] values, CheckScope scope, Position at, FindingList findings)
    {
        if (!Forwarding().IsMatch(function.Name)) return;
        var target = Array.FindIndex([.. function.Inputs], i => i.Type.Name == "address");
        var data = Array.FindIndex([.. function.Inputs], i => i.Type.Name == "bytes");
        if (target < 0 || data < target || values[target] is not { } to || values[data] is not { Length: >= 10 } text || !Quarterdeck.Chains.Evm.Hex.TryParseData(text, out var bytes) || bytes.Length < 4
            || !Quarterdeck.Chains.Evm.Address.TryParseAnyCase(to, out var address) || scope.Contracts.FirstOrDefault(c => c.Address == address) is not { Abi: { } abi } contract) return;
        var selector = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes);
        if (abi.FindFunction(selector) is not null || contract.Code is { Length: > 0 } code && DeployedCode.Has(code, selector)) return;
        if (contract.Forwards && (contract.Code is not { Length: > 0 } || contract.IsDiamond)) return;
        findings.Error(FindingCodes.FunctionUnknown, at, $"'{function.Name}' is to call {contract.Name}, which has no function with the selector 0x{selector:x8}.",
            scope.Contracts.Select(c => (c.Name, F: c.Abi?.FindFunction(selector))).FirstOrDefault(f => f.F is not null) is { F: { } other, Name: var owner } ? $"It is '{other.Signature}' of {owner}: is the target right?" : $"Make the calldata by: cast calldata \"SIGNATURE\" …, of a function that {contract.Name} has.");
    }

    [GeneratedRegex("^(schedule|execute|execTransaction|functionCall|queueTransaction|executeTransaction|submitTransaction|submit|forward|relay|hashOperation)$")]
    private static partial Regex Forwarding();

    /// <summary>A call of a function that changes things changes nothing; a transaction to one that only reads costs gas and answers nothing.</summary>
    private static void Direction(RunbookStep step, CheckContract contract, AbiFunction function, Position at, FindingList findings)
    {
        if (step is SendStep && function.IsReadOnly)
        {
            findings.Warning(FindingCodes.SendOfRead, at, $"'{function.Name}' of {contract.Name} only reads: the transaction costs gas, changes nothing and shows no answer.", "Write 'cast call'.");
        }
        else if (step is CallStep call && !function.IsReadOnly && function.StateMutability.Length > 0 && contract.Abi is not null && !ReturnsOnly().IsMatch(function.Name))
        {
            var message = $"'{function.Name}' of {contract.Name} changes state, and 'cast call' changes nothing: it only tries it out.";
            if (call.From is not null || DryRun().IsMatch(step.Context)) findings.Note(FindingCodes.CallOfWrite, at, message, "Nothing needs to be done where it is meant as a trial; else write 'cast send'.");
            else findings.Warning(FindingCodes.CallOfWrite, at, message, "Write 'cast send', or say with --from as whom it is tried.");
        }
    }

    /// <summary>Calldata written out: its selector and its arguments are held against the ABI.</summary>
    private static ResolvedCall? Calldata(RunbookStep step, CheckContract contract, string data, IReadOnlyList<ShellWord> args, CheckScope scope, Position at, FindingList findings)
    {
        if (args.Count > 0 || data.Contains('$', StringComparison.Ordinal) || data.Contains("...", StringComparison.Ordinal) || data.Contains('…')) return null;
        if (!Quarterdeck.Chains.Evm.Hex.TryParseData(data, out var bytes) || bytes.Length < 4)
        {
            findings.Error(FindingCodes.ArgumentsWrong, at, $"'{(data.Length > 40 ? data[..40] + "…" : data)}' is no calldata: an even number of hex digits, and at least four bytes, are expected.", "Write the signature and arguments, or the whole calldata.");
            return null;
        }

        if (contract.Abi is not { } abi) return null;
        var selector = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes);
        var function = abi.FindFunction(selector) ?? (contract.Forwards ? scope.Contracts.Select(c => c.Abi?.FindFunction(selector)).FirstOrDefault(f => f is not null) : null);
        if (function is null)
        {
            if (!contract.Forwards) findings.Error(FindingCodes.FunctionUnknown, at, $"{contract.Name} has no function with the selector 0x{selector:x8}.", scope.Contracts.Select(c => (c.Name, F: c.Abi?.FindFunction(selector))).FirstOrDefault(f => f.F is not null) is { F: { } other, Name: var owner } ? $"It is '{other.Signature}' of {owner}: is the target right?" : "Write the signature instead, so that it can be read.");
            return null;
        }

        try
        {
            var values = function.DecodeCall(bytes);
            Direction(step, contract, function, at, findings);
            return new ResolvedCall(step, contract, function, [.. values.Select((v, i) => AbiText.Print(function.Inputs[i].Type, v))]);
        }
        catch (FormatException e)
        {
            findings.Error(FindingCodes.ArgumentsWrong, at, $"The calldata does not fit '{function.Signature}': {e.Message}", $"Make it by: cast calldata \"{function.Signature}\" …");
            return null;
        }
    }

    /// <summary>EIP-55: capitals in an address are its checksum, and a wrong one is the mark of a mistyped digit.</summary>
    private static void AddressCheck(ShellWord word, CheckScope scope, Position at, FindingList findings)
    {
        if (!word.IsLiteral || word.Text.Length != 42 || !Quarterdeck.Chains.Evm.Address.TryParseAnyCase(word.Text, out var address)) return;
        var digits = word.Text.AsSpan(2);
        if (digits.IndexOfAnyInRange('A', 'F') < 0 || digits.IndexOfAnyInRange('a', 'f') < 0 || digits.SequenceEqual(address.ToString().AsSpan(2))) return;
        var meant = scope.Contracts.Select(c => c.Address).Concat(scope.Accounts.Values).OfType<Quarterdeck.Chains.Evm.Address>().FirstOrDefault(a => a.ToString().Zip(word.Text).Count(p => p.First != p.Second) is > 0 and <= 2);
        findings.Error(FindingCodes.AddressInvalid, at, $"The checksum of {word.Text} is wrong.", meant.IsZero ? $"See whether it was mistyped; with these digits it is {address}." : $"Did you mean {meant}?");
    }

    private static void Missing(CheckContract contract, ContractAbi abi, string signature, Position at, FindingList findings)
    {
        var name = signature.Split('(')[0];
        var same = abi.FunctionsNamed(name).Select(f => f.Signature).ToArray();
        findings.Error(FindingCodes.FunctionUnknown, at, $"{contract.Name} has no function '{signature}'.", same.Length > 0
            ? $"It has {string.Join(" and ", same.Select(s => $"'{s}'"))}."
            : NearestName.Suggest(name, abi.Functions.Select(f => f.Name), "Name a function of its ABI."));
    }

    private static void Unknown(ShellWord target, CheckScope scope, IReadOnlySet<string> set, Position at, FindingList findings)
    {
        if (IsPlaceholder(target) || target.Substitutions.Any()) return;
        var name = target.Parts is [VariablePart variable] ? variable.Name : target.Text;
        if (set.Contains(name)) return;
        var names = scope.Contracts.SelectMany(c => c.Definition?.Variables ?? []).Concat(scope.Variables?.Keys ?? []).ToArray();
        if (scope.Variables?.TryGetValue(name, out var value) == true)
        {
            findings.Error(FindingCodes.TargetUnknown, at, $"The value of ${name}, '{value}', is no address.", "Set it to 0x and 40 hex digits.");
            return;
        }

        if (scope.Contracts.Count == 0 && scope.Variables is null) return;
        findings.Error(FindingCodes.TargetUnknown, at, $"'{target.Text}' is no contract that is known here.",
            NearestName.Suggest(name, names, "Name a contract's variable or address."));
    }

    [GeneratedRegex(@"simulat|dry.?run|try|test|would|preview|estimate|expect|should revert|verify", RegexOptions.IgnoreCase)]
    private static partial Regex DryRun();

    // Old contracts answer through functions that are not marked view.
    [GeneratedRegex(@"^(?:quote|preview|get|is|has|estimate|simulate|query|try|callStatic|balance|total|exchangeRate|borrowBalance|latest|paused$|owner$)")]
    private static partial Regex ReturnsOnly();

    internal static bool IsPlaceholder(ShellWord word) => word.Text is var t && (t.StartsWith('<') && t.EndsWith('>') || t.StartsWith('[') && t.EndsWith(']') && t.Any(char.IsAsciiLetter)
        || t.StartsWith("YOUR_", StringComparison.Ordinal) || t.Contains("...", StringComparison.Ordinal) || t.Contains('…'));
}
