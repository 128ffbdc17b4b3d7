using Quarterdeck.Observe.Alerts;

// The namespace is the point: this file pretends to be part of Indexing and uses Alerts, which Indexing must not know.
#pragma warning disable IDE0130
namespace Quarterdeck.Observe.Indexing.Violation;

/// <summary>The deliberate violation that shows that the test can fail.</summary>
internal sealed class IndexerThatKnowsAlerts
{
    public int Count(IEnumerable<object> items) => items.OfType<ActiveAlert>().Count();
}
