using System.Runtime.InteropServices;

namespace Quarterdeck.Primitives.Audit.Signatures;

/// <summary>Signing through OpenSSL 3's EVP interface, where the library is installed.</summary>
internal static class OpenSslEd25519
{
    private const string Library = "libcrypto.so.3";
    private const int Ed25519Nid = 1087;

    public static bool IsAvailable { get; } = Probe();

    /// <summary>The signature; null where the library is not there.</summary>
    public static byte[]? TrySign(ReadOnlySpan<byte> seed, ReadOnlySpan<byte> message)
    {
        if (!IsAvailable) return null;
        var key = EVP_PKEY_new_raw_private_key(Ed25519Nid, 0, seed.ToArray(), (nuint)seed.Length);
        var context = EVP_MD_CTX_new();
        try
        {
            var signature = new byte[Ed25519.SignatureBytes];
            var length = (nuint)signature.Length;
            var bytes = message.ToArray();
            if (key == 0 || context == 0 || EVP_DigestSignInit(context, 0, 0, 0, key) != 1
                || EVP_DigestSign(context, signature, ref length, bytes, (nuint)bytes.Length) != 1
                || length != (nuint)signature.Length)
            {
                throw new System.Security.Cryptography.CryptographicException("OpenSSL refuses to sign with Ed25519.");
            }

            return signature;
        }
        finally
        {
            EVP_MD_CTX_free(context);
            EVP_PKEY_free(key);
        }
    }

    private static bool Probe()
    {
        if (!NativeLibrary.TryLoad(Library, out var library)) return false;
        return NativeLibrary.TryGetExport(library, nameof(EVP_PKEY_new_raw_private_key), out _);
    }

    [DllImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint EVP_PKEY_new_raw_private_key(int type, nint engine, byte[] key, nuint length);

    [DllImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern void EVP_PKEY_free(nint key);

    [DllImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint EVP_MD_CTX_new();

    [DllImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern void EVP_MD_CTX_free(nint context);

    [DllImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int EVP_DigestSignInit(nint context, nint keyContext, nint digest, nint engine, nint key);

    [DllImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int EVP_DigestSign(nint context, byte[] signature, ref nuint length, byte[] message, nuint messageLength);
}
