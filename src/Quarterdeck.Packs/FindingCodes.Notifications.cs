namespace Quarterdeck.Packs;

public static partial class FindingCodes
{
    internal const string ReceiverWithoutChannel = "QD6001";
    internal const string ReceiverUnused = "QD6002";
    internal const string AlertToldNobody = "QD6003";
    internal const string RouteNeverTaken = "QD6004";
    internal const string RouteForUnknownAlert = "QD6005";

    private static readonly Entry[] NotificationEntries =
    [
        new(ReceiverWithoutChannel, "Receiver without a channel", "A route leads to a receiver that has no channel: whoever it stands for is not told."),
        new(ReceiverUnused, "Receiver that no route names", "A receiver is defined, and no route or fallback leads to it."),
        new(AlertToldNobody, "Alert that nobody is told of", "Every route that an alert of the pack takes ends at a receiver without a channel."),
        new(RouteNeverTaken, "Route that no alert takes", "None of the pack's alerts has labels that lead here: a sibling before it takes them, or the matchers fit none."),
        new(RouteForUnknownAlert, "Route for an alert that no rule defines", "A route matches on an alert's name that no rule of the pack has."),
    ];
}
