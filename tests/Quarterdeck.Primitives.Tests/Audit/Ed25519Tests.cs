using System.Diagnostics;
using System.Security.Cryptography;
using Quarterdeck.Primitives.Audit.Signatures;

namespace Quarterdeck.Primitives.Tests.Audit;

public sealed class Ed25519Tests
{
    private static byte[] Hex(string hex) => Convert.FromHexString(hex);

    // RFC 8032 section 7.1: tests 1, 2, 3.
    [Theory]
    [InlineData(
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")]
    [InlineData(
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")]
    [InlineData(
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7", "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a")]
    public void The_vectors_of_the_RFC_hold(string seed, string publicKey, string message, string signature)
    {
        Assert.Equal(Hex(publicKey), Ed25519.PublicKey(Hex(seed)));
        Assert.Equal(Hex(signature), Ed25519.SignHere(Hex(seed), Hex(message)));
        Assert.Equal(Hex(signature), Ed25519.Sign(Hex(seed), Hex(message)));
        Assert.True(Ed25519.Verify(Hex(publicKey), Hex(message), Hex(signature)));
    }

    [Fact]
    public void Both_signers_agree_and_every_flipped_bit_is_found()
    {
        Assert.True(OpenSslEd25519.IsAvailable || !OperatingSystem.IsLinux(), "libcrypto.so.3 is needed here as the other signer");
        var random = new Random(8032);
        for (var i = 0; i < 50; i++)
        {
            var (seed, message) = (new byte[32], new byte[random.Next(200)]);
            random.NextBytes(seed);
            random.NextBytes(message);
            var key = Ed25519.PublicKey(seed);
            var signature = Ed25519.SignHere(seed, message);
            Assert.Equal(signature, Ed25519.Sign(seed, message));
            Assert.True(Ed25519.Verify(key, message, signature));
            var (position, bit) = (random.Next(64), random.Next(8));
            signature[position] ^= (byte)(1 << bit);
            Assert.False(Ed25519.Verify(key, message, signature));
        }
    }

    [Fact]
    public void A_scalar_not_below_the_order_and_a_point_not_in_its_least_form_are_refused()
    {
        var seed = new byte[32];
        var (key, signature) = (Ed25519.PublicKey(seed), Ed25519.Sign(seed, [1]));
        var order = System.Numerics.BigInteger.Pow(2, 252) + System.Numerics.BigInteger.Parse("27742317777372353535851937790883648493", null);
        var larger = new System.Numerics.BigInteger(signature.AsSpan(32), isUnsigned: true) + order;
        var malleable = (byte[])signature.Clone();
        larger.TryWriteBytes(malleable.AsSpan(32), out _, isUnsigned: true);
        Assert.True(Ed25519.Verify(key, [1], signature));
        Assert.False(Ed25519.Verify(key, [1], malleable));

        // y = p + 1 stands for y = 1, the neutral element.
        var overflowing = Hex("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");
        Assert.Null(EdwardsPoint.Decode(overflowing));
        Assert.False(Ed25519.Verify(overflowing, [1], signature));
    }

    [Fact]
    public async Task OpenSSL_accepts_our_signatures_and_we_accept_its()
    {
        var folder = Directory.CreateTempSubdirectory("ed25519-");
        try
        {
            string At(string name) => Path.Combine(folder.FullName, name);
            await OpenSsl("genpkey", "-algorithm", "ed25519", "-outform", "DER", "-out", At("key.der"));
            await OpenSsl("pkey", "-inform", "DER", "-in", At("key.der"), "-pubout", "-outform", "DER", "-out", At("pub.der"));
            // The last 32 bytes of either DER form are the key itself (RFC 8410).
            var seed = (await File.ReadAllBytesAsync(At("key.der"), TestContext.Current.CancellationToken))[^32..];
            var key = (await File.ReadAllBytesAsync(At("pub.der"), TestContext.Current.CancellationToken))[^32..];
            Assert.Equal(key, Ed25519.PublicKey(seed));

            var message = RandomNumberGenerator.GetBytes(333);
            await File.WriteAllBytesAsync(At("message"), message, TestContext.Current.CancellationToken);
            await OpenSsl("pkeyutl", "-sign", "-rawin", "-inkey", At("key.der"), "-keyform", "DER", "-in", At("message"), "-out", At("theirs"));
            var theirs = await File.ReadAllBytesAsync(At("theirs"), TestContext.Current.CancellationToken);
            Assert.True(Ed25519.Verify(key, message, theirs));

            await File.WriteAllBytesAsync(At("ours"), Ed25519.SignHere(seed, message), TestContext.Current.CancellationToken);
            await OpenSsl("pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", At("pub.der"), "-keyform", "DER", "-in", At("message"), "-sigfile", At("ours"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task OpenSsl(params string[] args)
    {
        using var process = Process.Start(new ProcessStartInfo("openssl", args) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"openssl {args[0]}: {await errors}");
    }
}
