namespace Quarterdeck.Server.Api.Prometheus;

/// <summary>A request that Prometheus's HTTP API refuses, with the type and status it would have there.</summary>
internal sealed class PrometheusException(PrometheusErrorType type, string message) : Exception(message)
{
    public PrometheusErrorType Type => type;

    /// <summary>A parameter that cannot be used.</summary>
    public static PrometheusException Parameter(string name, string why) =>
        new(PrometheusErrorType.BadData, $"invalid parameter \"{name}\": {why}");
}

/// <summary>The error types of the API: https://prometheus.io/docs/prometheus/latest/querying/api/</summary>
internal enum PrometheusErrorType
{
    /// <summary>A parameter is missing or wrong: 400.</summary>
    BadData,

    /// <summary>The query cannot be evaluated on the data: 422.</summary>
    Execution,

    /// <summary>It took too long: 503.</summary>
    Timeout,

    /// <summary>There is no such thing: 404.</summary>
    NotFound,

    /// <summary>The database is away: 503.</summary>
    Unavailable,
}
