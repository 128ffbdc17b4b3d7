namespace Quarterdeck.Packs.Manifest;

/// <summary>A process of the protocol that is watched and can be restarted.</summary>
/// <param name="Name">The pack's own name.</param>
/// <param name="Job">Value of the label <c>job</c> of its series <c>up</c>.</param>
/// <param name="Probe">How its health is read; null where it is not.</param>
public sealed record ServiceDefinition(string Name, string Job, ServiceProbe? Probe)
{
    /// <summary>Other names runbooks use for it: <c>deployment/bridge-relay</c>, <c>app=relay</c>.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>How the devnet starts it; null where the devnet does not.</summary>
    public ServiceRun? Run { get; init; }

    /// <summary>Line in protocol.yaml; 1-based.</summary>
    public int Line { get; init; }
}

/// <summary>The process of a service on the devnet.</summary>
/// <param name="Project">Folder of its project, relative to the pack.</param>
/// <param name="Args">Its arguments; <c>${rpc}</c>, <c>${port}</c> and the like are filled by the devnet.</param>
public sealed record ServiceRun(string Project, IReadOnlyList<string> Args);

/// <summary>A health probe. <paramref name="Target"/> may hold <c>${NAME}</c>, which the environment fills.</summary>
/// <param name="Kind">What is asked.</param>
/// <param name="Target">A URL, <c>host:port</c>, a file, or a process name, by kind.</param>
/// <param name="Timeout">How long an answer may take.</param>
public sealed record ServiceProbe(ProbeKind Kind, string Target, TimeSpan Timeout)
{
    /// <summary>For <see cref="ProbeKind.Heartbeat"/>: how old the file may be.</summary>
    public TimeSpan? MaxAge { get; init; }
}

/// <summary>The kinds of health probe.</summary>
public enum ProbeKind
{
    /// <summary>GET answers with a 2xx status.</summary>
    Http,

    /// <summary>A TCP connection is accepted.</summary>
    Tcp,

    /// <summary>A process is running.</summary>
    Process,

    /// <summary>A file's modification time advances.</summary>
    Heartbeat,
}

/// <summary>A database of the protocol; the environment gives the connection as a secret reference.</summary>
/// <param name="Name">The pack's own name.</param>
/// <param name="Variables">Variables that runbooks use for its URL, without <c>$</c>.</param>
/// <param name="Names">Database names (<c>psql -d</c>) that mean it.</param>
public sealed record DatabaseDefinition(string Name, IReadOnlyList<string> Variables, IReadOnlyList<string> Names);
