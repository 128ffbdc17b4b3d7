using System.Security.Cryptography;
using Quarterdeck.Chains.Evm.Signatures;
using Quarterdeck.Primitives;

namespace Quarterdeck.Respond.Approvals;

/// <summary>Verifies that an operator's own credential signed a plan.</summary>
public sealed class EvidenceVerifier(ApprovalOptions options)
{
    /// <summary>How a signature was judged.</summary>
    internal abstract record Verdict
    {
        private Verdict()
        {
        }

        /// <summary>It is the operator's.</summary>
        /// <param name="Key">What makes the authenticator one: the wallet's address or the passkey's public key, hashed.</param>
        public sealed record Holds(OperatorCredential Credential, byte[] Key, uint SignCount) : Verdict;

        /// <summary>It is not.</summary>
        public sealed record Fails(string Why) : Verdict;
    }

    /// <summary>Judges the evidence.</summary>
    /// <param name="first">True when it is given; false when it is judged again, where the counter has moved on already.</param>
    internal Verdict Verify(Plan plan, ApprovalEvidence evidence, Operator person, bool first)
    {
        if (plan.Safe is { } custodian && evidence is ApprovalEvidence.Passkey)
            return new Verdict.Fails($"The plan is a transaction of the Safe {custodian.Address}, which knows no passkeys: sign with the wallet that owns it.");
        var verdict = Verify(PlanTypedData.SigningHash(plan), PlanChallenge.For(plan), evidence, person, first);
        return plan.Safe is { } safe && verdict is Verdict.Holds { Credential: OperatorCredential.Wallet wallet } && !safe.Owners.Contains(wallet.Address)
            ? new Verdict.Fails($"The signature is by {wallet.Address}, which is no owner of the Safe {safe.Address}.")
            : verdict;
    }

    /// <summary>Judges the evidence over anything else that is signed as a plan is.</summary>
    /// <param name="digest">What a wallet signs.</param>
    /// <param name="challenge">What a passkey signs.</param>
    internal Verdict Verify(Hash32 digest, byte[] challenge, ApprovalEvidence evidence, Operator person, bool first) => evidence switch
    {
        ApprovalEvidence.Wallet wallet => Verify(digest, wallet, person),
        ApprovalEvidence.Passkey passkey => Verify(challenge, passkey, person, first),
        _ => throw new InvalidOperationException("There is no third kind of evidence."),
    };

    private static Verdict Verify(Hash32 digest, ApprovalEvidence.Wallet wallet, Operator person)
    {
        // One form only: an upper-half s would be a second signature of the same approval.
        if (Parse(wallet.Signature) is not { IsLowS: true } signature || !signature.TryRecover(digest, out var signer))
            return new Verdict.Fails("The signature is not one: 65 bytes r, s, v with s in the lower half are needed.");
        var credential = person.Credentials.OfType<OperatorCredential.Wallet>().FirstOrDefault(c => c.Address == signer);
        return credential is null
            ? new Verdict.Fails($"The signature over what is shown is by {signer}, which is no wallet of {person.Name}.")
            : new Verdict.Holds(credential, signer.ToArray(), 0);
    }

    private static EcdsaSignature? Parse(byte[] bytes)
    {
        try
        {
            return EcdsaSignature.Parse(bytes);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private Verdict Verify(byte[] challenge, ApprovalEvidence.Passkey passkey, Operator person, bool first)
    {
        var response = passkey.Response;
        var credential = person.Credentials.OfType<OperatorCredential.Passkey>()
            .FirstOrDefault(c => c.CredentialId.AsSpan().SequenceEqual(response.CredentialId));
        if (credential is null) return new Verdict.Fails($"The passkey is none of {person.Name}.");
        var expected = new AssertionExpectation(
            challenge, options.RelyingPartyId, options.Origins, first ? credential.SignCount : 0);
        var verdict = WebAuthnAssertion.Verify(credential.PublicKey, response, expected);
        return verdict.Refusal is null
            ? new Verdict.Holds(credential, SHA256.HashData(credential.PublicKey), verdict.SignCount)
            : new Verdict.Fails($"The passkey's assertion does not hold: {verdict.Refusal}.");
    }
}
