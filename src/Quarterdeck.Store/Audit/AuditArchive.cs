using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Quarterdeck.Primitives.Audit;

namespace Quarterdeck.Store.Audit;

/// <summary>A zip under construction that takes down the SHA-256 of each file, and ends with their list.</summary>
internal sealed class AuditArchive
{
    private readonly ZipArchive _zip;
    private readonly StringBuilder _sums = new();

    private AuditArchive(ZipArchive zip) => _zip = zip;

    /// <summary>Builds a zip, whose list of sums the log signs, and copies it to the output.</summary>
    public static async Task<T> Write<T>(Stream output, AuditSigner signer, Func<AuditArchive, Task<T>> fill, CancellationToken cancel)
    {
        // The zip writer writes synchronously, which a response does not allow: so by way of a file that nobody else can open.
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        await using var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous,
        });
        T result;
        using (var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            var archive = new AuditArchive(zip);
            result = await fill(archive);
            var sums = Encoding.UTF8.GetBytes(archive._sums.ToString());
            await archive.AddBytes(AuditExportFile.SumsName, sums, cancel);
            var signature = signer.SignStatement(ExportSums.StatementText(signer.Key.Name, sums));
            await archive.AddText(AuditExportFile.SignatureName, signature, cancel);
        }

        file.Position = 0;
        await file.CopyToAsync(output, cancel);
        return result;
    }

    /// <summary>Adds what is written to the stream.</summary>
    public async Task<T> Add<T>(string name, Func<Stream, Task<T>> write)
    {
        using var sha = SHA256.Create();
        T result;
        await using (var entry = _zip.CreateEntry(name, CompressionLevel.Fastest).Open())
        await using (var hashing = new CryptoStream(entry, sha, CryptoStreamMode.Write, leaveOpen: true))
        {
            result = await write(hashing);
        }

        _sums.Append(CultureInfo.InvariantCulture, $"{Convert.ToHexStringLower(sha.Hash!)}  {name}\n");
        return result;
    }

    /// <summary>Adds bytes.</summary>
    public Task AddBytes(string name, byte[] bytes, CancellationToken cancel) => Add(name, async stream =>
    {
        await stream.WriteAsync(bytes, cancel);
        return true;
    });

    /// <summary>Adds text.</summary>
    public Task AddText(string name, string text, CancellationToken cancel) => AddBytes(name, Encoding.UTF8.GetBytes(text), cancel);
}
