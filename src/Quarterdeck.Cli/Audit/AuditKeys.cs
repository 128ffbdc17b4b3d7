using Quarterdeck.Primitives.Audit;

namespace Quarterdeck.Cli.Audit;

/// <summary>A public key and where it was taken from.</summary>
internal sealed record KnownKey(NoteVerifierKey Key, string Source);

/// <summary>Finds public keys and checkpoints that were kept outside an export.</summary>
internal static class AuditKeys
{
    // As the server's AuditSigner names them; the command line does not reference the store.
    private const string KeyFile = "audit.key.pub";
    private const string CheckpointFile = "audit.checkpoint";

    /// <summary>The key of the environment in the folder; null where it has none.</summary>
    public static KnownKey? OfState(string state)
    {
        var path = Path.Combine(state, KeyFile);
        return File.Exists(path) ? new KnownKey(Parse(File.ReadAllText(path), path), path) : null;
    }

    /// <summary>The last checkpoint that the environment in the folder signed; null where it signed none.</summary>
    public static Checkpoint? SignedBy(string state) =>
        File.Exists(Path.Combine(state, CheckpointFile)) ? Seen(Path.Combine(state, CheckpointFile), null) : null;

    /// <summary>A key given as text or as a file's path.</summary>
    public static KnownKey Given(string text) => text.Contains('+', StringComparison.Ordinal) && !File.Exists(text)
        ? new KnownKey(Parse(text, "--key"), "--key")
        : File.Exists(text)
            ? new KnownKey(Parse(File.ReadAllText(text), text), text)
            : throw new CommandException($"'{text}' is neither a key (name+id+base64) nor a file.", QuarterdeckCommand.BadInput);

    /// <summary>A checkpoint kept in a file; where a key is known, it must have signed it.</summary>
    public static Checkpoint Seen(string path, NoteVerifierKey? key)
    {
        try
        {
            var note = SignedNote.Parse(File.ReadAllText(path));
            if (key is not null && note.SignatureOf(key) != NoteSignature.Good)
                throw new CommandException($"{path} is not signed by {key.Name}+{key.Id:x8}.", QuarterdeckCommand.BadInput);
            return Checkpoint.Parse(note.Text);
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{path} is no checkpoint: {e.Message}", QuarterdeckCommand.BadInput);
        }
    }

    private static NoteVerifierKey Parse(string text, string where)
    {
        try
        {
            return NoteVerifierKey.Parse(text);
        }
        catch (FormatException e)
        {
            throw new CommandException($"{where}: {e.Message}", QuarterdeckCommand.BadInput);
        }
    }
}
