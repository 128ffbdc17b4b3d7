using Quarterdeck.Primitives.Audit;

namespace Quarterdeck.Store.Audit;

/// <summary>
/// Holds the log's key in the state folder, outside the database, together with the last checkpoint that it signed: a database restored
/// from a backup, or rewritten, is thereby refused. Replicas of one log are given the same key file.
/// </summary>
public sealed class AuditSigner
{
    /// <summary>Private key, mode 0600.</summary>
    public const string KeyFile = "audit.key";

    /// <summary>Public key in note form.</summary>
    public const string PublicKeyFile = "audit.key.pub";

    /// <summary>The last checkpoint signed here.</summary>
    public const string CheckpointFile = "audit.checkpoint";

    private readonly NoteSigningKey _key;
    private readonly string _checkpointPath;

    private AuditSigner(NoteSigningKey key, string folder) =>
        (_key, _checkpointPath) = (key, Path.Combine(folder, CheckpointFile));

    /// <summary>The log's public key. Its name is the origin of the checkpoints.</summary>
    public NoteVerifierKey Key => _key.Verifier;

    /// <summary>Reads the key of the folder, or makes folder and key where there is none yet.</summary>
    /// <param name="stateFolder">The environment's state.</param>
    /// <param name="logName">Names a new key: <c>quarterdeck/devnet</c>.</param>
    /// <exception cref="FormatException">The key file is damaged.</exception>
    public static AuditSigner Open(string stateFolder, string logName)
    {
        Directory.CreateDirectory(stateFolder);
        var path = Path.Combine(stateFolder, KeyFile);
        if (!File.Exists(path))
        {
            var fresh = NoteSigningKey.Generate(logName);
            WriteDurably(path, fresh.ToFileText() + "\n", UnixFileMode.UserRead | UnixFileMode.UserWrite, replace: false);
        }

        NoteSigningKey key;
        try
        {
            key = NoteSigningKey.Parse(File.ReadAllText(path));
        }
        catch (FormatException e)
        {
            throw new FormatException($"{path}: {e.Message} Restore it from its backup: without it the log cannot be continued.", e);
        }

        var publicPath = Path.Combine(stateFolder, PublicKeyFile);
        var text = key.Verifier + "\n";
        if (!File.Exists(publicPath) || File.ReadAllText(publicPath) != text) WriteDurably(publicPath, text, PublicMode, replace: true);
        return new AuditSigner(key, stateFolder);
    }

    /// <summary>The last checkpoint signed here; null before the first.</summary>
    /// <exception cref="AuditRefusedException">The file is not a checkpoint of this key.</exception>
    internal Checkpoint? Remembered()
    {
        if (!File.Exists(_checkpointPath)) return null;
        return Opened(File.ReadAllText(_checkpointPath), _checkpointPath);
    }

    /// <summary>A note's checkpoint, where it is of this key.</summary>
    internal Checkpoint Opened(string note, string where)
    {
        try
        {
            var signed = SignedNote.Parse(note);
            if (signed.SignatureOf(Key) == NoteSignature.Good) return Checkpoint.Parse(signed.Text);
        }
        catch (FormatException e)
        {
            throw new AuditRefusedException($"The checkpoint in {where} cannot be read: {e.Message}");
        }

        throw new AuditRefusedException(
            $"The checkpoint in {where} is not signed by {Key.Name}+{Key.Id:x8}, the key in the state folder. "
            + "Restore the key file that belongs to this log.");
    }

    /// <summary>Signs, and remembers durably before the signature leaves this method.</summary>
    /// <param name="checkpoint">The tree as it is now.</param>
    /// <param name="extended">The remembered checkpoint that the tree is known to begin with; null where there is none.</param>
    /// <exception cref="AuditRefusedException">The tree is smaller than what was signed before, or does not begin with it.</exception>
    internal string Sign(Checkpoint checkpoint, Checkpoint? extended)
    {
        if (Remembered() is { } last)
        {
            if (checkpoint.Size < last.Size)
            {
                throw new AuditRefusedException(
                    $"The database's audit log has {checkpoint.Size} entries, but {last.Size} were signed before: it was restored from a "
                    + "backup or rewritten. Bring the missing entries back, or begin a new log under a new key and say so.");
            }

            if (extended != last)
            {
                throw new AuditRefusedException(
                    $"The database's audit log does not begin with the {last.Size} entries that were signed before: history was rewritten.");
            }
        }

        var note = checkpoint.Sign(_key);
        WriteDurably(_checkpointPath, note, PublicMode, replace: true);
        return note;
    }

    /// <summary>Signs the closing statement of an excerpt, which cannot be read as a checkpoint.</summary>
    internal string SignStatement(string text)
    {
        try
        {
            Checkpoint.Parse(text);
        }
        catch (FormatException)
        {
            return SignedNote.Sign(text, _key);
        }

        throw new InvalidOperationException("A statement that reads as a checkpoint is signed by Sign alone.");
    }

    private const UnixFileMode PublicMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private static void WriteDurably(string path, string text, UnixFileMode mode, bool replace)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = mode;
        var temporary = $"{path}.{Environment.ProcessId}.new";
        File.Delete(temporary);
        using (var file = new FileStream(temporary, options))
        {
            file.Write(System.Text.Encoding.UTF8.GetBytes(text));
            file.Flush(flushToDisk: true);
        }

        try
        {
            File.Move(temporary, path, replace);
        }
        catch (IOException) when (!replace && File.Exists(path))
        {
            // Another process made the key at the same moment: its key is the key.
            File.Delete(temporary);
        }
    }
}
