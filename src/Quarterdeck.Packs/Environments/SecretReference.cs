namespace Quarterdeck.Packs.Environments;

/// <summary>
/// Where a secret is, never the secret: <c>env:NAME</c> or <c>file:PATH</c>. <see cref="ToString"/> tells the kind only, so a
/// record that holds one can be logged.
/// </summary>
public sealed class SecretReference : IEquatable<SecretReference>
{
    private SecretReference(SecretKind kind, string location) => (Kind, Location) = (kind, location);

    /// <summary>Which kind of place.</summary>
    public SecretKind Kind { get; }

    /// <summary>The environment variable's name or the file's path. Not the secret.</summary>
    public string Location { get; }

    /// <summary>Reads <c>env:NAME</c> or <c>file:PATH</c>; null where the text is neither.</summary>
    public static SecretReference? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.StartsWith("env:", StringComparison.Ordinal) && text.Length > 4 && text.AsSpan(4).IndexOfAnyExcept(NameCharacters) < 0)
            return new SecretReference(SecretKind.Environment, text[4..]);
        return text.StartsWith("file:", StringComparison.Ordinal) && text.Length > 5
            ? new SecretReference(SecretKind.File, text[5..])
            : null;
    }

    private static readonly System.Buffers.SearchValues<char> NameCharacters =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

    /// <summary>Reads the secret now. The caller keeps it no longer than it must, and never writes it down.</summary>
    /// <exception cref="InvalidOperationException">There is no such variable or file; the message names the place, not the value.</exception>
    public async Task<string> Read(Func<string, string?> environment, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(environment);
        if (Kind == SecretKind.Environment)
        {
            return environment(Location) is { Length: > 0 } value
                ? value
                : throw new InvalidOperationException($"The environment variable {Location} is not set. Set it where this process starts.");
        }

        try
        {
            return (await File.ReadAllTextAsync(Location, cancel)).TrimEnd('\r', '\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException($"The secret file {Location} cannot be read: {e.GetType().Name}.", e);
        }
    }

    /// <inheritdoc/>
    public bool Equals(SecretReference? other) => other is not null && Kind == other.Kind && Location == other.Location;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as SecretReference);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Location);

    /// <summary><c>[secret from environment]</c> or <c>[secret from file]</c>.</summary>
    public override string ToString() => Kind == SecretKind.Environment ? "[secret from environment]" : "[secret from file]";
}

/// <summary>Places a secret can be.</summary>
public enum SecretKind
{
    /// <summary>An environment variable of the process.</summary>
    Environment,

    /// <summary>A file's text without its last line break.</summary>
    File,
}
