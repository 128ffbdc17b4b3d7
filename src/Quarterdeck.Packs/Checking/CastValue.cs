using System.Globalization;
using System.Numerics;
using System.Text;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Chains.Evm.Signatures;
using Quarterdeck.Packs.Runbooks.Shell;

namespace Quarterdeck.Packs.Checking;

/// <summary>
/// Works out what <c>cast keccak</c>, <c>cast calldata</c> and their kind print, so that arguments such as
/// <c>$(cast keccak "PAUSER_ROLE")</c> are checked like written ones.
/// </summary>
internal static class CastValue
{
    /// <summary>The output of a substitution that needs no chain; null for any other.</summary>
    public static string? Of(SubstitutionPart part, Func<ShellWord, string?> value)
    {
        if (part.Script.Statements is not [{ Malformed: false, Compound: null, Pipelines: [{ Commands: [{ Program: "cast" } command] }] }] || command.Words.Count < 2) return null;
        var words = command.Arguments.Skip(1).Select(value).ToArray();
        if (Array.Exists(words, w => w is null)) return null;
        try
        {
            return Of(command.Arguments[0].Text.TrimStart('-'), [.. words.Select(w => w!)]);
        }
        catch (Exception e) when (e is FormatException or ArgumentException or OverflowException)
        {
            return null; // reported where the command itself is checked
        }
    }

    private static string? Of(string verb, string[] words) => (verb, words) switch
    {
        ("keccak" or "k", [var text]) => Keccak256.Hash(Hex.TryParseData(text, out var bytes) && text.StartsWith("0x", StringComparison.Ordinal) ? bytes : Encoding.UTF8.GetBytes(text)).ToString(),
        ("sig" or "s", [var signature]) => AbiFunction.Parse(signature).SelectorText,
        ("sig-event", [var signature]) => AbiEvent.Parse(signature).Topic0.ToString(),
        ("calldata", [var signature, .. var arguments]) => AbiFunction.Parse(signature) is var f ? Hex.Data(f.EncodeCall(f.ParseArguments(arguments))) : null,
        ("abi-encode", [var signature, .. var arguments]) => AbiFunction.Parse(signature) is var f ? Hex.Data(f.EncodeCall(f.ParseArguments(arguments)).AsSpan(4)) : null,
        ("to-wei", [var amount]) => Scaled(amount, "ether"),
        ("to-wei", [var amount, var unit]) => Scaled(amount, unit),
        ("parse-units", [var amount, var decimals]) => Scaled(amount, decimals),
        ("max-uint", []) => ((BigInteger.One << 256) - 1).ToString(CultureInfo.InvariantCulture),
        ("address-zero", []) => Address.Zero.ToString(),
        ("hash-zero", []) => "0x" + new string('0', 64),
        ("format-bytes32-string", [var text]) when Encoding.UTF8.GetByteCount(text) <= 32 => "0x" + Convert.ToHexStringLower(Encoding.UTF8.GetBytes(text)).PadRight(64, '0'),
        _ => null,
    };

    private static string? Scaled(string amount, string unit)
    {
        int? decimals = unit switch { "ether" or "eth" => 18, "gwei" => 9, "wei" => 0, _ => int.TryParse(unit, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n <= 77 ? n : null };
        if (decimals is null || !decimal.TryParse(amount, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out _)) return null;
        var dot = amount.IndexOf('.', StringComparison.Ordinal);
        var fraction = dot < 0 ? "" : amount[(dot + 1)..];
        if (fraction.Length > decimals) return null;
        return BigInteger.Parse((dot < 0 ? amount : amount[..dot] + fraction) + new string('0', decimals.Value - fraction.Length), CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>
    /// The address that a private key belongs to, by public arithmetic alone: the signature with nonce 1 over the hash 0 is
    /// (Gx, Gx·key), and recovering its signer gives the key's address. Nothing is signed that could be used.
    /// </summary>
    public static Address? AddressOfKey(string key)
    {
        var hex = key.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? key[2..] : key;
        if (hex.Length != 64 || !BigInteger.TryParse("0" + hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var number) || number.IsZero || number >= Secp256k1.Order) return null;
        var s = GeneratorX * number % Secp256k1.Order;
        return new EcdsaSignature(GeneratorX, s, 0).TryRecover(default, out var address) ? address : null;
    }

    // SEC 2, section 2.4.1: the x of secp256k1's generator, whose y is even.
    private static readonly BigInteger GeneratorX = BigInteger.Parse("079BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798", NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
