using System.Runtime.InteropServices;

namespace Quarterdeck.Respond.Transactions.Signing;

/// <summary>
/// The system's libsecp256k1 where there is one: constant-time signing with RFC 6979 nonces and low s. The path can be
/// given as <c>LIBSECP256K1</c>.
/// </summary>
internal static partial class LibSecp256k1
{
    private const string Library = "quarterdeck-secp256k1";
    private const uint SigningContext = 0x0201;

    private static readonly string[] Names =
    [
        "libsecp256k1.so.2", "libsecp256k1.so.1", "libsecp256k1.so.6", "libsecp256k1.so.5", "libsecp256k1.so.4",
        "libsecp256k1.so.3", "libsecp256k1.so.0", "libsecp256k1.so", "/opt/homebrew/lib/libsecp256k1.dylib", "libsecp256k1.dylib",
    ];

    private static readonly Lazy<nint> Handle = new(Load);
    private static readonly Lazy<nint> Context = new(() => context_create(SigningContext));

    static LibSecp256k1() => NativeLibrary.SetDllImportResolver(
        typeof(LibSecp256k1).Assembly, (name, _, _) => name == Library ? Handle.Value : nint.Zero);

    /// <summary>Whether the library with its recovery module can be loaded here.</summary>
    public static bool Available => Handle.Value != nint.Zero;

    /// <summary>Signs a 32-byte digest; null where the key is not a valid scalar.</summary>
    public static (byte[] R, byte[] S, int RecoveryId)? Sign(ReadOnlySpan<byte> digest, ReadOnlySpan<byte> key)
    {
        Span<byte> opaque = stackalloc byte[65];
        Span<byte> compact = stackalloc byte[64];
        int recovery;
        unsafe
        {
            fixed (byte* message = digest, secret = key, signature = opaque, output = compact)
            {
                if (sign_recoverable(Context.Value, signature, message, secret, nint.Zero, nint.Zero) != 1) return null;
                if (serialize_compact(Context.Value, output, &recovery, signature) != 1) return null;
            }
        }

        return (compact[..32].ToArray(), compact[32..].ToArray(), recovery);
    }

    private static nint Load()
    {
        var named = Environment.GetEnvironmentVariable("LIBSECP256K1");
        foreach (var name in named is null ? Names : [named, .. Names])
        {
            if (!NativeLibrary.TryLoad(name, out var handle)) continue;
            if (NativeLibrary.TryGetExport(handle, "secp256k1_ecdsa_sign_recoverable", out _)) return handle;
            NativeLibrary.Free(handle);
        }

        return nint.Zero;
    }

    [LibraryImport(Library, EntryPoint = "secp256k1_context_create")]
    private static partial nint context_create(uint flags);

    [LibraryImport(Library, EntryPoint = "secp256k1_ecdsa_sign_recoverable")]
    private static unsafe partial int sign_recoverable(
        nint context, byte* signature, byte* digest, byte* key, nint nonceFunction, nint nonceData);

    [LibraryImport(Library, EntryPoint = "secp256k1_ecdsa_recoverable_signature_serialize_compact")]
    private static unsafe partial int serialize_compact(nint context, byte* output, int* recovery, byte* signature);
}
