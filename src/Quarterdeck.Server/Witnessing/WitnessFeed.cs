using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Store;
using Quarterdeck.Store.Audit;

namespace Quarterdeck.Server.Witnessing;

/// <summary>
/// Shows each new checkpoint to the witnesses and keeps their cosignatures. A witness that refuses a continuation has seen another
/// history: that is said in health and in the program's log until a person has looked. Protocol: c2sp.org/tlog-witness.
/// </summary>
internal sealed partial class WitnessFeed(
    OperationsStore store, IReadOnlyList<WitnessAddress> witnesses, HttpClient http, ILogger<WitnessFeed> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private const int MaximumAnswer = 4096;
    private readonly AuditLog _audit = new(store);
    private readonly AuditCosignatures _cosignatures = new(store);
    private readonly ConcurrentDictionary<string, string> _states = [];

    /// <summary>How it stands with each witness: <c>ok</c>, or what is wrong.</summary>
    public IReadOnlyDictionary<string, string> States => _states;

    /// <summary>One round over all witnesses.</summary>
    public async Task Feed(CancellationToken cancel)
    {
        if (await _audit.LatestCheckpoint(cancel) is not { } note) return;
        var checkpoint = Checkpoint.Parse(SignedNote.Parse(note).Text);
        await Task.WhenAll(witnesses.Select(async witness =>
        {
            var state = await Tell(witness, note, checkpoint, cancel);
            if (state != _states.GetValueOrDefault(witness.Key.Name) && state != "ok") Unwitnessed(log, witness.Key.Name, state);
            _states[witness.Key.Name] = state;
        }));
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (witnesses.Count == 0) return;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await Feed(stoppingToken);
            }
            catch (TransientException e)
            {
                Unwitnessed(log, "all", e.Message);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(Interval, store.Clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<string> Tell(WitnessAddress witness, string note, Checkpoint checkpoint, CancellationToken cancel)
    {
        try
        {
            var last = await _cosignatures.LastSize(witness.Key, cancel);
            if (last >= checkpoint.Size || !await _cosignatures.News(last, checkpoint.Size, cancel)) return "ok";
            var (status, body) = await Ask(witness, last, note, checkpoint, cancel);
            if (status == HttpStatusCode.Conflict && long.TryParse(body.AsSpan().TrimEnd('\n'), NumberStyles.None, CultureInfo.InvariantCulture, out var seen))
            {
                // What it cosigned before, perhaps for a server whose answer was lost on the way.
                if (seen > checkpoint.Size)
                    return $"it has cosigned {seen} entries, this database has {checkpoint.Size}: the database was restored or rewritten";
                (status, body) = await Ask(witness, seen, note, checkpoint, cancel);
            }

            return status switch
            {
                HttpStatusCode.OK => await Keep(witness, note, checkpoint, body, cancel),
                HttpStatusCode.UnprocessableEntity => $"it has seen another history than this database holds: {body.Trim()}",
                _ => $"it answers {(int)status}: {body.Trim()}",
            };
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return $"it does not answer: {e.Message}";
        }
    }

    private async Task<string> Keep(WitnessAddress witness, string note, Checkpoint checkpoint, string line, CancellationToken cancel)
    {
        try
        {
            if (line.Count(c => c == '\n') == 1 && SignedNote.Parse(SignedNote.With(note, [line])).SignatureOf(witness.Key) == NoteSignature.Good)
            {
                await _cosignatures.Keep(witness.Key, witness.Url, checkpoint, line, cancel);
                return "ok";
            }
        }
        catch (FormatException)
        {
            // Said below: what came is no cosignature.
        }

        return "its answer is not a cosignature of its key";
    }

    private async Task<(HttpStatusCode Status, string Body)> Ask(
        WitnessAddress witness, long old, string note, Checkpoint checkpoint, CancellationToken cancel)
    {
        var request = new WitnessRequest(old, await _audit.Consistency(old, checkpoint.Size, cancel), note);
        using var content = new StringContent(request.ToString(), Encoding.UTF8, "text/plain");
        using var answer = await http.PostAsync(new Uri(witness.Url, "add-checkpoint"), content, cancel);
        await using var stream = await answer.Content.ReadAsStreamAsync(cancel);
        var bytes = new byte[MaximumAnswer];
        var read = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancel);
        return (answer.StatusCode, Encoding.UTF8.GetString(bytes, 0, read));
    }

    [LoggerMessage(LogLevel.Critical, "Checkpoints are not cosigned by the witness {Witness}: {Why}")]
    private static partial void Unwitnessed(ILogger log, string witness, string why);
}
