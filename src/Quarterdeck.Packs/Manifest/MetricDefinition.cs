namespace Quarterdeck.Packs.Manifest;

/// <summary>A metric: one name, one or more series.</summary>
/// <param name="Name">Prometheus metric name.</param>
/// <param name="Help">One sentence for people.</param>
/// <param name="Unit">Unit of the value; empty where none.</param>
/// <param name="Type">Gauge, counter or histogram.</param>
/// <param name="Series">Each series with its labels and source; <c>each:</c> is already expanded. Empty for an external metric.</param>
public sealed record MetricDefinition(
    string Name, string Help, string Unit, MetricType Type, IReadOnlyList<MetricSeries> Series)
{
    /// <summary>Sampled at every n-th block; null where it goes by time.</summary>
    public int? EveryBlocks { get; init; }

    /// <summary>Sampled at this interval; null where it goes by block.</summary>
    public TimeSpan? Every { get; init; }

    /// <summary>Whether the protocol's own exporter serves it: Quarterdeck knows what it means and does not read it itself.</summary>
    public bool External { get; init; }

    /// <summary>The labels its series may carry.</summary>
    public IReadOnlyList<string> LabelNames { get; init; } = [];

    /// <summary>Line in metrics.yaml; 1-based.</summary>
    public int Line { get; init; }
}

/// <summary>Prometheus metric types in use.</summary>
public enum MetricType
{
    /// <summary>Goes up and down.</summary>
    Gauge,

    /// <summary>Only goes up, but for restarts.</summary>
    Counter,

    /// <summary>Counts by upper bound, in the series <c>_bucket</c>, <c>_sum</c> and <c>_count</c>; external metrics only.</summary>
    Histogram,
}

/// <summary>One series of a metric.</summary>
/// <param name="Labels">Its labels.</param>
/// <param name="Source">Where its value comes from.</param>
public sealed record MetricSeries(IReadOnlyDictionary<string, string> Labels, MetricSource Source);

/// <summary>Where a value comes from.</summary>
public abstract record MetricSource;

/// <summary>A contract read. A boolean result is 1 or 0.</summary>
/// <param name="Contract">Contract name in the pack.</param>
/// <param name="Function">Signature with result, such as <c>totalSupply()(uint256)</c>.</param>
/// <param name="Args">Arguments as text; <c>$NAME</c> is resolved by the environment.</param>
/// <param name="Decimals">The integer is divided by ten to this power, exactly.</param>
/// <param name="Result">Which result is taken where the function has several; 0-based.</param>
public sealed record CallSource(
    string Contract, string Function, IReadOnlyList<string> Args, int Decimals, int Result = 0) : MetricSource;

/// <summary>A count of events, or the sum of one of their fields.</summary>
/// <param name="Contract">Contract name in the pack.</param>
/// <param name="Event">Event name.</param>
/// <param name="Sum">Field that is summed; null counts.</param>
/// <param name="Decimals">For sums: the decimals of the field.</param>
public sealed record EventSource(string Contract, string Event, string? Sum, int Decimals) : MetricSource;

/// <summary>A PromQL expression over other metrics, exact where it only adds, subtracts, multiplies and divides.</summary>
/// <param name="Expression">The expression.</param>
public sealed record FormulaSource(string Expression) : MetricSource;

/// <summary>1 while a service's probe succeeds, else 0.</summary>
/// <param name="Service">Service name in the pack.</param>
public sealed record ProbeSource(string Service) : MetricSource;

/// <summary>The single value of an SQL query, run under a read-only role.</summary>
/// <param name="Database">Database name in the pack.</param>
/// <param name="Query">The query.</param>
public sealed record SqlSource(string Database, string Query) : MetricSource;

/// <summary>What another program exposes to Prometheus; each series it shows becomes one here, with the metric's labels added.</summary>
/// <param name="Url">Where it exposes; may hold <c>${NAME}</c>.</param>
/// <param name="Metric">The metric's name there.</param>
/// <param name="Match">Labels that a series must have there.</param>
/// <param name="Timeout">How long an answer may take.</param>
public sealed record ScrapeSource(string Url, string Metric, IReadOnlyDictionary<string, string> Match, TimeSpan Timeout) : MetricSource;

/// <summary>A number in a JSON answer.</summary>
/// <param name="Url">What is fetched; may hold <c>${NAME}</c>.</param>
/// <param name="Path">Where the number is, such as <c>$.checks.indexer.blockLag</c>.</param>
/// <param name="Timeout">How long an answer may take.</param>
public sealed record HttpSource(string Url, string Path, TimeSpan Timeout) : MetricSource;
