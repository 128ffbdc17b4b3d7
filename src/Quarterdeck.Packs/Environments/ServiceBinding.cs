namespace Quarterdeck.Packs;

/// <summary>What acts on a service.</summary>
public enum ServiceDriverKind
{
    /// <summary><c>kubectl</c>.</summary>
    Kubernetes,

    /// <summary><c>docker compose</c>.</summary>
    Compose,

    /// <summary><c>systemctl</c>.</summary>
    Systemd,

    /// <summary>The process of an embedded environment, switched through the files of its control folder.</summary>
    Process,
}

/// <summary>How runs act on a service of the pack in this environment, and which verbs they may use.</summary>
/// <param name="Service">The pack's name of the service.</param>
/// <param name="Driver">What acts on it.</param>
/// <param name="Target">
/// The driver's own name for it: <c>deployment/relay</c>, a compose service, a systemd unit, or the embedded process's name.
/// </param>
/// <param name="Verbs">The verbs that runs may use; any other is left to a person.</param>
public sealed record ServiceBinding(string Service, ServiceDriverKind Driver, string Target, IReadOnlyList<string> Verbs)
{
    /// <summary>Every verb there is. <c>status</c>, <c>logs</c> and <c>get</c> only read.</summary>
    public static IReadOnlyList<string> AllVerbs { get; } = ["status", "logs", "get", "restart", "start", "stop", "scale", "undo"];

    /// <summary>The verbs that a driver has.</summary>
    public static IReadOnlyList<string> VerbsOf(ServiceDriverKind driver) => driver switch
    {
        ServiceDriverKind.Kubernetes => AllVerbs,
        ServiceDriverKind.Systemd => ["status", "logs", "get", "restart", "start", "stop"],
        _ => ["status", "logs", "get", "restart", "start", "stop", "scale"],
    };

    /// <summary>The verbs where the environment lists none.</summary>
    public static IReadOnlyList<string> DefaultVerbs { get; } = ["status", "logs", "get", "restart"];

    /// <summary>Kubernetes namespace, or compose project; null for the tool's own default.</summary>
    public string? Space { get; init; }

    /// <summary>kubectl context; null for the present one.</summary>
    public string? Context { get; init; }

    /// <summary>Full path of the compose file; null for the tool's own default.</summary>
    public string? File { get; init; }

    /// <summary>Full path of an embedded environment's control folder; null for other drivers.</summary>
    public string? Control { get; init; }

    /// <summary>How many replicas <c>start</c> brings back.</summary>
    public int Replicas { get; init; } = 1;
}
