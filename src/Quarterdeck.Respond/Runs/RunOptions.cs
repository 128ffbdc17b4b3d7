namespace Quarterdeck.Respond.Runs;

/// <summary>How runs are driven.</summary>
public sealed class RunOptions
{
    /// <summary>How long a dead server keeps a run from the others. Default: 6 s.</summary>
    public TimeSpan LeaseTime { get; set; } = TimeSpan.FromSeconds(6);

    /// <summary>How often runs are looked at without a signal. Default: 1 s.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a check step tries until its condition must hold. Default: 30 s.</summary>
    public TimeSpan CheckPatience { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long one read, over RPC or HTTP, may take. Default: 10 s.</summary>
    public TimeSpan ReadTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often a read is tried when the other side fails in a way that may pass. Default: 5.</summary>
    public int ReadAttempts { get; set; } = 5;

    /// <summary>Hosts that runbooks may reach though their addresses are link-local or of a metadata service. Default: none.</summary>
    public IReadOnlyCollection<string> AllowedHosts { get; set; } = [];

    /// <summary>How long a program on a service, or one that the pack allows, may take. Default: 60 s.</summary>
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Folders that programs are looked for in, as in PATH; null takes the server's own PATH.</summary>
    public string? ToolPath { get; set; }

    /// <summary>How often a condition that is waited for is looked at. Default: 5 s.</summary>
    public TimeSpan LookInterval { get; set; } = TimeSpan.FromSeconds(5);
}
