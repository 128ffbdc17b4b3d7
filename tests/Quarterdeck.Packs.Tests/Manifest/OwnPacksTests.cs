namespace Quarterdeck.Packs.Tests.Manifest;

public sealed class OwnPacksTests
{
    [Fact]
    public void The_mUSD_pack_loads_without_an_error()
    {
        var result = PackLoader.Load(Path.Combine(Repository.Root, "protocols", "musd"));
        Assert.True(result.Pack is not null, string.Join("\n", result.Findings));
        Assert.Equal(["BorrowModule", "SMUSD", "DirectMintV2", "BLEBridgeV9"], result.Pack.Contracts.Keys.Take(4));
    }
}
