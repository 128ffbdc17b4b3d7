using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.InteropServices;
using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Signatures;

/// <summary>The few entry points of libsecp256k1 that verification needs. Source: secp256k1.h, secp256k1_recovery.h.</summary>
internal static partial class Secp256k1Native
{
    private const string Library = "secp256k1";
    private const uint ContextNone = 1;
    private const uint Uncompressed = 2;

    private static readonly nint Context = Load();

    public static bool IsLoaded => Context != 0;

    public static unsafe bool TryRecover(Hash32 hash, EcdsaSignature signature, Span<byte> publicKey)
    {
        Span<byte> compact = stackalloc byte[64], message = stackalloc byte[32], parsed = stackalloc byte[65], key = stackalloc byte[64], serialized = stackalloc byte[65];
        UInt256.FromBigInteger(signature.R).WriteBigEndian(compact);
        UInt256.FromBigInteger(signature.S).WriteBigEndian(compact[32..]);
        hash.CopyTo(message);
        fixed (byte* c = compact, m = message, p = parsed, k = key, o = serialized)
        {
            if (ParseCompact(Context, p, c, signature.YParity) != 1) return false;
            if (Recover(Context, k, p, m) != 1) return false;
            nuint length = 65;
            if (Serialize(Context, o, &length, k, Uncompressed) != 1) return false;
        }

        // The first byte only says "uncompressed".
        serialized[1..].CopyTo(publicKey);
        return true;
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever keeps the library from loading, the managed code takes over.")]
    private static nint Load()
    {
        NativeLibrary.SetDllImportResolver(typeof(Secp256k1Native).Assembly, Resolve);
        try
        {
            var context = CreateContext(ContextNone);
            // A build without the recovery module has no such entry point.
            return NativeLibrary.TryGetExport(Handle, "secp256k1_ecdsa_recover", out _) ? context : 0;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException or BadImageFormatException)
        {
            return 0;
        }
    }

    private static nint Handle { get; set; }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? paths)
    {
        if (name != Library) return 0;
        string?[] candidates =
        [
            Environment.GetEnvironmentVariable("LIBSECP256K1"),
            "libsecp256k1.so.6", "libsecp256k1.so.5", "libsecp256k1.so.2", "libsecp256k1.so.1", "libsecp256k1.so.0", "libsecp256k1.so",
            "/opt/homebrew/lib/libsecp256k1.dylib", "/usr/local/lib/libsecp256k1.dylib", "libsecp256k1.dylib", "secp256k1.dll",
        ];
        foreach (var candidate in candidates)
            if (!string.IsNullOrEmpty(candidate) && NativeLibrary.TryLoad(candidate, out var handle)) return Handle = handle;
        return 0;
    }

    [LibraryImport(Library, EntryPoint = "secp256k1_context_create")]
    private static partial nint CreateContext(uint flags);

    [LibraryImport(Library, EntryPoint = "secp256k1_ecdsa_recoverable_signature_parse_compact")]
    private static unsafe partial int ParseCompact(nint context, byte* signature, byte* input64, int recoveryId);

    [LibraryImport(Library, EntryPoint = "secp256k1_ecdsa_recover")]
    private static unsafe partial int Recover(nint context, byte* publicKey, byte* signature, byte* message32);

    [LibraryImport(Library, EntryPoint = "secp256k1_ec_pubkey_serialize")]
    private static unsafe partial int Serialize(nint context, byte* output, nuint* length, byte* publicKey, uint flags);
}
