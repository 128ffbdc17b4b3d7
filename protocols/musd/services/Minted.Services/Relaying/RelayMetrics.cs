using System.Globalization;
using System.Text;

namespace Minted.Services.Relaying;

/// <summary>The relay's figures in Prometheus's text format, under the names its dashboards know.</summary>
internal sealed class RelayMetrics(TimeProvider clock)
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, long> _counters = new(StringComparer.Ordinal);
    private readonly long _started = clock.GetTimestamp();
    private (string Hash, int Rounds) _waiting = ("", 0);

    public ulong LastScannedBlock { get; set; }

    public int ConsecutiveFailures { get; set; }

    public bool PauseTriggered { get; set; }

    public void Processed(bool success) => Count("attestations_processed_total", "status", success ? "success" : "revert");

    public void ValidationFailed(string reason) => Count("bridge_validation_failures_total", "reason", reason);

    public void Reverted(string error) => Count("tx_reverts_total", "operation", error);

    /// <summary>How often the same transaction has been looked for without being found.</summary>
    public int Waited(string hash) => (_waiting = _waiting.Hash == hash ? (hash, _waiting.Rounds + 1) : (hash, 1)).Rounds;

    public string Text()
    {
        var text = new StringBuilder();
        lock (_lock)
        {
            foreach (var family in _counters.GroupBy(c => c.Key[..c.Key.IndexOf('{', StringComparison.Ordinal)]))
            {
                text.Append(CultureInfo.InvariantCulture, $"# TYPE {family.Key} counter\n");
                foreach (var (series, value) in family) text.Append(CultureInfo.InvariantCulture, $"{series} {value}\n");
            }
        }

        Gauge(text, "relay_last_scanned_block", LastScannedBlock);
        Gauge(text, "relay_consecutive_failures", (ulong)ConsecutiveFailures);
        Gauge(text, "anomaly_detector_pause_triggered", PauseTriggered ? 1UL : 0);
        Gauge(text, "relay_uptime_seconds", (ulong)clock.GetElapsedTime(_started).TotalSeconds);
        text.Append(CultureInfo.InvariantCulture,
            $"# TYPE minted_relay_direction_status gauge\nminted_relay_direction_status{{direction=\"attestation\"}} {(ConsecutiveFailures >= 5 ? 1 : 0)}\n");
        return text.ToString();
    }

    private static void Gauge(StringBuilder text, string name, ulong value) =>
        text.Append(CultureInfo.InvariantCulture, $"# TYPE minted_{name} gauge\nminted_{name} {value}\n");

    private void Count(string name, string label, string value)
    {
        var series = $"minted_{name}{{{label}=\"{value}\"}}";
        lock (_lock) _counters[series] = _counters.GetValueOrDefault(series) + 1;
    }
}
