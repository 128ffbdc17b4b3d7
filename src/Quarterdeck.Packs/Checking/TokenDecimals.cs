using System.Numerics;
using System.Text.RegularExpressions;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Chains.Evm.Rpc;

namespace Quarterdeck.Packs.Checking;

/// <summary>
/// Says how many decimals a function's integer has: by the pack's word, else as read from the chain: a token's own
/// <c>decimals()</c> for its supply, its asset's for what an ERC-4626 vault or a treasury holds. Null where it cannot be known.
/// </summary>
internal sealed partial class TokenDecimals(EvmReader? reader)
{
    private static readonly string[] AssetGetters = ["asset", "usdc", "token", "underlying", "underlyingToken", "stablecoin", "collateralToken", "reserveToken", "baseToken", "currency", "USDC"];

    private static readonly AbiFunction Decimals = AbiFunction.Parse("decimals()(uint8)");

    private readonly Dictionary<Address, int?> _known = [];

    public async Task<int?> Of(CheckContract contract, string function, CancellationToken cancel)
    {
        var name = function.Split('(')[0];
        if (contract.Definition?.Decimals is { Count: > 0 } stated)
        {
            if (stated.TryGetValue(name, out var own)) return own;
            if (stated.TryGetValue("*", out own) && OwnAmount().IsMatch(name)) return own;
        }

        if (contract.Abi is not { } abi || contract.Address is not { } address) return null;
        var isVault = abi.FunctionsNamed("convertToAssets").Any() && abi.FunctionsNamed("asset").Any();
        if (isVault && (name is "totalAssets" or "convertToAssets" or "previewMint" or "previewRedeem" or "maxDeposit" or "maxWithdraw")) return await OfAsset(abi, address, cancel);
        if (abi.FunctionsNamed("decimals").Any(f => f.Inputs.Count == 0) && (OwnAmount().IsMatch(name) || isVault && name is "convertToShares" or "previewDeposit" or "previewWithdraw" or "maxMint" or "maxRedeem"))
            return await OfToken(address, cancel);
        // A price feed's own decimals() is of its answers; a token's is of its amounts.
        if (PriceAmount().IsMatch(name) && abi.FunctionsNamed("decimals").Any(f => f.Inputs.Count == 0) && !abi.FunctionsNamed("totalSupply").Any()) return await OfToken(address, cancel);
        return HeldAmount().IsMatch(name) ? await OfAsset(abi, address, cancel) : null;
    }

    /// <summary>Decimals of a vault's share and of its asset; null where it is no ERC-4626 vault or cannot be read.</summary>
    public async Task<(int Share, int Asset)?> OfVault(CheckContract contract, CancellationToken cancel)
    {
        if (contract.Abi is not { } abi || contract.Address is not { } address || !abi.FunctionsNamed("convertToAssets").Any()) return null;
        return await OfToken(address, cancel) is { } share && await OfAsset(abi, address, cancel) is { } asset ? (share, asset) : null;
    }

    private async Task<int?> OfAsset(ContractAbi abi, Address address, CancellationToken cancel)
    {
        foreach (var getter in AssetGetters)
        {
            var function = abi.FunctionsNamed(getter).FirstOrDefault(f => f.Inputs.Count == 0 && f.Outputs is [{ Type.Name: "address" }]);
            if (function is null) continue;
            if (await Read(address, function, cancel) is Address token) return await OfToken(token, cancel);
        }

        return null;
    }

    private async Task<int?> OfToken(Address token, CancellationToken cancel)
    {
        if (_known.TryGetValue(token, out var known)) return known;
        return _known[token] = await Read(token, Decimals, cancel) is BigInteger number && number >= 0 && number <= 77 ? (int)number : null;
    }

    private async Task<object?> Read(Address address, AbiFunction function, CancellationToken cancel)
    {
        if (reader is null) return null;
        try
        {
            return function.DecodeResult(await reader.Call(new CallRequest(address, function.EncodeCall()), cancel: cancel));
        }
        catch (Exception e) when (e is RpcException or AbiException)
        {
            return null; // not a token after all
        }
    }

    [GeneratedRegex("^(totalSupply|balanceOf|allowance|supplyCap|cap|maxSupply|circulatingSupply|mintCap|totalBorrows)$")]
    private static partial Regex OwnAmount();

    [GeneratedRegex("^(price|getPrice|latestAnswer|latestPrice|lastPrice|currentPrice|answer)$")]
    private static partial Regex PriceAmount();

    [GeneratedRegex("^(total(Assets|Value|Backing|Reserves?|Deposits|Collateral)|reserveBalance|reserves?|availableReserves|treasuryValue|backing|totalValueNet|cash|getCash)$")]
    private static partial Regex HeldAmount();
}
