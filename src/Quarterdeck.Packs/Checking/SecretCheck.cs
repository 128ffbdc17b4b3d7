using System.Text.RegularExpressions;
using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Packs.Runbooks.Shell;
using Quarterdeck.Packs.Yaml;

namespace Quarterdeck.Packs.Checking;

/// <summary>Finds secrets that are written out, or passed where others can see them. Messages never repeat the secret.</summary>
internal static partial class SecretCheck
{
    public static void Check(RunbookStep step, FindingList findings)
    {
        if (!step.FromCommandLine) return;
        var at = new Position(step.Line);
        if (Literal(step) is { } what)
        {
            findings.Error(FindingCodes.SecretOnCommandLine, at, $"{what} is written out in the command.", "Take it out, change it because it has been seen, and name it by reference: a keystore account, a file, or a secret of the environment.");
            return;
        }

        var text = step.Text;
        if (KeyOption().Match(text) is { Success: true } option)
        {
            findings.Warning(FindingCodes.SecretFromVariable, at, $"'{option.Groups[1].Value}' puts a secret on the command line, where the process list and the shell's history keep it.",
                option.Groups[1].Value.Contains("from-literal", StringComparison.Ordinal) ? "Use --from-file=KEY=/dev/stdin and pass the value on standard input." : "Use --account with a keystore, --ledger, or a key service.");
        }
    }

    private static string? Literal(RunbookStep step)
    {
        var text = step.Text;
        if (KeyLiteral().IsMatch(text)) return "A private key";
        if (MnemonicLiteral().IsMatch(text)) return "A mnemonic";
        if (TokenShape().IsMatch(text)) return "An access token";
        if (BearerLiteral().Match(text) is { Success: true } bearer && IsSecretLike(bearer.Groups[1].Value)) return "A bearer token";
        if (PasswordOption().Match(text) is { Success: true } password && IsSecretLike(password.Groups[1].Value)) return "A password";
        if (KeyValueOption().Match(text) is { Success: true } value && KeyShape().IsMatch(value.Groups[1].Value) && IsSecretLike(value.Groups[1].Value)) return "An access token";
        if (UrlPassword().Match(text) is { Success: true } url && IsSecretLike(url.Groups[1].Value)) return "A password in a URL";
        if (step is HttpStep { BasicAuth: { IsLiteral: true } basic } && basic.Text.Contains(':', StringComparison.Ordinal) && !CallCheck.IsPlaceholder(basic)) return "A password";
        foreach (var assignment in Assignments(step))
        {
            if (assignment.Value.IsLiteral && (SecretName().IsMatch(assignment.Name) && IsSecretLike(assignment.Value.Text) || KeyName().IsMatch(assignment.Name) && KeyShape().IsMatch(assignment.Value.Text))) return $"The secret {assignment.Name}";
        }

        return FromLiteral().Match(text) is { Success: true } literal && IsSecretLike(literal.Groups[1].Value) ? "The value of --from-literal" : null;
    }

    private static IEnumerable<ShellAssignment> Assignments(RunbookStep step)
    {
        if (step is not LocalStep local) return [];
        return local.Command.Assignments.Concat(local.Command.Arguments
            .Where(w => w.Text.IndexOf('=', StringComparison.Ordinal) > 0 && w.Parts[0] is LiteralPart)
            .Select(w => new ShellAssignment(w.Text.Split('=')[0], Runbooks.Commands.CommandLine.WithoutPrefix(w, w.Text.IndexOf('=', StringComparison.Ordinal) + 1))));
    }

    private static bool IsSecretLike(string value)
    {
        var bare = value.Trim('"', '\'');
        return bare.Length >= 6 && !bare.Contains('$', StringComparison.Ordinal) && !bare.StartsWith('<') && !bare.StartsWith('[') && !bare.StartsWith('{') && !bare.Contains("...", StringComparison.Ordinal)
            && !bare.Contains('…') && !bare.StartsWith("YOUR", StringComparison.OrdinalIgnoreCase) && !bare.Contains("xxx", StringComparison.OrdinalIgnoreCase) && !bare.Contains("***", StringComparison.Ordinal)
            && !bare.StartsWith('/') && !bare.StartsWith("changeme", StringComparison.OrdinalIgnoreCase) && !bare.Contains('*');
    }

    [GeneratedRegex(@"(?:--private-key(?:[ =]+)|-{1,2}pk[ =]|PRIVATE_KEY=|_PK=|secret[-_]?key[ =])[""']?(?:0x)?[0-9a-fA-F]{64}\b", RegexOptions.IgnoreCase)]
    private static partial Regex KeyLiteral();

    [GeneratedRegex(@"--mnemonic(?:-phrase)?[ =][""'](?:[a-z]+ ){11,23}[a-z]+[""']|MNEMONIC=[""'](?:[a-z]+ ){11,23}[a-z]+[""']")]
    private static partial Regex MnemonicLiteral();

    [GeneratedRegex(@"\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{30,}|xox[abprs]-[A-Za-z0-9-]{10,}|sk_live_[A-Za-z0-9]{16,}|glpat-[A-Za-z0-9_-]{16,}|eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{8,})")]
    private static partial Regex TokenShape();

    [GeneratedRegex(@"(?:Bearer|Basic|GenieKey|X-Api-Key:|X-Auth-Token:|api[-_]?key:|apikey:|x-access-token:|PRIVATE-TOKEN:|Token token=)\s*([A-Za-z0-9_.+/=-]{12,})", RegexOptions.IgnoreCase)]
    private static partial Regex BearerLiteral();

    // A name behind --password-file or --password-env is no password; "=" and "$" are references' marks.
    [GeneratedRegex(@"(?:^|\s)(?:--password|--passphrase|--keystore-password|--db-password)(?:\s+|=)(?![-/.~])([^\s$<`]{6,})(?=\s|$)")]
    private static partial Regex PasswordOption();

    [GeneratedRegex(@"(?:^|\s)--(?:(?:etherscan-)?api-key|secret-key|(?:auth-|access-)?token)(?:\s+|=)([A-Za-z0-9+=_-]{20,})(?=\s|$)")]
    private static partial Regex KeyValueOption();

    [GeneratedRegex(@"://[^/\s:@""']+:([^/\s@""']+)@")]
    private static partial Regex UrlPassword();

    [GeneratedRegex(@"(?:PASSWORD|PASSWD|SECRET|TOKEN|PRIVATE_KEY|API_?KEY|MNEMONIC|_PK)$", RegexOptions.IgnoreCase)]
    private static partial Regex SecretName();

    [GeneratedRegex(@"(?:^|_)KEY$", RegexOptions.IgnoreCase)]
    private static partial Regex KeyName();

    // Long, and of letters and digits both: not an address, a path or a name.
    [GeneratedRegex(@"^(?!0x[0-9a-fA-F]{40}$)(?=[^/]*\d)(?=[^/]*[A-Za-z])[A-Za-z0-9+=_-]{20,}$")]
    private static partial Regex KeyShape();

    [GeneratedRegex(@"--from-literal[ =][""']?[\w.-]+=([^\s]+)")]
    private static partial Regex FromLiteral();

    [GeneratedRegex(@"(--private-key|--mnemonic|--from-literal)(?=[ =])")]
    private static partial Regex KeyOption();
}
