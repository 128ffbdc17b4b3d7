using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;

namespace Quarterdeck.Respond.Transactions.Signing;

/// <summary>The scrypt password hash of RFC 7914, which the platform's crypto library does not offer and key files need.</summary>
internal static class Scrypt
{
    // Geth's standard is 256 MiB; a file that asks for more than this is refused rather than allowed to exhaust the server.
    private const long MaximumMemory = 1L << 30;

    // The lanes' own memory; writers use 8 KiB.
    private const long MaximumLanes = 1L << 24;

    // n·r·p, 32 times what geth and Foundry write: beyond it a file means to keep us busy.
    private const long MaximumWork = 1L << 26;

    /// <summary>Derives <paramref name="length"/> bytes.</summary>
    /// <exception cref="CryptographicException">A cost is out of range: n not a power of two above 1, or over 1 GiB.</exception>
    public static byte[] Derive(byte[] password, byte[] salt, int n, int r, int p, int length)
    {
        if (n < 2 || !BitOperations.IsPow2(n)) throw new CryptographicException($"scrypt n must be a power of two above 1; it is {n}.");
        if (r < 1 || p < 1 || length < 1 || (Int128)r * n * p > MaximumWork || 128L * r * n > MaximumMemory || 128L * r * p > MaximumLanes)
            throw new CryptographicException($"scrypt costs n={n}, r={r}, p={p} are outside of what a key file may ask for (1 GiB, and work in proportion).");
        var blockBytes = 128 * r;
        var bytes = Rfc2898DeriveBytes.Pbkdf2(password, salt, 1, HashAlgorithmName.SHA256, blockBytes * p);
        var block = new uint[blockBytes / 4];
        var scratch = new uint[blockBytes / 4];
        var memory = new uint[n][];
        for (var i = 0; i < n; i++) memory[i] = new uint[block.Length];
        for (var lane = 0; lane < p; lane++)
        {
            var part = bytes.AsSpan(lane * blockBytes, blockBytes);
            for (var i = 0; i < block.Length; i++) block[i] = BinaryPrimitives.ReadUInt32LittleEndian(part[(i * 4)..]);
            Mix(block, scratch, memory, n, r);
            for (var i = 0; i < block.Length; i++) BinaryPrimitives.WriteUInt32LittleEndian(part[(i * 4)..], block[i]);
        }

        return Rfc2898DeriveBytes.Pbkdf2(password, bytes, 1, HashAlgorithmName.SHA256, length);
    }

    private static void Mix(uint[] block, uint[] scratch, uint[][] memory, int n, int r)
    {
        for (var i = 0; i < n; i++)
        {
            block.CopyTo(memory[i], 0);
            BlockMix(block, scratch, r);
        }

        for (var i = 0; i < n; i++)
        {
            var chosen = memory[(int)(block[(2 * r - 1) * 16] & (uint)(n - 1))];
            for (var k = 0; k < block.Length; k++) block[k] ^= chosen[k];
            BlockMix(block, scratch, r);
        }
    }

    private static void BlockMix(uint[] block, uint[] scratch, int r)
    {
        Span<uint> x = stackalloc uint[16];
        block.AsSpan((2 * r - 1) * 16, 16).CopyTo(x);
        for (var i = 0; i < 2 * r; i++)
        {
            for (var k = 0; k < 16; k++) x[k] ^= block[i * 16 + k];
            Salsa8(x);
            // Even blocks go to the first half, odd ones to the second (RFC 7914, section 4).
            x.CopyTo(scratch.AsSpan(((i >> 1) + (i & 1) * r) * 16));
        }

        scratch.CopyTo(block, 0);
    }

    private static void Salsa8(Span<uint> b)
    {
        Span<uint> x = stackalloc uint[16];
        b.CopyTo(x);
        for (var round = 0; round < 4; round++)
        {
            Quarter(x, 0, 4, 8, 12);
            Quarter(x, 5, 9, 13, 1);
            Quarter(x, 10, 14, 2, 6);
            Quarter(x, 15, 3, 7, 11);
            Quarter(x, 0, 1, 2, 3);
            Quarter(x, 5, 6, 7, 4);
            Quarter(x, 10, 11, 8, 9);
            Quarter(x, 15, 12, 13, 14);
        }

        unchecked
        {
            for (var i = 0; i < 16; i++) b[i] += x[i];
        }
    }

    private static void Quarter(Span<uint> x, int a, int b, int c, int d)
    {
        unchecked
        {
            x[b] ^= BitOperations.RotateLeft(x[a] + x[d], 7);
            x[c] ^= BitOperations.RotateLeft(x[b] + x[a], 9);
            x[d] ^= BitOperations.RotateLeft(x[c] + x[b], 13);
            x[a] ^= BitOperations.RotateLeft(x[d] + x[c], 18);
        }
    }
}
