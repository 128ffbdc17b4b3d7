using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;
using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Packs.Runbooks.Commands;
using Quarterdeck.Packs.Runbooks.Shell;
using Quarterdeck.Packs.Yaml;

namespace Quarterdeck.Packs.Checking;

/// <summary>Finds formulas over raw integers of different decimals, and vault shares asked for in the wrong unit.</summary>
internal sealed partial class UnitCheck(CheckScope scope, TokenDecimals decimals, FindingList findings)
{
    private readonly CommandReader _commands = new(null);

    public async Task Check(Runbook runbook, CancellationToken cancel)
    {
        var captured = new Dictionary<string, (string Name, int Decimals)>(StringComparer.Ordinal);
        foreach (var step in runbook.Steps)
        {
            await Shares(step, cancel);
            foreach (var nested in CallCheck.Nested(step)) await Shares(nested, cancel);
            if (step.Words.Count > 0 || step is LocalStep) await Formula(step, captured, cancel);
            if (step is CallStep call && step.Capture is { } variable && await Operand(call, step.Filters, cancel) is { } operand) captured[variable] = operand;
        }
    }

    private async Task Shares(RunbookStep step, CancellationToken cancel)
    {
        if (step is not CallStep call || call.Function.Split('(')[0] is not ("convertToAssets" or "previewRedeem") || call.Args.Count != 1) return;
        if (scope.Contract(call.Target) is not { } contract || await decimals.OfVault(contract, cancel) is not var (share, asset) || share == asset) return;
        if (scope.Value(call.Args[0]) is not { } text || PowerOfTen(text) is not { } power || power == share) return;
        findings.Error(FindingCodes.ShareDecimals, new Position(step.Line),
            $"A share of {contract.Name} has {share} decimals, so 10^{power} is not one share but {(power < share ? "1/10^" + (share - power) : "10^" + (power - share))} of one; its asset has {asset}.",
            $"Ask for {BigInteger.Pow(10, share)} (10^{share}).");
    }

    private async Task Formula(RunbookStep step, Dictionary<string, (string Name, int Decimals)> captured, CancellationToken cancel)
    {
        foreach (var word in FormulaWords(step))
        {
            var operands = new List<(string Name, int Decimals)>();
            var constants = "";
            foreach (var part in word.Parts)
            {
                switch (part)
                {
                    case SubstitutionPart { Script.Statements: [{ Pipelines: [var pipeline] } statement] } when _commands.Read(statement, "") is [CallStep call]:
                        if (await Operand(call, [.. pipeline.Commands.Skip(1)], cancel) is { } operand) operands.Add(operand);
                        break;
                    case VariablePart variable when captured.TryGetValue(variable.Name, out var known):
                        operands.Add(known);
                        break;
                    case ArithmeticPart arithmetic:
                        constants += arithmetic.Expression;
                        foreach (Match match in Name().Matches(arithmetic.Expression))
                        {
                            if (captured.TryGetValue(match.Value, out var used)) operands.Add(used);
                        }

                        break;
                    case LiteralPart literal:
                        constants += literal.Value;
                        break;
                }
            }

            Judge(step, operands, constants);
        }
    }

    /// <summary>Words that are arithmetic: what goes into <c>bc</c>, <c>$(( ))</c>, and expressions for python or awk.</summary>
    private static IEnumerable<ShellWord> FormulaWords(RunbookStep step)
    {
        var feedsBc = step.Filters.Concat(step.Input).Any(f => f.Program is "bc" or "dc" or "awk") || step is LocalStep { Command.Program: "bc" or "expr" };
        return step.Words.Where(w => w.Parts.Any(p => p is ArithmeticPart)
            || feedsBc && w.Parts.Count > 1 && w.Text.AsSpan().IndexOfAny('/', '+', '*') >= 0);
    }

    private async Task<(string Name, int Decimals)?> Operand(CallStep call, IReadOnlyList<ShellCommand> filters, CancellationToken cancel)
    {
        if (scope.Contract(call.Target) is not { } contract || await decimals.Of(contract, call.Function, cancel) is not { } own) return null;
        foreach (var filter in filters.Where(f => f.Program == "cast" && f.Words.Count > 1))
        {
            if (filter.Words[1].Text.TrimStart('-') is "from-wei") own -= filter.Words.ElementAtOrDefault(2)?.Text == "gwei" ? 9 : 18;
            else if (filter.Words[1].Text.TrimStart('-') is "format-units" && int.TryParse(filter.Words.ElementAtOrDefault(2)?.Text ?? "18", out var units)) own -= units;
        }

        return ($"{contract.Name}.{call.Function.Split('(')[0]}", own);
    }

    private void Judge(RunbookStep step, List<(string Name, int Decimals)> operands, string constants)
    {
        var plain = ScaleWord().Replace(constants, "");
        var factors = Factor().Matches(plain).Select(m => m.Groups["exp"].Success ? int.Parse(m.Groups["exp"].Value, CultureInfo.InvariantCulture) : m.Groups["zeros"].Length).ToArray();
        for (var i = 0; i + 1 < operands.Count; i++)
        {
            var (a, b) = (operands[i], operands[i + 1]);
            var apart = Math.Abs(a.Decimals - b.Decimals);
            if (apart == 0 || factors.Contains(apart) || factors.Length > 1 || factors.Any(f => f is 6 or 8 or 12 or 18)) continue;
            findings.Error(FindingCodes.DecimalsMixed, new Position(step.Line),
                $"{a.Name} has {a.Decimals} decimals and {b.Name} has {b.Decimals}: the result is wrong by a factor of 10^{apart}.",
                $"Multiply {(a.Decimals < b.Decimals ? a.Name : b.Name)} by 10^{apart} first.");
            return;
        }
    }

    private static int? PowerOfTen(string text) =>
        Exponent().Match(text) is { Success: true } e ? int.Parse(e.Groups[1].Value, CultureInfo.InvariantCulture)
        : text.Length > 1 && text[0] == '1' && text.AsSpan(1).IndexOfAnyExcept('0') < 0 ? text.Length - 1 : null;

    [GeneratedRegex(@"^1e(\d{1,2})$")]
    private static partial Regex Exponent();

    [GeneratedRegex(@"scale\s*=\s*\d+")]
    private static partial Regex ScaleWord();

    [GeneratedRegex(@"(?:10\s*(?:\^|\*\*)\s*|\b1e)(?<exp>\d{1,2})|\b1(?<zeros>0{4,})\b")]
    private static partial Regex Factor();

    [GeneratedRegex(@"[A-Za-z_]\w*")]
    private static partial Regex Name();
}
