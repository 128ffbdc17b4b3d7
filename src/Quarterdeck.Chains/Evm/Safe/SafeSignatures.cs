using Quarterdeck.Chains.Evm.Signatures;

namespace Quarterdeck.Chains.Evm.Safe;

/// <summary>An owner's signature over a <see cref="SafeTx.Hash"/>.</summary>
public sealed record SafeSignature(Address Owner, EcdsaSignature Signature);

/// <summary>Puts owners' signatures into the form that a Safe checks.</summary>
public static class SafeSignatures
{
    /// <summary>
    /// r ‖ s ‖ v of each owner, in ascending order of the owners: the Safe refuses any other order, which is also how it sees
    /// that no owner counts twice. Source: Safe's <c>checkNSignatures</c>.
    /// </summary>
    /// <exception cref="ArgumentException">An owner is there twice.</exception>
    public static byte[] Join(IEnumerable<SafeSignature> signatures)
    {
        var ordered = signatures.OrderBy(signature => signature.Owner).ToList();
        for (var i = 1; i < ordered.Count; i++)
            if (ordered[i].Owner == ordered[i - 1].Owner) throw new ArgumentException($"{ordered[i].Owner} signed twice.", nameof(signatures));
        return [.. ordered.SelectMany(signature => signature.Signature.ToArray())];
    }
}
