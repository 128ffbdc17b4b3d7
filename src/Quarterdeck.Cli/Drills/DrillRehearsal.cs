using System.Text.Json;
using Quarterdeck.Cli.Api;
using Quarterdeck.Cli.Up;
using Quarterdeck.Devnet.Environments;
using Quarterdeck.Devnet.Keys;
using Quarterdeck.Packs;

namespace Quarterdeck.Cli.Drills;

/// <summary>A drill as the history keeps it: what <c>POST /api/rehearsals</c> takes.</summary>
internal sealed record DrillRehearsal(
    string Id, string Pack, string? Runbook, string? Fault, string Ground, string Environment, string PackHash, string? RunbookHash,
    string? Failure, DateTimeOffset StartedAt, DateTimeOffset EndedAt, RehearsalMilliseconds Milliseconds, RehearsalBlocks Blocks,
    string? RunId, string? IncidentId)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static DrillRehearsal Of(DrillReport report, DrillGround ground, DateTimeOffset started, DateTimeOffset ended) => new(
        Primitives.Ids.Id.New("reh", TimeProvider.System), ground.Pack.Name, report.Runbook,
        ground.Subject.HasAnomaly || ground.Subject.General is not null ? ground.Subject.General?.Name ?? ground.Fault.Name : null, report.Ground,
        ground.ForkOf ?? "devnet", PackVersion.Of(ground.Pack).ToString(), report.Runbook is { } slug ? ground.Pack.FindRunbook(slug)?.Hash.ToString() : null,
        report.Succeeded ? null : report.Failure ?? "it was not contained", started, ended,
        new(report.Milliseconds.ToAlert, report.Milliseconds.ToApproval, report.Milliseconds.ToContained, report.RestoredAfter),
        new(report.Blocks.ToAlert, report.Blocks.ToContained), report.Run, report.Incident);

    /// <summary>
    /// Gives it to the server that runs from the state folder; where none does, leaves it in the folder's rehearsals, from which the next
    /// one takes it. Says which.
    /// </summary>
    public async Task<string> HandOver(string state, DrillGround ground, IReadOnlyDictionary<string, DevKey> wallets, CancellationToken cancel)
    {
        if (await UpOptions.Running(state, cancel) is { } running)
        {
            // The drill's own environment has other people than the one that runs.
            var people = ground.IsOwn ? (await DevnetKeys.Ensure(state, running.Packs, cancel)).Operators : wallets;
            using var api = new ServerApi(new Uri(running.Url), TimeSpan.FromSeconds(10));
            await api.SignIn(people[DevnetKeys.OnDuty], cancel);
            await api.Post("/api/rehearsals", this, cancel);
            return $"The rehearsal {Id} is in the history of {running.Url}.";
        }

        var folder = Path.Combine(state, "rehearsals");
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, $"{Id}.json");
        // Whole or not at all: a server may be looking.
        await File.WriteAllTextAsync(path + ".part", JsonSerializer.Serialize(this, Json), cancel);
        File.Move(path + ".part", path);
        return $"The rehearsal {Id} is in {path}; the next server that runs from there takes it into its history.";
    }
}

internal sealed record RehearsalMilliseconds(long? Detected, long? Decided, long? Contained, long? Restored);

internal sealed record RehearsalBlocks(long? Detected, long? Contained);
