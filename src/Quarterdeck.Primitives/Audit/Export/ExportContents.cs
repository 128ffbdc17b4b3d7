using System.Globalization;
using System.IO.Compression;

namespace Quarterdeck.Primitives.Audit;

/// <summary>The files of an export, wherever they lie. Nothing is unpacked.</summary>
internal interface IExportContents
{
    /// <summary>Whether it holds what was exported and nothing else: true of a zip; a folder may lie among the reader's own files.</summary>
    bool IsSealed { get; }

    /// <summary>Every file, as it is named.</summary>
    IEnumerable<string> Names { get; }

    /// <summary>A file's bytes; null where there is none.</summary>
    Stream? Open(string name);
}

/// <summary>A zip, read as it is.</summary>
internal sealed class ZipContents : IExportContents
{
    // Lines of JSON shrink to a tenth; deflate's limit is a thousandth.
    private const long LargestRatio = 100;
    private const long AlwaysAllowed = 64L << 20;
    private readonly ZipArchive _zip;

    /// <summary>Takes the zip, unless what it unpacks to is out of all proportion to what it is.</summary>
    /// <exception cref="FormatException">A zip bomb.</exception>
    public ZipContents(ZipArchive zip, long bytes)
    {
        _zip = zip;
        var (packed, unpacked) = (zip.Entries.Sum(e => (decimal)e.CompressedLength), zip.Entries.Sum(e => (decimal)e.Length));
        if (packed > bytes)
            throw new FormatException("the zip's files overlap: a zip bomb, or damaged. Nothing was unpacked.");
        if (unpacked > AlwaysAllowed && unpacked > bytes * LargestRatio)
        {
            throw new FormatException(string.Create(CultureInfo.InvariantCulture,
                $"the zip of {bytes} bytes would unpack to {unpacked} bytes: a zip bomb. Nothing was unpacked."));
        }
    }

    public bool IsSealed => true;

    public IEnumerable<string> Names => _zip.Entries.Select(e => e.FullName);

    public Stream? Open(string name) => _zip.GetEntry(name)?.Open();
}

/// <summary>A folder that a zip was unpacked into.</summary>
internal sealed class FolderContents(string path) : IExportContents
{
    public bool IsSealed => false;

    public IEnumerable<string> Names => Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)
        .Select(f => Path.GetRelativePath(path, f).Replace(Path.DirectorySeparatorChar, '/'));

    public Stream? Open(string name)
    {
        var file = Path.Combine(path, name);
        return File.Exists(file) ? File.OpenRead(file) : null;
    }
}
