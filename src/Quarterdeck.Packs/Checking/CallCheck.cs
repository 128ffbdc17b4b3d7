using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Packs.Manifest;
using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Packs.Runbooks.Shell;
using Quarterdeck.Packs.Yaml;

namespace Quarterdeck.Packs.Checking;

/// <summary>A call or transaction whose target, function and arguments are all known and fit.</summary>
internal sealed record ResolvedCall(RunbookStep Step, CheckContract Contract, AbiFunction Function, IReadOnlyList<string>? Arguments);

/// <summary>Checks targets, functions and arguments of calls and transactions against ABIs.</summary>
internal static class CallCheck
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

        if (function.StartsWith("0x", StringComparison.Ordinal) || function.Contains('$', StringComparison.Ordinal)) return null;
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
        return new ResolvedCall(step, contract, function, values.All(v => v is not null) ? [.. values.Select(v => v!)] : null);
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

    internal static bool IsPlaceholder(ShellWord word) => word.Text is var t && (t.StartsWith('<') && t.EndsWith('>') || t.StartsWith('[') && t.EndsWith(']') && t.Any(char.IsAsciiLetter)
        || t.StartsWith("YOUR_", StringComparison.Ordinal) || t.Contains("...", StringComparison.Ordinal) || t.Contains('…'));
}
