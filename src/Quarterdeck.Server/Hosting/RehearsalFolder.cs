using System.Text.Json;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Respond;
using Quarterdeck.Respond.Rehearsals;
using Quarterdeck.Server.Api.Shapes;

namespace Quarterdeck.Server.Hosting;

/// <summary>
/// Takes rehearsals that were done while no server ran into the history: drills leave them as files in the state folder, which is the
/// server's own. A file that was taken, or cannot be, is renamed and stays.
/// </summary>
internal sealed partial class RehearsalFolder(ServerSettings settings, RecordRehearsal record, ILogger<RehearsalFolder> log) : BackgroundService
{
    private static readonly Actor Drill = Actor.Cli("drill");
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Takes what is there. Returns how many.</summary>
    public async Task<int> Take(CancellationToken cancel)
    {
        var folder = Path.Combine(settings.State, "rehearsals");
        if (!Directory.Exists(folder)) return 0;
        var taken = 0;
        foreach (var file in Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal).ToList())
        {
            var (refusal, end) = await Read(file, cancel) is { } given && await record.Record(given.Read(), Drill, cancel) is var outcome
                ? outcome is Outcome<string>.Refused refused ? (refused.Refusal.Detail, ".refused") : (null, ".recorded")
                : ("it is not a rehearsal", ".refused");
            File.Move(file, file + end, overwrite: true);
            if (refusal is null) taken++;
            else Refused(log, file, refusal);
        }

        return taken;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await Take(stoppingToken);
            }
            catch (Exception problem) when (problem is TransientException or IOException or UnauthorizedAccessException)
            {
                Later(log, problem.Message);
            }

            await Task.Delay(Interval, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task<RehearsalGiven?> Read(string file, CancellationToken cancel)
    {
        try
        {
            return JsonSerializer.Deserialize<RehearsalGiven>(await File.ReadAllTextAsync(file, cancel), Json) is { Milliseconds: not null, Blocks: not null } given
                ? given
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "The rehearsal in {File} is not taken into the history: {Why}")]
    private static partial void Refused(ILogger log, string file, string why);

    [LoggerMessage(2, LogLevel.Warning, "Rehearsals in the state folder are taken later: {Why}")]
    private static partial void Later(ILogger log, string why);
}
