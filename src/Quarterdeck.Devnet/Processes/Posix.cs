using System.Runtime.InteropServices;

namespace Quarterdeck.Devnet.Processes;

/// <summary>The few system calls that .NET does not offer.</summary>
internal static partial class Posix
{
    public const int Interrupt = 2;
    public const int Quit = 3;
    public const int KillNow = 9;
    public const int Terminate = 15;

    public static int Continue { get; } = OperatingSystem.IsMacOS() ? 19 : 18;

    public static int Stop { get; } = OperatingSystem.IsMacOS() ? 17 : 19;

    public static bool IsRoot => !OperatingSystem.IsWindows() && geteuid() == 0;

    /// <summary>Sends a signal; false where there is no such process, or it is not ours to signal.</summary>
    public static bool Signal(int process, int signal) => kill(process, signal) == 0;

    /// <summary>Gives a file or folder to a user and group.</summary>
    /// <exception cref="DevnetException">The system refuses.</exception>
    public static void ChangeOwner(string path, uint user, uint group)
    {
        if (lchown(path, user, group) != 0)
        {
            throw new DevnetException(
                $"{path} cannot be given to user {user}: {Marshal.GetLastPInvokeErrorMessage()}. Choose a state folder on a local file system.");
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial uint geteuid();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int process, int signal);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int lchown(string path, uint user, uint group);
}
