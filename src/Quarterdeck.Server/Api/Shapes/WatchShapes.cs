namespace Quarterdeck.Server.Api.Shapes;

internal sealed record Overview(
    string Environment, string EnvironmentKind, IReadOnlyList<PackStatus> Packs, IReadOnlyList<FindingShape> Refused,
    IReadOnlyList<AlertShape> Firing, IReadOnlyList<IncidentSummaryShape> OpenIncidents, IReadOnlyList<RunSummaryShape> ActiveRuns);

internal sealed record PackStatus(
    string Name, string Title, IReadOnlyList<ChainStatus> Chains, IReadOnlyList<ContractStatus> Contracts,
    IReadOnlyList<ServiceStatus> Services, IReadOnlyList<MetricStatus> Metrics);

internal sealed record ChainStatus(string Name, string ChainId, BlockHead? Head, double? LagSeconds);

internal sealed record BlockHead(long Number, string Hash, DateTimeOffset Time);

internal sealed record ContractStatus(string Name, string Chain, string Address, bool Pausable, bool? Paused);

internal sealed record ServiceStatus(string Name, bool? Up);

internal sealed record MetricStatus(
    string Name, string Help, string? Unit, IReadOnlyDictionary<string, string> Labels, double? Value, string? Exact, long? Block,
    IReadOnlyList<double> Recent);

internal sealed record FindingShape(string File, int? Line, string Severity, string Code, string Message, string? Remedy);

internal sealed record AlertShape(
    string Id, string Pack, string Name, string State, string Severity, IReadOnlyDictionary<string, string> Labels,
    IReadOnlyDictionary<string, string> Annotations, string? Value, string? Expression, DateTimeOffset? ActiveAt, DateTimeOffset? FiredAt,
    DateTimeOffset? ResolvedAt, long? Block);

internal sealed record HealthShape(
    string Status, string Database, IReadOnlyList<ChainHealthShape> Chains, IReadOnlyDictionary<string, string> Workers,
    IReadOnlyList<FindingShape> Refused);

internal sealed record ChainHealthShape(
    string Name, long? Head, double? LagSeconds, int Endpoints, long? BlockLag, long EventsPerMinute, string? Failure,
    IReadOnlyList<EndpointHealthShape> EndpointStates, BackfillShape? Backfill);

internal sealed record EndpointHealthShape(
    string Name, bool Usable, long? Head, long HeadLag, double LatencyMilliseconds, string Fault, string? LastError);

internal sealed record BackfillShape(
    string Phase, long From, long To, long At, double Done, long Events, double EventsPerSecond, double BlocksPerSecond, double? RemainingSeconds, int BatchSize,
    int Concurrency);

internal sealed record IndexingShape(
    string Pack, string Chain, string ChainId, string State, long? Head, long? Indexed, long? FirstBlock, long? Finalised, long? BlockLag,
    double? LagSeconds, long Events, long EventsPerMinute, double? CommitMilliseconds, long Undecodable, int Reorganisations,
    int DeepestReorganisation, long Gaps, string? Failure, BackfillShape? Backfill, IReadOnlyList<EndpointHealthShape> Endpoints,
    IReadOnlyList<IndexedTableShape> Tables);

internal sealed record IndexedTableShape(string Table, string Contract, string Event, long? Start);
