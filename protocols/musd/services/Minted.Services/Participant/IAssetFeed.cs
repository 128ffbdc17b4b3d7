namespace Minted.Services.Participant;

/// <summary>Where validators learn the assets on Canton. The seam behind which a real ledger's API would stand.</summary>
internal interface IAssetFeed
{
    /// <summary>The assets for an attestation's nonce; null where the ledger does not answer, or with nonsense.</summary>
    Task<AssetSnapshot?> Snapshot(long number, CancellationToken cancel);
}
