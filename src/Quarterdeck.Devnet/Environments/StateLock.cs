namespace Quarterdeck.Devnet.Environments;

/// <summary>Held while an environment runs from a state folder; the kernel lets go of it when the process ends, however it ends.</summary>
public sealed class StateLock : IDisposable
{
    private readonly FileStream _file;

    private StateLock(FileStream file) => _file = file;

    /// <summary>Null where another process holds it.</summary>
    public static StateLock? TryTake(string state)
    {
        Directory.CreateDirectory(state);
        try
        {
            return new StateLock(new FileStream(Path.Combine(state, "up.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>True where an environment runs from this folder now.</summary>
    public static bool IsHeld(string state)
    {
        if (!File.Exists(Path.Combine(state, "up.lock"))) return false;
        using var taken = TryTake(state);
        return taken is null;
    }

    public void Dispose() => _file.Dispose();
}
