using System.Globalization;
using System.Numerics;
using Minted.Services.Attestations;
using Minted.Services.Chain;
using Quarterdeck.Chains.Evm;

namespace Minted.Services.Relaying;

/// <summary>
/// Takes signed attestations to the bridge: groups offers of the same attestation, keeps signatures that recover to a holder of
/// VALIDATOR_ROLE, sorts them by the address recovered from the EIP-191 digest, and submits once a quorum is there.
/// </summary>
internal sealed class Relay(MintedChain chain, Address me, RelayMetrics metrics)
{
    private const int MaxChangePercent = 20;
    private const int RoundsForReceipt = 5;
    private const int RoundsForBlock = 60;
    private static readonly byte[] ValidatorRole = Keccak256.Hash("VALIDATOR_ROLE").ToArray();

    private (string Hash, BigInteger Nonce)? _sent;

    /// <summary>One round over what validators offer. A line for the log, or null.</summary>
    public async Task<string?> Round(IReadOnlyList<OfferedAttestation> offers, CancellationToken cancel)
    {
        if (_sent is { } sent && await Settle(sent, cancel) is var (settled, text))
        {
            if (!settled) return null;
            _sent = null;
            return text;
        }

        var nonce = await chain.ReadNumber("BLEBridgeV9", "currentNonce()", [], cancel) + 1;
        var minimum = (int)await chain.ReadNumber("BLEBridgeV9", "minSignatures()", [], cancel);
        metrics.LastScannedBlock = (await chain.Head(cancel)).Number;
        if (metrics.PauseTriggered) return null;
        var bridge = chain.AddressOf("BLEBridgeV9");
        var number = await chain.ChainNumber(cancel);
        var groups = offers.Where(o => o.Attestation.Nonce == nonce)
            .GroupBy(o => Hex.Data(o.Attestation.Id(number, bridge))).OrderByDescending(g => g.Count()).ThenByDescending(g => g.First().Attestation.Timestamp);
        foreach (var group in groups)
        {
            var attestation = group.First().Attestation;
            var signatures = await Verified(attestation.Digest(number, bridge), group, cancel);
            if (signatures.Count < minimum)
            {
                metrics.ValidationFailed("insufficient_valid_signatures");
                continue;
            }

            if (await JumpsTooFar(attestation, cancel))
            {
                metrics.PauseTriggered = true;
                return $"attested assets of {attestation.CantonAssets} differ by more than {MaxChangePercent} %: stopped until a person restarts the relay";
            }

            return await Submit(attestation, [.. signatures.Values], number, bridge, cancel);
        }

        return null;
    }

    /// <summary>Signatures by signer, ascending.</summary>
    private async Task<SortedDictionary<Address, byte[]>> Verified(byte[] digest, IEnumerable<OfferedAttestation> group, CancellationToken cancel)
    {
        var signatures = new SortedDictionary<Address, byte[]>();
        foreach (var offer in group)
        {
            if (await chain.Recover(digest, offer.Signature, cancel) is not { } signer || signer != offer.Validator)
                metrics.ValidationFailed("signature_mismatch");
            else if (!(bool)(await chain.Read("BLEBridgeV9", "hasRole(bytes32,address)", [ValidatorRole, signer], cancel))!)
                metrics.ValidationFailed("validator_mapping_missing");
            else
                signatures[signer] = offer.Signature;
        }

        return signatures;
    }

    private async Task<bool> JumpsTooFar(Attestation attestation, CancellationToken cancel)
    {
        var before = await chain.ReadNumber("BLEBridgeV9", "attestedCantonAssets()", [], cancel);
        return !before.IsZero && BigInteger.Abs(attestation.CantonAssets - before) * 100 > before * MaxChangePercent;
    }

    private async Task<string?> Submit(Attestation attestation, byte[][] signatures, BigInteger number, Address bridge, CancellationToken cancel)
    {
        try
        {
            object?[] list = [.. signatures];
            var hash = await chain.Send(me, "BLEBridgeV9", "processAttestation", [attestation.ToTuple(number, bridge), list], cancel);
            _sent = (hash, attestation.Nonce);
            return null;
        }
        catch (RefusedException refused)
        {
            metrics.Reverted(refused.Error);
            return string.Create(CultureInfo.InvariantCulture, $"attestation {attestation.Nonce} is refused: {refused.Error}");
        }
    }

    private async Task<(bool Settled, string Text)?> Settle((string Hash, BigInteger Nonce) sent, CancellationToken cancel)
    {
        // The nonce is read before the receipt: what used it up then has a receipt if it was this transaction.
        var used = await chain.ReadNumber("BLEBridgeV9", "currentNonce()", [], cancel) >= sent.Nonce;
        if (await chain.Outcome(sent.Hash, cancel) is { } success)
        {
            metrics.Processed(success);
            return (true, string.Create(CultureInfo.InvariantCulture, $"attestation {sent.Nonce} {(success ? "accepted" : "reverted")}"));
        }

        // Dropped by a reorganisation, or overtaken by another transaction: decided anew from the chain.
        return metrics.Waited(sent.Hash) switch
        {
            > RoundsForReceipt when used => (true, string.Create(CultureInfo.InvariantCulture, $"attestation {sent.Nonce} is on chain by another transaction")),
            > RoundsForBlock => (true, $"transaction {sent.Hash} is gone; the attestation is offered again"),
            _ => (false, ""),
        };
    }
}
