using System.Globalization;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Server.Api.Http;
using Quarterdeck.Server.Api.Shapes;
using Quarterdeck.Server.Identity;
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

    private static async Task<IResult> LatestCheckpoint(AuditLog log, AuditSequencer sequencer, AuditSigner signer, CancellationToken cancel)
    {
        if (sequencer.Refusal is { } refusal)
        {
            return new Problem("The audit log is not signed at present", refusal, "See docs/security.md: the audit log was refused.",
                StatusCodes.Status503ServiceUnavailable).Answer();
        }

        if (await log.LatestCheckpoint(cancel) is not { } note) return Results.Json<AuditCheckpointShape?>(null);
        var checkpoint = Checkpoint.Parse(SignedNote.Parse(note).Text);
        return Results.Ok(new AuditCheckpointShape(
            checkpoint.Origin, checkpoint.Size, checkpoint.Root.ToString(), note, signer.Key.ToString()));
    }

    private static async Task Export(HttpContext context, AuditExport export, TimeProvider clock, CancellationToken cancel)
    {
        var stamp = clock.GetUtcNow().ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        context.Response.ContentType = "application/zip";
        context.Response.Headers.ContentDisposition = $"attachment; filename=quarterdeck-audit-{stamp}.zip";
        await export.WriteZip(context.Response.Body, cancel);
    }
}
