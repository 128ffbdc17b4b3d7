namespace Quarterdeck.Packs;

public static partial class FindingCodes
{
    internal const string TargetUnknown = "QD4001";
    internal const string FunctionUnknown = "QD4002";
    internal const string SignatureMalformed = "QD4003";
    internal const string ArgumentsWrong = "QD4004";
    internal const string ResultsDiffer = "QD4005";
    internal const string VariableWithoutValue = "QD4006";
    internal const string DecimalsMixed = "QD4007";
    internal const string ShareDecimals = "QD4008";
    internal const string InverseMissing = "QD4009";
    internal const string InverseOrder = "QD4010";
    internal const string UnpauseWaits = "QD4011";
    internal const string AlertUndefined = "QD4012";
    internal const string AlertWithoutRunbook = "QD4013";
    internal const string MetricWithoutRule = "QD4014";
    internal const string ExpressionInvalid = "QD4015";
    internal const string LadderGap = "QD4016";
    internal const string LadderOverlap = "QD4017";
    internal const string ContactWithoutChannel = "QD4018";
    internal const string SecretOnCommandLine = "QD4019";
    internal const string SecretFromVariable = "QD4020";
    internal const string ToolUsage = "QD4021";
    internal const string LinkUnknown = "QD4022";
    internal const string AccountUnknown = "QD4023";
    internal const string EventUnknown = "QD4024";
    internal const string CallOfWrite = "QD4025";
    internal const string SendOfRead = "QD4026";
    internal const string DecisionOpen = "QD4027";
    internal const string AmountDecimals = "QD4028";
    internal const string TableUnknown = "QD4029";
    internal const string ColumnUnknown = "QD4030";
    internal const string ObjectUnknown = "QD4031";
    internal const string WouldRevert = "QD5001";
    internal const string RoleMissing = "QD5002";
    internal const string NoCode = "QD5003";
    internal const string NotInCode = "QD5004";
    internal const string ReadReverts = "QD5005";
    internal const string DependsOnEarlier = "QD5006";
    internal const string ChainUnreachable = "QD5007";
    internal const string AlreadyDone = "QD5008";
    internal const string WrongChain = "QD5009";

    private static readonly Entry[] CheckEntries =
    [
        new(TargetUnknown, "Contract unknown", "The target of a call or transaction is no contract of the pack, no known variable, and no address."),
        new(FunctionUnknown, "Function not in the ABI", "The contract has no function of this name with these parameters. The nearest names are given."),
        new(SignatureMalformed, "Signature malformed", "The text is not a function signature such as 'balanceOf(address)(uint256)'."),
        new(ArgumentsWrong, "Arguments wrong", "The number of arguments differs from the signature, or one cannot be read as its type."),
        new(ResultsDiffer, "Results differ from the ABI", "The result types written behind the signature are not those of the ABI: the answer would be decoded wrongly."),
        new(VariableWithoutValue, "Variable unset", "A variable is used that neither the environment nor an earlier step of the runbook sets."),
        new(DecimalsMixed, "Decimals mixed in one formula", "Two raw integers with different decimals are divided, added or compared without a scale factor: the result is wrong by a power of ten."),
        new(ShareDecimals, "Share amount with wrong decimals", "An ERC-4626 share has more decimals than its asset (a decimals offset), and the amount asked for is not one whole share."),
        new(InverseMissing, "Pause without inverse", "A contract is paused, and no runbook at hand unpauses it."),
        new(InverseOrder, "Unpause not in reverse order", "Contracts are unpaused in another order than the reverse of the pause: for a while a path is open that the pause had closed first."),
        new(UnpauseWaits, "Unpause has to wait", "The inverse goes through a request, a timelock or a cooldown: as written it cannot take effect at once."),
        new(AlertUndefined, "Alert defined nowhere", "The runbook answers an alert that no rule defines: it will never fire."),
        new(AlertWithoutRunbook, "Rule names an unknown runbook", "An alerting rule's annotation 'runbook' names no runbook of the pack."),
        new(MetricWithoutRule, "Metric without a rule", "No rule, formula or check uses the metric: it is collected, and nobody is told when it goes wrong."),
        new(ExpressionInvalid, "Check expression invalid", "The expression of a check does not parse, or names a metric that nothing produces."),
        new(LadderGap, "Thresholds leave a gap", "Values between two bands of a ladder, often the boundary itself, belong to no row."),
        new(LadderOverlap, "Thresholds overlap", "Values belong to two rows of a ladder, so that two different actions are prescribed."),
        new(ContactWithoutChannel, "Contact without a channel", "A row of a contact table says who, but not how to reach them."),
        new(SecretOnCommandLine, "Secret on a command line", "A private key, token or password is written out: whoever reads the runbook has it."),
        new(SecretFromVariable, "Secret passed as an argument", "A secret is passed as a program's argument: it shows in the process list and in the shell's history."),
        new(ToolUsage, "Command does not work as written", "The tool has no such verb or does not take such a value."),
        new(LinkUnknown, "Link to nothing", "A step leads to a runbook that is not in the pack, or a link to a section or file that is not there."),
        new(AccountUnknown, "Account unknown", "The sender is no account of the environment."),
        new(EventUnknown, "Event not in the ABI", "Logs are looked for by an event that the contract does not have: the answer is always empty."),
        new(CallOfWrite, "Call of a function that writes", "'cast call' only tries the function out: what the step is for does not happen."),
        new(SendOfRead, "Transaction to a function that reads", "A transaction is sent to a function that changes nothing and whose answer a transaction does not show."),
        new(DecisionOpen, "Decision without a branch", "A decision names a case and does not say what is done in it."),
        new(AmountDecimals, "Amount in the wrong unit", "An amount is written with more or fewer decimals than its token has, or shown as if it had 18."),
        new(TableUnknown, "Table unknown", "An SQL step names a table that the schema at hand does not have."),
        new(ColumnUnknown, "Column unknown", "An SQL step names a column that the table does not have in the schema at hand."),
        new(ObjectUnknown, "Kubernetes object unknown", "A step names an object or namespace that no manifest at hand defines."),
        new(WouldRevert, "Would revert if sent now", "The transaction was simulated at the head of the chain from its sender, and reverts. The reason is decoded."),
        new(RoleMissing, "Sender holds no role", "The transaction reverts because its sender, or everybody, lacks the role that the contract asks for."),
        new(NoCode, "No contract at the address", "There is no code at the address on this chain."),
        new(NotInCode, "Function not in the deployed code", "The ABI has the function, but the code at the address does not: the deployed contract is another version."),
        new(ReadReverts, "Read reverts", "The read was made at the head of the chain, and reverts."),
        new(DependsOnEarlier, "Depends on earlier steps", "The transaction would revert if sent alone now; an earlier step of the procedure may be what it needs."),
        new(ChainUnreachable, "Chain could not be asked", "The endpoint gave no answer: what needs the chain is not checked."),
        new(AlreadyDone, "Already in that state", "The transaction would revert now because what it brings about is already so."),
        new(WrongChain, "Endpoint of another chain", "The endpoint reports another chain id than the environment names: what it says is not of this protocol, and what is sent to it would be."),
    ];
}
