namespace Quarterdeck.Primitives;

/// <summary>
/// A chain's global name as CAIP-2 writes it: <c>namespace:reference</c>, such as <c>eip155:1</c> or <c>stacks:1</c>.
/// Source: https://chainagnostic.org/CAIPs/caip-2
/// </summary>
public readonly record struct ChainId
{
    private ChainId(string @namespace, string reference) => (Namespace, Reference) = (@namespace, reference);

    /// <summary>The family's name, 3 to 8 characters: <c>eip155</c>, <c>stacks</c>, <c>cosmos</c>, <c>canton</c>.</summary>
    public string Namespace { get; }

    /// <summary>The chain within the family, 1 to 32 characters. For <c>eip155</c> the decimal EIP-155 chain id.</summary>
    public string Reference { get; }

    /// <summary>The EIP-155 chain with the given number.</summary>
    public static ChainId Evm(ulong number) =>
        new("eip155", number.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>The EIP-155 number of an EVM chain.</summary>
    /// <exception cref="InvalidOperationException">The chain is not of the namespace <c>eip155</c>.</exception>
    public ulong EvmNumber => Namespace == "eip155"
        ? ulong.Parse(Reference, System.Globalization.CultureInfo.InvariantCulture)
        : throw new InvalidOperationException($"Chain {this} is not an EVM chain: it has no EIP-155 number.");

    /// <summary>Reads <c>namespace:reference</c>.</summary>
    /// <exception cref="FormatException">The text is not a CAIP-2 chain id; the message says which part.</exception>
    public static ChainId Parse(string text) => TryParse(text, out var id)
        ? id
        : throw new FormatException(
            $"'{text}' is not a CAIP-2 chain id. Write namespace:reference, for example eip155:1 for Ethereum.");

    /// <summary>Reads <c>namespace:reference</c>; false where the text is not a CAIP-2 chain id.</summary>
    public static bool TryParse(string? text, out ChainId id)
    {
        id = default;
        var colon = text?.IndexOf(':', StringComparison.Ordinal) ?? -1;
        if (colon is < 3 or > 8 || text!.Length - colon - 1 is < 1 or > 32) return false;
        var (ns, reference) = (text[..colon], text[(colon + 1)..]);
        if (!ns.All(c => c is >= 'a' and <= 'z' or >= '0' and <= '9' or '-')) return false;
        if (!reference.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')) return false;
        if (ns == "eip155" && !ulong.TryParse(reference, System.Globalization.NumberStyles.None, null, out _)) return false;
        id = new ChainId(ns, reference);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Namespace}:{Reference}";
}
