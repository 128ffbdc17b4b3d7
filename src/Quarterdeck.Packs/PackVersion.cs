using System.Security.Cryptography;
using System.Text;
using Quarterdeck.Primitives;

namespace Quarterdeck.Packs;

/// <summary>Which version of a pack something was done with.</summary>
public static class PackVersion
{
    private static readonly string[] Folders = ["abis", "alerts", "runbooks"];

    /// <summary>
    /// SHA-256 over names and contents of the files that decide how a pack behaves: its YAML files, ABIs, rules and runbooks. Environments
    /// and dashboards do not count.
    /// </summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static Hash32 Of(ProtocolPack pack)
    {
        ArgumentNullException.ThrowIfNull(pack);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[8];
        var files = Directory.EnumerateFiles(pack.Root, "*.y*ml").Concat(
            Folders.Select(name => Path.Combine(pack.Root, name)).Where(Directory.Exists)
                .SelectMany(folder => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)));
        foreach (var file in files.OrderBy(file => Path.GetRelativePath(pack.Root, file), StringComparer.Ordinal))
        {
            foreach (var part in new[] { Encoding.UTF8.GetBytes(Path.GetRelativePath(pack.Root, file).Replace('\\', '/')), File.ReadAllBytes(file) })
            {
                // With their lengths, so that no two lists of files have the same bytes.
                System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(length, part.Length);
                hash.AppendData(length);
                hash.AppendData(part);
            }
        }

        return new Hash32(hash.GetHashAndReset());
    }
}
