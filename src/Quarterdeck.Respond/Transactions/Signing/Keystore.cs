using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Quarterdeck.Chains.Evm;

namespace Quarterdeck.Respond.Transactions.Signing;

/// <summary>
/// The Web3 secret storage format, version 3, as geth and Foundry write it: scrypt or PBKDF2, AES-128-CTR, a Keccak-256 MAC.
/// Source: https://ethereum.org/developers/docs/data-structures-and-encoding/web3-secret-storage
/// </summary>
internal static class Keystore
{
    // Writers use 262,144; a hundred times that is a minute of work, and more is a file that means to keep us busy.
    private const int MostIterations = 30_000_000;

    /// <summary>The 32-byte private key.</summary>
    /// <exception cref="KeystoreException">The file is not a version 3 key file, or the password is wrong.</exception>
    public static byte[] Decrypt(string json, string password)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            if (root.GetProperty("version").GetInt32() != 3) throw new KeystoreException("The key file is not of version 3.");
            var crypto = Property(root, "crypto");
            if (Text(crypto, "cipher") != "aes-128-ctr")
                throw new KeystoreException($"The key file's cipher '{Text(crypto, "cipher")}' is not aes-128-ctr.");
            var ciphertext = Convert.FromHexString(Text(crypto, "ciphertext"));
            var derived = DeriveKey(crypto, Encoding.UTF8.GetBytes(password));
            byte[] authenticated = [.. derived.AsSpan(16, 16), .. ciphertext];
            if (!CryptographicOperations.FixedTimeEquals(
                    Keccak256.Hash(authenticated).ToArray(), Convert.FromHexString(Text(crypto, "mac"))))
                throw new KeystoreException("The password does not open the key file.");
            var key = Ctr(derived.AsSpan(0, 16), Convert.FromHexString(Text(crypto.GetProperty("cipherparams"), "iv")), ciphertext);
            return key.Length == 32 ? key : throw new KeystoreException($"The key has {key.Length} bytes; 32 are needed.");
        }
        catch (Exception problem) when (problem is JsonException or KeyNotFoundException or FormatException
                                            or InvalidOperationException or ArgumentException or OverflowException or CryptographicException)
        {
            throw new KeystoreException("The file is not a Web3 key file of version 3.", problem);
        }
    }

    /// <summary>The address that the file states beside the encrypted key; null where it states none or cannot be read.</summary>
    public static Address? AddressIn(string file)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllText(file));
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("address", out var stated)
                || stated.ValueKind != JsonValueKind.String) return null;
            var text = stated.GetString();
            return Address.TryParseAnyCase(text?.StartsWith("0x", StringComparison.Ordinal) == true ? text : "0x" + text, out var address)
                ? address
                : null;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    private static byte[] DeriveKey(JsonElement crypto, byte[] password)
    {
        var parameters = crypto.GetProperty("kdfparams");
        var salt = Convert.FromHexString(Text(parameters, "salt"));
        var length = parameters.GetProperty("dklen").GetInt32();
        if (length is < 32 or > 64) throw new KeystoreException($"The key file derives {length} bytes; 32 to 64 are allowed.");
        return Text(crypto, "kdf") switch
        {
            "scrypt" => Scrypt.Derive(
                password, salt, parameters.GetProperty("n").GetInt32(), parameters.GetProperty("r").GetInt32(),
                parameters.GetProperty("p").GetInt32(), length),
            "pbkdf2" when parameters.GetProperty("c").GetInt32() > MostIterations =>
                throw new KeystoreException($"The key file asks for more than {MostIterations} iterations of pbkdf2."),
            "pbkdf2" when Text(parameters, "prf") == "hmac-sha256" => Rfc2898DeriveBytes.Pbkdf2(
                password, salt, parameters.GetProperty("c").GetInt32(), HashAlgorithmName.SHA256, length),
            var other => throw new KeystoreException($"The key file's derivation '{other}' is neither scrypt nor pbkdf2 with hmac-sha256."),
        };
    }

    private static byte[] Ctr(ReadOnlySpan<byte> key, byte[] counter, byte[] input)
    {
        using var aes = Aes.Create();
        aes.Key = key.ToArray();
        var output = new byte[input.Length];
        var block = (byte[])counter.Clone();
        for (var at = 0; at < input.Length; at += 16)
        {
            var stream = aes.EncryptEcb(block, PaddingMode.None);
            for (var i = 0; i < 16 && at + i < input.Length; i++) output[at + i] = (byte)(input[at + i] ^ stream[i]);
            for (var i = 15; i >= 0; i--)
            {
                block[i] = unchecked((byte)(block[i] + 1));
                if (block[i] != 0) break;
            }
        }

        return output;
    }

    // Some writers say "Crypto".
    private static JsonElement Property(JsonElement parent, string name) =>
        parent.EnumerateObject().FirstOrDefault(p => p.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) is { Value.ValueKind: JsonValueKind.Object } found
            ? found.Value
            : throw new KeyNotFoundException(name);

    private static string Text(JsonElement parent, string name) =>
        parent.GetProperty(name).GetString() ?? throw new FormatException(name);
}

/// <summary>A key file cannot be opened. Says why, never what is in it.</summary>
public sealed class KeystoreException : Exception
{
    /// <summary>Why.</summary>
    public KeystoreException(string message) : base(message)
    {
    }

    /// <summary>Why, and from what.</summary>
    public KeystoreException(string message, Exception inner) : base(message, inner)
    {
    }
}
