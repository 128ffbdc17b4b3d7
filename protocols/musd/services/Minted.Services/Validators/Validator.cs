using System.Globalization;
using System.Numerics;
using Minted.Services.Attestations;
using Minted.Services.Chain;
using Minted.Services.Participant;
using Quarterdeck.Chains.Evm;

namespace Minted.Services.Validators;

/// <summary>
/// Signs one attestation for each next nonce and time slot. Validators do not speak with one another: from the same block and the
/// same assets they come to the same attestation.
/// </summary>
internal sealed class Validator(MintedChain chain, IAssetFeed feed, Address me, TimeProvider clock)
{
    public const int SignsPerHour = 50;

    // Longer than the bridge's 60 s between attestations, and few enough for the limit of signatures.
    private const long SlotSeconds = 75;
    private const int Kept = 4;
    private static readonly BigInteger MaxJumpPercent = 20;

    private readonly List<OfferedAttestation> _offers = [];
    private readonly Queue<long> _signed = [];
    private BigInteger? _lastTotal;

    /// <summary>The newest offers, oldest first.</summary>
    public IReadOnlyList<OfferedAttestation> Offers
    {
        get
        {
            lock (_offers) return [.. _offers];
        }
    }

    /// <summary>Looks once. Says what it did or why it did not sign; null where there was nothing to do.</summary>
    public async Task<PollResult> Poll(CancellationToken cancel)
    {
        var head = await chain.Head(cancel);
        var nonce = await chain.ReadNumber("BLEBridgeV9", "currentNonce()", [], cancel, head.Number) + 1;
        var last = await chain.ReadNumber("BLEBridgeV9", "lastAttestationTime()", [], cancel, head.Number);
        var slot = head.Time - (head.Time % SlotSeconds);
        if (slot < last + 60 || Offers.Any(o => o.Attestation.Nonce == nonce && o.Attestation.Timestamp == slot)) return PollResult.Idle;

        if (await feed.Snapshot((long)nonce, cancel) is not { } snapshot) return new PollResult(false, "Canton does not answer; nothing is signed");
        if (_lastTotal is { } before && BigInteger.Abs(snapshot.Total - before) * 100 > before * MaxJumpPercent)
            return new PollResult(true, $"assets jump from {before} to {snapshot.Total}; not signed");
        if (!MaySign()) return new PollResult(true, "the limit of signatures for this hour is reached");

        var attestation = new Attestation(snapshot.Total, nonce, slot, Attestation.Hash(snapshot.StateHash, Attestation.Word(slot)), snapshot.StateHash);
        var message = attestation.Message(await chain.ChainNumber(cancel), chain.AddressOf("BLEBridgeV9"));
        var signature = await chain.Sign(me, message, cancel);
        _lastTotal = snapshot.Total;
        lock (_offers)
        {
            _offers.Add(new OfferedAttestation(attestation, me, signature));
            if (_offers.Count > Kept) _offers.RemoveAt(0);
        }

        return new PollResult(true, string.Create(CultureInfo.InvariantCulture, $"signed attestation {nonce}"));
    }

    private bool MaySign()
    {
        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        while (_signed.TryPeek(out var oldest) && oldest <= now - 3600) _signed.Dequeue();
        if (_signed.Count >= SignsPerHour) return false;
        _signed.Enqueue(now);
        return true;
    }
}

/// <summary>What came of one look.</summary>
/// <param name="Healthy">True where chain and ledger answered: the heartbeat is written.</param>
/// <param name="Text">For the log; null where nothing happened.</param>
internal sealed record PollResult(bool Healthy, string? Text)
{
    public static PollResult Idle { get; } = new(true, null);
}
