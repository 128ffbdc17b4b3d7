using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Devnet.Keys;
using Quarterdeck.Testing;

namespace Quarterdeck.Devnet.Tests.Keys;

public sealed class DevKeyTests(AnvilFixture fixture) : IClassFixture<AnvilFixture>
{
    // What anvil prints for its first and last default accounts.
    [Theory]
    [InlineData(0u, "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")]
    [InlineData(9u, "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720", "0x2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6")]
    public void Accounts_are_those_of_the_development_mnemonic(uint index, string address, string secret)
    {
        var key = DevKey.Account(index);

        Assert.Equal(address, key.Address.ToString());
        Assert.Equal(secret, Hex.Data(key.Secret));
    }

    // RFC 6979 on secp256k1 with SHA-256, a vector that wallets share: key 1, message "Satoshi Nakamoto".
    [Fact]
    public void A_signature_has_the_deterministic_nonce_of_rfc_6979()
    {
        var hash = SHA256.HashData("Satoshi Nakamoto"u8);

        var (r, s, _) = Secp256k1.Sign(BigInteger.One, hash);

        Assert.Equal(
            "934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d82442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5",
            Convert.ToHexStringLower([.. Secp256k1.Word(r), .. Secp256k1.Word(s)]));
    }

    [Fact]
    public async Task A_message_is_signed_as_the_node_signs_it_with_the_same_account()
    {
        const string text = "127.0.0.1 wants you to sign in\nNonce: 7";
        var key = DevKey.Account(3);

        var node = await fixture.Rpc.Send(
            "personal_sign", [Hex.Data(Encoding.UTF8.GetBytes(text)), key.Address.ToString()], CancellationToken.None);

        Assert.Equal(node.GetString(), Hex.Data(key.SignMessage(text)));
    }

    [Fact]
    public void A_key_out_of_the_curve_is_refused()
    {
        Assert.Throws<ArgumentException>(() => DevKey.FromSecret(new byte[32]));
        Assert.Throws<ArgumentException>(() => DevKey.FromSecret(Secp256k1.Word(Secp256k1.N)));
        Assert.Throws<ArgumentException>(() => DevKey.FromSecret(new byte[31]));
    }

    [Fact]
    public async Task A_key_file_gives_its_key_back_to_its_password_alone()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("keys-").FullName, "alice.json");
        var key = DevKey.Random();

        KeyFile.Write(path, key, "secret");

        Assert.Equal(key.Address, (await KeyFile.Read(path, "secret", CancellationToken.None)).Address);
        await Assert.ThrowsAsync<DevnetException>(() => KeyFile.Read(path, "Secret", CancellationToken.None));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    // The PBKDF2 test vector of the Web3 secret storage definition.
    [Fact]
    public async Task The_published_key_file_is_read()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("keys-").FullName, "vector.json");
        await File.WriteAllTextAsync(path, """
            {"crypto":{"cipher":"aes-128-ctr","cipherparams":{"iv":"6087dab2f9fdbbfaddc31a909735c1e6"},
            "ciphertext":"5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46","kdf":"pbkdf2",
            "kdfparams":{"c":262144,"dklen":32,"prf":"hmac-sha256","salt":"ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"},
            "mac":"517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2"},"id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","version":3}
            """);

        var key = await KeyFile.Read(path, "testpassword", CancellationToken.None);

        Assert.Equal("0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d", Hex.Data(key.Secret));
    }
}
