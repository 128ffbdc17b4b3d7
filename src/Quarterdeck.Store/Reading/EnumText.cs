using System.Collections.Concurrent;
using System.Reflection;
using System.Text;

namespace Quarterdeck.Store.Reading;

/// <summary>Enums are text in the database, in the schema's spelling: <c>AwaitingApproval</c> is <c>awaiting_approval</c>.</summary>
internal static class EnumText
{
    public static string Write(Enum value)
    {
        var name = value.ToString();
        var text = new StringBuilder(name.Length + 4);
        for (var i = 0; i < name.Length; i++)
        {
            if (char.IsAsciiLetterUpper(name[i]) && i > 0) text.Append('_');
            text.Append(char.ToLowerInvariant(name[i]));
        }

        return text.ToString();
    }

    public static object Read(Type type, string text) =>
        Enum.TryParse(type, text.Replace("_", "", StringComparison.Ordinal), ignoreCase: true, out var value)
            ? value
            : throw new InvalidCastException($"'{text}' is not one of {string.Join(", ", Enum.GetNames(type))} ({type.Name}).");
}

/// <summary>Types of the domain that have a text form which <c>static Parse(string)</c> reads back: ChainId, Address, Actor.</summary>
internal static class TextParse
{
    private static readonly ConcurrentDictionary<Type, Func<string, object>?> Known = new();

    public static Func<string, object>? Of(Type type) => Known.GetOrAdd(type, static t =>
    {
        if (t.IsPrimitive || t.Namespace?.StartsWith("System", StringComparison.Ordinal) == true) return null;
        var parse = t.GetMethod("Parse", BindingFlags.Static | BindingFlags.Public, [typeof(string)]);
        return parse is null || parse.ReturnType != t ? null : text => parse.Invoke(null, [text])!;
    });
}
