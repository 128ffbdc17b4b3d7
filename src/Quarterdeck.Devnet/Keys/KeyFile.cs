using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Quarterdeck.Chains.Evm;

namespace Quarterdeck.Devnet.Keys;

/// <summary>
/// Web3 secret storage, version 3, with PBKDF2: what <c>cast wallet</c> and geth read. Few rounds, since development
/// keys protect nothing. Source: https://ethereum.org/developers/docs/data-structures-and-encoding/web3-secret-storage
/// </summary>
public static class KeyFile
{
    private const int Rounds = 8192;

    /// <summary>Writes the key, readable to us alone.</summary>
    public static void Write(string path, DevKey key, string password)
    {
        ArgumentNullException.ThrowIfNull(key);
        var (salt, iv) = (RandomNumberGenerator.GetBytes(32), RandomNumberGenerator.GetBytes(16));
        var derived = Rfc2898DeriveBytes.Pbkdf2(password, salt, Rounds, HashAlgorithmName.SHA256, 32);
        var ciphertext = Counter(derived.AsSpan(0, 16), iv, key.Secret);
        var json = new JsonObject
        {
            ["version"] = 3,
            ["id"] = Guid.NewGuid().ToString(),
            ["address"] = key.Address.ToLowerHex()[2..],
            ["crypto"] = new JsonObject
            {
                ["cipher"] = "aes-128-ctr",
                ["cipherparams"] = new JsonObject { ["iv"] = Convert.ToHexStringLower(iv) },
                ["ciphertext"] = Convert.ToHexStringLower(ciphertext),
                ["kdf"] = "pbkdf2",
                ["kdfparams"] = new JsonObject
                {
                    ["c"] = Rounds,
                    ["dklen"] = 32,
                    ["prf"] = "hmac-sha256",
                    ["salt"] = Convert.ToHexStringLower(salt),
                },
                ["mac"] = Convert.ToHexStringLower(Keccak256.Hash([.. derived.AsSpan(16, 16), .. ciphertext]).ToArray()),
            },
        };
        PrivateFile.Write(path, json.ToJsonString());
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="DevnetException">The file is another's, or the password is not its own.</exception>
    public static async Task<DevKey> Read(string path, string password, CancellationToken cancel)
    {
        try
        {
            using var json = JsonDocument.Parse(await File.ReadAllTextAsync(path, cancel));
            var crypto = json.RootElement.GetProperty("crypto");
            var parameters = crypto.GetProperty("kdfparams");
            byte[] Bytes(JsonElement parent, string name) => Convert.FromHexString(parent.GetProperty(name).GetString()!);
            var derived = Rfc2898DeriveBytes.Pbkdf2(
                password, Bytes(parameters, "salt"), parameters.GetProperty("c").GetInt32(), HashAlgorithmName.SHA256, 32);
            var ciphertext = Bytes(crypto, "ciphertext");
            var mac = Keccak256.Hash([.. derived.AsSpan(16, 16), .. ciphertext]).ToArray();
            if (!mac.AsSpan().SequenceEqual(Bytes(crypto, "mac")))
                throw new DevnetException($"The password does not open {path}. './quarterdeck reset' makes new keys.");
            return DevKey.FromSecret(Counter(derived.AsSpan(0, 16), Bytes(crypto.GetProperty("cipherparams"), "iv"), ciphertext));
        }
        catch (Exception problem) when (problem is JsonException or KeyNotFoundException or FormatException or InvalidOperationException)
        {
            throw new DevnetException($"{path} is not a key file of this environment. './quarterdeck reset' makes new ones.", problem);
        }
    }

    /// <summary>AES-128 in counter mode over two blocks, the length of a key.</summary>
    private static byte[] Counter(ReadOnlySpan<byte> key, byte[] iv, byte[] input)
    {
        using var aes = Aes.Create();
        aes.Key = key.ToArray();
        var second = (byte[])iv.Clone();
        for (var i = 15; i >= 0; i--)
        {
            second[i] = unchecked((byte)(second[i] + 1));
            if (second[i] != 0) break;
        }

        var stream = aes.EncryptEcb([.. iv, .. second], PaddingMode.None);
        return [.. input.Select((value, i) => (byte)(value ^ stream[i]))];
    }
}
