using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Quarterdeck.Primitives.Audit;

/// <summary>
/// Cosigns checkpoints of the logs that it knows, each only where it continues the one before: what a log could not take back or tell
/// two people differently without the witness noticing. Keeps the last checkpoint of each log in a folder, durably before it answers.
/// Source: c2sp.org/tlog-witness.
/// </summary>
/// <param name="key">The witness's own.</param>
/// <param name="logs">Keys of the logs that it cosigns for.</param>
/// <param name="folder">Where it keeps what it has seen.</param>
/// <param name="clock">Stamps cosignatures.</param>
public sealed class Witness(NoteSigningKey key, IReadOnlyList<NoteVerifierKey> logs, string folder, TimeProvider clock)
{
    private readonly Lock _gate = new();

    /// <summary>The public key.</summary>
    public NoteVerifierKey Key => key.Verifier;

    /// <summary>Judges one request and answers as the protocol says.</summary>
    /// <exception cref="IOException">What was seen cannot be kept, or is kept by another process at this moment.</exception>
    public WitnessAnswer AddCheckpoint(string body)
    {
        try
        {
            var request = WitnessRequest.Parse(body);
            var note = SignedNote.Parse(request.Note);
            return Judge(request, note, Checkpoint.Parse(note.Text));
        }
        catch (FormatException e)
        {
            return new WitnessAnswer(400, e.Message + "\n");
        }
    }

    private WitnessAnswer Judge(WitnessRequest request, SignedNote note, Checkpoint checkpoint)
    {
        if (logs.FirstOrDefault(l => l.Name == checkpoint.Origin) is not { } log)
            return new WitnessAnswer(404, $"This witness does not know the log {checkpoint.Origin}.\n");
        if (note.SignatureOf(log) != NoteSignature.Good)
            return new WitnessAnswer(403, $"The checkpoint is not signed by {log.Name}+{log.Id:x8}.\n");
        if (request.OldSize > checkpoint.Size)
            return new WitnessAnswer(400, $"The old size {request.OldSize} is larger than the checkpoint's {checkpoint.Size}.\n");
        lock (_gate)
        {
            Directory.CreateDirectory(folder);
            var path = Path.Combine(folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(log.Name)))[..16] + ".checkpoint");
            using var held = new FileStream(path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            var last = Last(path, log);
            if (request.OldSize != (last?.Size ?? 0))
                return new WitnessAnswer(409, (last?.Size ?? 0).ToString(CultureInfo.InvariantCulture) + "\n");
            if (!MerkleTree.VerifyConsistency(request.OldSize, last?.Root ?? MerkleTree.EmptyRoot, checkpoint.Size, checkpoint.Root, request.Proof))
                return new WitnessAnswer(422, $"The proof does not show that the tree of {checkpoint.Size} begins with the tree of {request.OldSize} seen before.\n");
            Keep(path, request.Note);
            return new WitnessAnswer(200, SignedNote.Cosign(note.Text, key, clock.GetUtcNow()));
        }
    }

    private static Checkpoint? Last(string path, NoteVerifierKey log)
    {
        if (!File.Exists(path)) return null;
        try
        {
            var note = SignedNote.Parse(File.ReadAllText(path));
            if (note.SignatureOf(log) == NoteSignature.Good) return Checkpoint.Parse(note.Text);
        }
        catch (FormatException e)
        {
            throw new IOException($"{path} is damaged: {e.Message} Restore it; without it the witness would forget what it has seen.", e);
        }

        throw new IOException($"{path} is not signed by {log.Name}+{log.Id:x8}. Restore it, or remove it where the log has a new key by agreement.");
    }

    private static void Keep(string path, string note)
    {
        using (var file = new FileStream(path + ".new", FileMode.Create, FileAccess.Write))
        {
            file.Write(Encoding.UTF8.GetBytes(note));
            file.Flush(flushToDisk: true);
        }

        File.Move(path + ".new", path, overwrite: true);
    }
}
