using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Server.Api.Http;
using Quarterdeck.Server.Api.Shapes;
using Quarterdeck.Server.Identity;
using Quarterdeck.Store;
using Quarterdeck.Store.Audit;

namespace Quarterdeck.Server.Api;

/// <summary>The audit log: entries, checkpoint, key, export.</summary>
internal static class AuditEndpoints
{
    private const int MaximumPage = 500;

    public static void MapAudit(this IEndpointRouteBuilder app)
    {
        var audit = app.MapGroup("/api/audit").WithTags("audit");
        audit.MapGet("", Entries).Needs(Permission.ReadAudit).Produces<AuditPageShape>();
        audit.MapGet("/checkpoint", LatestCheckpoint).Needs(Permission.ReadAudit).Produces<AuditCheckpointShape>();
        audit.MapGet("/key", (AuditSigner signer) => Results.Ok(new AuditKeyShape(signer.Key.Name, signer.Key.ToString())))
            .Needs(Permission.ReadAudit).Produces<AuditKeyShape>();
        audit.MapGet("/log/checkpoint", async (AuditLog log, CancellationToken cancel) =>
                await log.PublicCheckpoint(cancel) is { } note ? Results.Text(note) : Results.NotFound())
            .Needs(Permission.ReadAudit).Produces<string>(200, "text/plain");
        audit.MapGet("/log/tile/{**path}", Tile).Needs(Permission.ReadAudit).Produces<byte[]>(200, "application/octet-stream");
        audit.MapGet("/export", Export).Needs(Permission.ExportAudit).Produces<byte[]>(200, "application/zip");
    }

    /// <summary>With <c>from</c>, upwards from that index; else downwards from the newest, or from below <c>before</c>.</summary>
    private static async Task<IResult> Entries(
        AuditLog log, long? from, long? before, int? limit, string? subject, CancellationToken cancel)
    {
        var size = Math.Clamp(limit ?? 50, 1, MaximumPage);
        var about = string.IsNullOrWhiteSpace(subject) ? null : subject.Trim();
        var entries = from is { } start
            ? await log.Entries(start, size, about, cancel)
            : await log.Before(before ?? long.MaxValue, size, about, cancel);
        long? next = entries.Count < size ? null : from is null ? entries[^1].Index : entries[^1].Index + 1;
        return Results.Ok(new AuditPageShape(
            [.. entries.Select(e => new AuditEntryShape(
                e.Index, e.Entry.Time, e.Entry.Actor.ToString(), e.Entry.Action, e.Entry.Subject, e.Entry.Reason, e.Entry.Detail,
                e.Hash.ToString()))],
            next is 0 && from is null ? null : next));
    }

    /// <summary>The newest checkpoint, or with <c>size</c> that one: so that size and root of one checkpoint can be asked for one after the other.</summary>
    private static async Task<IResult> LatestCheckpoint(
        AuditLog log, AuditSequencer sequencer, AuditSigner signer, long? size, CancellationToken cancel)
    {
        if (sequencer.Refusal is { } refusal)
        {
            return new Problem("The audit log is not signed at present", refusal, "See docs/security.md: the audit log was refused.",
                StatusCodes.Status503ServiceUnavailable).Answer();
        }

        if (size is { } wanted && await log.CheckpointOf(wanted, cancel) is null)
            return Problem.NotFound("checkpoint", wanted.ToString(CultureInfo.InvariantCulture)).Answer();
        var found = size is { } exact ? await log.CheckpointOf(exact, cancel) : await log.LatestCheckpoint(cancel);
        if (found is not { } note) return Results.Json<AuditCheckpointShape?>(null);
        var checkpoint = Checkpoint.Parse(SignedNote.Parse(note).Text);
        return Results.Ok(new AuditCheckpointShape(
            checkpoint.Origin, checkpoint.Size, checkpoint.Root.ToString(), note, signer.Key.ToString()));
    }

    /// <summary><c>LEVEL/INDEX</c> or <c>entries/INDEX</c>, with <c>.p/WIDTH</c> where not full; INDEX in groups of three digits (c2sp.org/tlog-tiles).</summary>
    private static async Task<IResult> Tile(string path, AuditTiles tiles, CancellationToken cancel)
    {
        if (TilePath.Parse(path) is not { } tile) return Problem.NotFound("tile", path).Answer();
        var bytes = tile.Level is { } level
            ? await tiles.Hashes(level, tile.Index, tile.Width, cancel)
            : await tiles.Entries(tile.Index, tile.Width, cancel);
        return bytes is null ? Problem.NotFound("tile", path).Answer() : Results.Bytes(bytes, "application/octet-stream");
    }

    /// <summary>The whole log, or the part that the parameters name; as a zip, or with <c>format=ndjson</c> the lines alone.</summary>
    private static async Task<IResult> Export(
        HttpContext context, OperationsStore store, AuditExport export, AuditExcerpt excerpt, string? from, string? to, string? protocol,
        string? incident, [FromQuery(Name = "operator")] string? person, string? format, CancellationToken cancel)
    {
        if (format is not (null or "zip" or "ndjson"))
            return Problem.Invalid("No such format", $"format={format}", "Ask for format=zip or format=ndjson.").Answer();
        if (!TryTime(from, out var start) || !TryTime(to, out var end) || start >= end)
        {
            return Problem.Invalid("Not a period", $"from={from}, to={to}",
                "Give ISO 8601 times, the first before the second: from=2026-10-01T00:00:00Z&to=2027-01-01T00:00:00Z.").Answer();
        }

        var scope = new AuditScope(start, end, Given(protocol), Given(incident), Given(person));
        var log = new AuditLog(store);
        if (!scope.IsWhole && await log.LatestCheckpoint(cancel) is null)
        {
            return new Problem("Nothing to export yet", "The audit log has no signed checkpoint.", "Try again in a second.",
                StatusCodes.Status409Conflict).Answer();
        }

        await store.Act(Actor.Operator(context.Operator().OperatorId), "An export of the audit log was asked for.", act =>
        {
            act.Record("audit.export", "audit", new() { ["scope"] = scope.ToJson(), ["format"] = format ?? "zip" });
            return Task.CompletedTask;
        }, cancel);
        var name = string.Create(CultureInfo.InvariantCulture, $"quarterdeck-audit-{store.Clock.GetUtcNow():yyyyMMdd'T'HHmmss'Z'}.{format ?? "zip"}");
        return Results.Stream(
            output => (scope.IsWhole, format) switch
            {
                (true, "ndjson") => export.Write(output, cancel),
                (true, _) => export.WriteZip(output, cancel),
                (false, "ndjson") => excerpt.Write(output, scope, cancel),
                (false, _) => excerpt.WriteZip(output, scope, cancel),
            },
            format is "ndjson" ? "application/x-ndjson" : "application/zip", name);
    }

    private static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    private static bool TryTime(string? text, out DateTimeOffset? time)
    {
        time = null;
        if (Given(text) is not { } given) return true;
        if (!DateTimeOffset.TryParse(given, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var read)) return false;
        time = read;
        return true;
    }
}
