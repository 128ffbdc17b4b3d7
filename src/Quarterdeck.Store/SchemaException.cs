using Npgsql;

namespace Quarterdeck.Store;

/// <summary>The database cannot be brought to this program's schema. The message says which file and what to do.</summary>
public sealed class SchemaException : Exception
{
    internal SchemaException(string message, Exception? inner = null) : base(message, inner)
    {
    }

    internal static SchemaException Changed(Migrator.Script script, DateTime appliedAt) => new(
        $"{script.Name} of {script.Assembly} was changed after it was applied on {appliedAt:yyyy-MM-dd HH:mm:ss} UTC. "
        + "Remedy: restore the file and put the change into a new one with the next number; "
        + "on a devnet, './quarterdeck reset' starts from an empty database.");

    internal static SchemaException Failed(Migrator.Script script, PostgresException e) => new(
        $"{script.Name} of {script.Assembly} fails: {e.MessageText} ({e.SqlState}"
        + (e.Position > 0 ? $", line {script.Sql.AsSpan(0, Math.Min(e.Position, script.Sql.Length)).Count('\n') + 1}" : "")
        + (e.Hint is null ? ")" : $"; {e.Hint})") + ". Nothing of this file was applied.", e);
}
