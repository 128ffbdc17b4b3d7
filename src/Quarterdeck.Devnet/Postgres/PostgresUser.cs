using System.Globalization;
using Quarterdeck.Devnet.Processes;

namespace Quarterdeck.Devnet.Postgres;

/// <summary>The user PostgreSQL runs as where we are root, which it refuses.</summary>
internal sealed record PostgresUser(string Name, uint UserId, uint GroupId)
{
    /// <summary>None where we are not root; else <c>postgres</c>, or <c>nobody</c> where there is no such user.</summary>
    /// <exception cref="DevnetException">We are root and there is neither.</exception>
    public static PostgresUser? Needed()
    {
        if (!Posix.IsRoot) return null;
        var users = File.ReadLines("/etc/passwd").Select(line => line.Split(':')).Where(fields => fields.Length > 3)
            .ToLookup(fields => fields[0], fields => fields);
        var found = users["postgres"].Concat(users["nobody"]).FirstOrDefault()
            ?? throw new DevnetException(
                "PostgreSQL refuses to run as root, and there is no user 'postgres' or 'nobody' to run it as. Run ./quarterdeck as another user.");
        return new PostgresUser(found[0], uint.Parse(found[2], CultureInfo.InvariantCulture), uint.Parse(found[3], CultureInfo.InvariantCulture));
    }

    /// <summary>True where anyone may enter each folder from the root down to the path.</summary>
    public static bool CanReach(string path)
    {
        for (var at = new DirectoryInfo(path); at is not null; at = at.Parent)
            if (at.Exists && !OperatingSystem.IsWindows() && !at.UnixFileMode.HasFlag(UnixFileMode.OtherExecute)) return false;
        return true;
    }
}
