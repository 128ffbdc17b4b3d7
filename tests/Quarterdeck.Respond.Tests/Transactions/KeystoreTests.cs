using System.Text;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Respond.Transactions.Signing;

namespace Quarterdeck.Respond.Tests.Transactions;

public sealed class KeystoreTests
{
    // The two vectors of the Web3 secret storage definition; the password is "testpassword".
    private const string Pbkdf2 =
        """{"crypto":{"cipher":"aes-128-ctr","cipherparams":{"iv":"6087dab2f9fdbbfaddc31a909735c1e6"},"ciphertext":"5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46","kdf":"pbkdf2","kdfparams":{"c":262144,"dklen":32,"prf":"hmac-sha256","salt":"ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"},"mac":"517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2"},"id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","version":3}""";

    private const string ScryptFile =
        """{"crypto":{"cipher":"aes-128-ctr","cipherparams":{"iv":"83dbcc02d8ccb40e466191a123791e0e"},"ciphertext":"d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c","kdf":"scrypt","kdfparams":{"dklen":32,"n":262144,"r":1,"p":8,"salt":"ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19"},"mac":"2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097"},"id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","version":3}""";

    private const string Secret = "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";

    [Theory]
    [InlineData(Pbkdf2)]
    [InlineData(ScryptFile)]
    public void The_published_files_open(string json) =>
        Assert.Equal(Secret, Convert.ToHexStringLower(Keystore.Decrypt(json, "testpassword")));

    [Fact]
    public void A_wrong_password_is_said_so() =>
        Assert.Contains("password", Assert.Throws<KeystoreException>(() => Keystore.Decrypt(Pbkdf2, "wrong")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("{}")]
    [InlineData("not json")]
    [InlineData("""{"version":3,"crypto":{}}""")]
    [InlineData("""{"version":1,"crypto":{}}""")]
    public void What_is_no_key_file_is_said_so(string json) => Assert.Throws<KeystoreException>(() => Keystore.Decrypt(json, "x"));

    [Fact]
    public void A_file_that_asks_for_absurd_memory_is_refused() => Assert.Throws<KeystoreException>(
        () => Keystore.Decrypt(ScryptFile.Replace("\"n\":262144,\"r\":1", "\"n\":1073741824,\"r\":8", StringComparison.Ordinal), "testpassword"));

    [Theory]
    [InlineData("\"n\":2,\"r\":1,\"p\":8", "\"n\":2,\"r\":1,\"p\":8388608")]
    [InlineData("\"n\":2,\"r\":1,\"p\":8", "\"n\":1073741824,\"r\":2147483647,\"p\":2147483647")]
    [InlineData("\"kdf\":\"scrypt\"", "\"kdf\":\"pbkdf2\",\"more\":{\"c\":2147483647}")]
    public void A_file_that_asks_for_absurd_work_is_refused_at_once(string what, string instead)
    {
        var file = Light.Replace(what, instead, StringComparison.Ordinal).Replace("\"dklen\":32", "\"dklen\":32,\"prf\":\"hmac-sha256\",\"c\":2147483647", StringComparison.Ordinal);
        var began = TimeProvider.System.GetTimestamp();
        Assert.Throws<KeystoreException>(() => Keystore.Decrypt(file, "x"));
        Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(5));
    }

    private static string Light => ScryptFile.Replace("\"n\":262144", "\"n\":2", StringComparison.Ordinal);

    [Fact]
    public void A_damaged_file_is_refused_with_a_typed_error_and_memory_in_proportion()
    {
        var (random, folder) = (new Random(5), Directory.CreateTempSubdirectory("quarterdeck-keystore-"));
        try
        {
            var file = Path.Combine(folder.FullName, "key");
            for (var i = 0; i < 3000; i++)
            {
                var bytes = Encoding.UTF8.GetBytes(i % 2 == 0 ? Light : Light.Insert(1, "\"address\":\"f39fd6e51aad88f6f4ce6ab8827279cfffb92266\","));
                for (var n = random.Next(1, 4); n > 0; n--) bytes[random.Next(bytes.Length)] = (byte)"0{}[]\",:9x"[random.Next(10)];
                if (random.Next(4) == 0) bytes = bytes[..random.Next(bytes.Length)];
                var text = Encoding.UTF8.GetString(bytes);
                var before = GC.GetAllocatedBytesForCurrentThread();
                try
                {
                    Keystore.Decrypt(text, "testpassword");
                }
                catch (KeystoreException)
                {
                    // Refused: right.
                }

                Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 4 << 20, text);
                File.WriteAllBytes(file, bytes);
                _ = Keystore.AddressIn(file);
            }

            foreach (var odd in (string[])["[]", "1", "null", "{\"address\":1}", "{\"address\":null}", ""])
            {
                File.WriteAllText(file, odd);
                Assert.Null(Keystore.AddressIn(file));
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    // RFC 7914, section 12.
    [Theory]
    [InlineData("", "", 16, 1, 1, "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906")]
    [InlineData("password", "NaCl", 1024, 8, 16, "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640")]
    [InlineData("pleaseletmein", "SodiumChloride", 16384, 8, 1, "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887")]
    public void Scrypt_gives_the_published_bytes(string password, string salt, int n, int r, int p, string expected) =>
        Assert.Equal(expected, Convert.ToHexStringLower(Scrypt.Derive(Encoding.UTF8.GetBytes(password), Encoding.UTF8.GetBytes(salt), n, r, p, 64)));

    [Fact]
    public void The_signers_address_is_the_keys() => Assert.Equal(
        Address.Parse("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"),
        new KeyFileSigner(Convert.FromHexString("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")).Address);
}
