namespace Quarterdeck.Packs;

/// <summary>
/// The stable codes of findings. A code never changes its meaning; a retired one is not used again.
/// docs/reference/findings.md is generated from <see cref="All"/>.
/// </summary>
public static partial class FindingCodes
{
    /// <summary>A code, its short title and what it tells the author.</summary>
    public sealed record Entry(string Code, string Title, string Explanation);

    internal const string FileUnreadable = "QD1001";
    internal const string YamlMalformed = "QD1002";
    internal const string YamlTooLarge = "QD1003";
    internal const string KeyUnknown = "QD1004";
    internal const string KeyMissing = "QD1005";
    internal const string ValueInvalid = "QD1006";
    internal const string PathOutside = "QD1007";
    internal const string AbiInvalid = "QD1008";
    internal const string NameUnknown = "QD1009";
    internal const string AbiLacks = "QD1010";
    internal const string SecretLiteral = "QD1011";
    internal const string VariableUnset = "QD1012";
    internal const string AddressInvalid = "QD1013";
    internal const string AddressMissing = "QD1014";
    internal const string NotDeployed = "QD1015";
    internal const string NameTwice = "QD1016";
    internal const string EndpointMissing = "QD1017";
    internal const string RuleMetricUnknown = "QD1018";

    private static readonly Entry[] PackEntries =
    [
        new(FileUnreadable, "File cannot be read", "A file that the pack names is missing, unreadable or not UTF-8."),
        new(YamlMalformed, "YAML is malformed", "The file is not YAML 1.2, has a key twice in one mapping, or refers to an anchor that is not there."),
        new(YamlTooLarge, "YAML is too large", "The file passes a limit: 1 MiB of text, 64 levels, 64 aliases, or 50,000 values after aliases are expanded. The limits stop files that are made to exhaust the reader."),
        new(KeyUnknown, "Unknown key", "The key means nothing here. Unknown keys are refused, because a mistyped key would be a setting silently not applied."),
        new(KeyMissing, "Key missing", "A key that must be there is not."),
        new(ValueInvalid, "Value invalid", "The value cannot be read as what the key takes: a number, a duration, a URL, a name."),
        new(PathOutside, "Path leaves the pack", "A path in a pack must name a file inside the pack's folder."),
        new(AbiInvalid, "ABI cannot be read", "The file is neither a JSON ABI array nor a Foundry or Hardhat artifact."),
        new(NameUnknown, "Name unknown", "A chain, contract, service, policy, runbook, account or database is named that the pack does not define."),
        new(AbiLacks, "Not in the ABI", "The contract's ABI has no such function or event, or has it with other parameters."),
        new(SecretLiteral, "Secret written in a file", "Secrets are named by reference, env:NAME or file:PATH, and never written into a pack."),
        new(VariableUnset, "Variable unset", "A ${...} names an environment variable, contract or account that has no value."),
        new(AddressInvalid, "Address invalid", "The text is not a 20-byte address, or its EIP-55 checksum is wrong."),
        new(AddressMissing, "Contract without address", "The environment gives no address for a contract of the pack."),
        new(NotDeployed, "Deployment file not there", "The environment's deployment file does not exist yet; it appears when the contracts are deployed."),
        new(NameTwice, "Name used twice", "Two things of one kind have the same name."),
        new(EndpointMissing, "Chain without endpoint", "The environment gives a chain of the pack no RPC endpoint."),
        new(RuleMetricUnknown, "Metric unknown", "A formula or rule names a metric that nothing in the pack produces."),
    ];

    /// <summary>Every code, in order.</summary>
    public static IReadOnlyList<Entry> All => [.. PackEntries, .. RunbookEntries, .. CheckEntries, .. NotificationEntries];
}
