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
            await Amounts(step, cancel);
            await Shown(step, captured, cancel);
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

    /// <summary>Amounts of a transaction against the decimals of the token that they are of.</summary>
    private async Task Amounts(RunbookStep step, CancellationToken cancel)
    {
        if (step is not SendStep { Function: { } function } send || !AmountFunction().IsMatch(function) || scope.Contract(send.Target) is not { } contract) return;
        var name = function.Split('(')[0];
        var vault = await decimals.OfVault(contract, cancel);
        var own = vault is var (share, asset) ? name is "deposit" or "withdraw" ? asset : share : await decimals.Of(contract, "balanceOf", cancel);
        if (own is not { } places) return;
        foreach (var text in send.Args.Select(scope.Value).OfType<string>())
        {
            if (!TryAmount(text, out var amount)) continue;
            var high = places <= 8 && amount >= BigInteger.Pow(10, 18) && amount % BigInteger.Pow(10, 15) == 0 && amount < BigInteger.Pow(10, 40);
            var low = places >= 15 && amount >= 1_000_000 && amount < BigInteger.Pow(10, 11) && amount % 1_000_000 == 0;
            if (!high && !low) continue;
            var message = $"'{name}' of {contract.Name} counts with {places} decimals, so {text} is {Decimal(amount, places)}.";
            var remedy = $"Write the amount with {places} zeros behind the whole number.";
            if (high) findings.Error(FindingCodes.AmountDecimals, new Position(step.Line), message, remedy);
            else findings.Warning(FindingCodes.AmountDecimals, new Position(step.Line), message, remedy);
        }
    }

    /// <summary>Raw integers that are shown by <c>from-wei</c>, which takes 18 decimals for granted.</summary>
    private async Task Shown(RunbookStep step, Dictionary<string, (string Name, int Decimals)> captured, CancellationToken cancel)
    {
        if (step is CallStep call && step.Filters.Any(IsFromWei) && await Operand(call, [], cancel) is { } raw && raw.Decimals != 18) FromWei(step, raw);
        if (step is LocalStep { Command: { Program: "cast" } local } && IsFromWei(local))
        {
            foreach (var part in local.Arguments.SelectMany(a => a.Parts))
            {
                if (part is VariablePart variable && captured.TryGetValue(variable.Name, out var known) && known.Decimals != 18) FromWei(step, known);
                if (part is SubstitutionPart { Script.Statements: [var statement] } && _commands.Read(statement, "") is [CallStep nested] && await Operand(nested, nested.Filters, cancel) is { } inner && inner.Decimals != 18) FromWei(step, inner);
            }
        }
    }

    private void FromWei(RunbookStep step, (string Name, int Decimals) operand) => findings.Error(FindingCodes.AmountDecimals, new Position(step.Line),
        $"{operand.Name} has {operand.Decimals} decimals and is shown as if it had 18: the figure is wrong by a factor of 10^{Math.Abs(18 - operand.Decimals)}.",
        $"Write 'cast format-units VALUE {operand.Decimals}'.");

    private static bool IsFromWei(ShellCommand command) => command.Program == "cast" && command.Words.Count > 1
        && (command.Words[1].Text.TrimStart('-') is "from-wei" && command.Words.All(w => w.Text != "gwei") || command.Words[1].Text.TrimStart('-') is "to-unit" && command.Words.Any(w => w.Text is "ether" or "eth"));

    private static bool TryAmount(string text, out BigInteger amount)
    {
        amount = 0;
        if (Exponent().Match(text) is { Success: true } e) amount = BigInteger.Pow(10, int.Parse(e.Groups[1].Value, CultureInfo.InvariantCulture));
        else if (text.Length is 0 or > 78 || !BigInteger.TryParse(text.Replace("_", "", StringComparison.Ordinal), NumberStyles.None, CultureInfo.InvariantCulture, out amount)) return false;
        return true;
    }

    private static string Decimal(BigInteger amount, int places)
    {
        var whole = BigInteger.DivRem(amount, BigInteger.Pow(10, places), out var rest);
        return rest.IsZero ? whole.ToString("N0", CultureInfo.InvariantCulture) : $"{whole}.{rest.ToString(CultureInfo.InvariantCulture).PadLeft(places, '0').TrimEnd('0')}";
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
        if (operands is [var single] && Divisor().Match(plain) is { Success: true } divided && plain.Count(c => c is '/' or '*') == 1 + divided.Value.Count(c => c == '*'))
        {
            var power = divided.Groups["exp"].Success ? int.Parse(divided.Groups["exp"].Value, CultureInfo.InvariantCulture) : divided.Groups["zeros"].Length;
            if (power is 6 or 8 or 18 && power != single.Decimals)
                findings.Error(FindingCodes.AmountDecimals, new Position(step.Line), $"{single.Name} has {single.Decimals} decimals and is divided by 10^{power}: the figure is wrong by a factor of 10^{Math.Abs(power - single.Decimals)}.", $"Divide by 10^{single.Decimals}.");
            return;
        }

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

    [GeneratedRegex(@"^(mint|burn|transfer|approve|deposit|withdraw|redeem|borrow|repay|fund|topUp|increaseAllowance|setSupplyCap|setCap|setMintCap|setLimit|setDailyLimit|setMaxSupply|setDepositLimit)\w*(\(|$)")]
    private static partial Regex AmountFunction();

    [GeneratedRegex(@"/\s*\(?\s*(?:10\s*(?:\^|\*\*)\s*(?<exp>\d{1,2})|1e(?<exp>\d{1,2})|1(?<zeros>0{4,}))\b")]
    private static partial Regex Divisor();

    [GeneratedRegex(@"^1e(\d{1,2})$")]
    private static partial Regex Exponent();

    [GeneratedRegex(@"scale\s*=\s*\d+")]
    private static partial Regex ScaleWord();

    [GeneratedRegex(@"(?:10\s*(?:\^|\*\*)\s*|\b1e)(?<exp>\d{1,2})|\b1(?<zeros>0{4,})\b")]
    private static partial Regex Factor();

    [GeneratedRegex(@"[A-Za-z_]\w*")]
    private static partial Regex Name();
}
