using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Quarterdeck.Primitives.Audit;

namespace Quarterdeck.Server.Identity;

/// <summary>
/// Attests rows of identity with a key that is in the server's state folder and not in the database: HMAC-SHA-256 over the canonical
/// facts. A row without its seal lets nobody in, whoever wrote it.
/// </summary>
internal sealed class IdentitySeal
{
    private const string FileName = "identity.key";
    private readonly byte[] _key;

    private IdentitySeal(byte[] key, bool isNew) => (_key, IsNew) = (key, isNew);

    /// <summary>Whether the key was made just now, so that nothing can bear its seal yet.</summary>
    public bool IsNew { get; }

    /// <summary>Opens the key of a state folder, or makes one that only this user can read.</summary>
    /// <exception cref="FormatException">The file is no key.</exception>
    public static IdentitySeal Open(string state)
    {
        Directory.CreateDirectory(state);
        var file = Path.Combine(state, FileName);
        if (!File.Exists(file) && Make(file) is { } made) return new IdentitySeal(made, isNew: true);
        var text = File.ReadAllText(file).Trim();
        return text.Length == 64
            ? new IdentitySeal(Convert.FromHexString(text), isNew: false)
            : throw new FormatException($"{file} is not the key of identity seals: 64 hex digits. Restore it from a backup.");
    }

    /// <summary>The seal of a row.</summary>
    /// <param name="kind">The table.</param>
    /// <param name="facts">Texts, numbers, truth values, bytes, times and lists of texts, in an order that never changes.</param>
    public byte[] Of(string kind, params object?[] facts) =>
        HMACSHA256.HashData(_key, CanonicalJson.Serialize(new JsonArray(["quarterdeck/identity/v1", kind, .. facts.Select(Node)])));

    /// <summary>Whether a row has its seal.</summary>
    public bool Holds(byte[]? seal, string kind, params object?[] facts) =>
        seal is not null && CryptographicOperations.FixedTimeEquals(seal, Of(kind, facts));

    // Another process may make it at the same moment: then that one's is read.
    private static byte[]? Make(string file)
    {
        var key = RandomNumberGenerator.GetBytes(32);
        var draft = $"{file}.{Guid.NewGuid():N}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new StreamWriter(draft, options)) stream.Write(Convert.ToHexStringLower(key));
        try
        {
            File.Move(draft, file, overwrite: false);
            return key;
        }
        catch (IOException) when (File.Exists(file))
        {
            File.Delete(draft);
            return null;
        }
    }

    // Microseconds: what the database keeps of a time.
    private static JsonNode? Node(object? fact) => fact switch
    {
        null => null,
        string text => text,
        bool truth => truth,
        long number => number.ToString(CultureInfo.InvariantCulture),
        byte[] bytes => Convert.ToHexStringLower(bytes),
        DateTimeOffset time => (time.UtcTicks / 10).ToString(CultureInfo.InvariantCulture),
        IEnumerable<string> texts => new JsonArray([.. texts.Select(t => (JsonNode?)t)]),
        _ => throw new ArgumentException($"A {fact.GetType().Name} cannot be sealed.", nameof(fact)),
    };
}
