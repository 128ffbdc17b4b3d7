using System.Diagnostics;
using System.Globalization;
using System.Reflection;

namespace Quarterdeck.Store;

/// <summary>Marks a static class whose string constants are crash points; one such class in each folder that has any.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class CrashPointNamesAttribute : Attribute;

/// <summary>
/// Places between two durable steps where a process might die. Tests set <c>QUARTERDECK_CRASH_AT=name</c> or
/// <c>name:nth</c> and the process kills itself there with SIGKILL: nothing is flushed, no handler runs.
/// </summary>
public static class CrashPoints
{
    /// <summary>The environment variable.</summary>
    public const string Variable = "QUARTERDECK_CRASH_AT";

    private static readonly (string Name, int Nth)? Wanted = Parse(Environment.GetEnvironmentVariable(Variable));
    private static int _reached;

    /// <summary>Dies here if the environment says so; else does nothing.</summary>
    public static void Reached(string name)
    {
        if (Wanted is not { } wanted || wanted.Name != name) return;
        if (Interlocked.Increment(ref _reached) < wanted.Nth) return;
        // On Unix this is kill(own pid, SIGKILL).
        using var self = Process.GetCurrentProcess();
        self.Kill();
        Thread.Sleep(Timeout.Infinite);
    }

    /// <summary>Every point that the assemblies declare, sorted.</summary>
    public static IReadOnlyList<string> Declared(params IEnumerable<Assembly> assemblies) =>
    [
        .. from assembly in assemblies
           from type in assembly.GetTypes()
           where type.GetCustomAttribute<CrashPointNamesAttribute>() is not null
           from field in type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
           where field.IsLiteral && field.FieldType == typeof(string)
           let name = (string)field.GetRawConstantValue()!
           orderby name
           select name,
    ];

    internal static (string Name, int Nth)? Parse(string? text)
    {
        if (string.IsNullOrWhiteSpace(text)) return null;
        var colon = text.LastIndexOf(':');
        if (colon < 0) return (text, 1);
        return int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var nth) && nth > 0
            ? (text[..colon], nth)
            : throw new FormatException($"{Variable}='{text}' is not name or name:nth with nth from 1.");
    }
}

/// <summary>The crash points of the store itself.</summary>
[CrashPointNames]
public static class StoreCrashPoints
{
    /// <summary>Change and audit entry are written, not committed.</summary>
    public const string ActRecorded = "store.act.recorded";

    /// <summary>Change and audit entry are committed, nobody told.</summary>
    public const string ActCommitted = "store.act.committed";

    /// <summary>Leaves are numbered, not committed.</summary>
    public const string LeavesNumbered = "audit.leaves.numbered";

    /// <summary>Leaves are committed, no checkpoint signed.</summary>
    public const string LeavesCommitted = "audit.leaves.committed";

    /// <summary>A checkpoint is signed and remembered in the state folder, not yet in the database.</summary>
    public const string CheckpointRemembered = "audit.checkpoint.remembered";
}
