namespace Quarterdeck.Primitives.Ids;

/// <summary>
/// Makes the identifiers that people see in logs and links: a prefix that says the kind, then 16 characters of time and
/// chance in Crockford base 32, so that ids sort by creation and never collide across servers.
/// </summary>
public static class Id
{
    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

    /// <summary>A new id such as <c>run_01j9x2m4c8k3q7ta</c>; the first 9 characters are milliseconds since 1970.</summary>
    public static string New(string prefix, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        Span<char> text = stackalloc char[16];
        var milliseconds = (ulong)clock.GetUtcNow().ToUnixTimeMilliseconds();
        for (var i = 8; i >= 0; i--, milliseconds >>= 5) text[i] = Alphabet[(int)(milliseconds & 31)];
        for (var i = 9; i < 16; i++) text[i] = Alphabet[System.Security.Cryptography.RandomNumberGenerator.GetInt32(32)];
        return $"{prefix}_{text}";
    }
}
