using System.Numerics;
using Minted.Services.Chain;
using Quarterdeck.Chains.Evm;

namespace Minted.Services.Traffic;

/// <summary>One user of the protocol. Each act sends at most one transaction; amounts stay small beside what is deployed.</summary>
internal sealed class Trader(MintedChain chain, string name, Random random)
{
    private static readonly BigInteger Usdc = BigInteger.Pow(10, 6);
    private static readonly BigInteger Musd = BigInteger.Pow(10, 18);
    private static readonly BigInteger Unlimited = BigInteger.Pow(2, 256) - 1;
    private static readonly BigInteger StakedAtMost = 1_000_000 * Musd;
    private static readonly BigInteger OwedAtMost = 60_000 * Musd;

    private readonly Address _me = chain.Account(name);

    /// <summary>Allowances and collateral, once.</summary>
    public async Task Prepare(CancellationToken cancel)
    {
        await Approve("USDC", "DirectMintV2", cancel);
        foreach (var spender in new[] { "DirectMintV2", "SMUSD", "BorrowModule", "BLEBridgeV9" }) await Approve("MUSD", spender, cancel);
        await Approve("WETH", "CollateralVault", cancel);
        if (await chain.ReadNumber("CollateralVault", "deposits(address,address)", [_me, chain.AddressOf("WETH")], cancel) > 0) return;
        await Send("WETH", "mint(address,uint256)", [_me, 100 * Musd], cancel);
        await Send("CollateralVault", "deposit(address,uint256)", [chain.AddressOf("WETH"), 100 * Musd], cancel);
    }

    public async Task Mint(CancellationToken cancel)
    {
        if (await Balance("USDC", cancel) < 100_000 * Usdc)
        {
            await Send("USDC", "mint(address,uint256)", [_me, 1_000_000 * Usdc], cancel);
            return;
        }

        await Send("DirectMintV2", "mint(uint256)", [random.Next(50, 2_500) * Usdc], cancel);
    }

    public async Task Redeem(CancellationToken cancel)
    {
        var amount = random.Next(50, 2_500) * Musd;
        if (await Balance("MUSD", cancel) >= amount) await Send("DirectMintV2", "redeem(uint256)", [amount], cancel);
        else await Mint(cancel);
    }

    /// <summary>Stakes up to a bound; above it waits out the cooldown and leaves in part.</summary>
    public async Task Stake(CancellationToken cancel)
    {
        if (await chain.ReadNumber("SMUSD", "totalAssets()", [], cancel) < StakedAtMost)
        {
            await Send("SMUSD", "deposit(uint256,address)", [random.Next(10, 200) * Musd, _me], cancel);
            return;
        }

        var shares = await Balance("SMUSD", cancel);
        if (shares > 0 && (bool)(await chain.Read("SMUSD", "canWithdraw(address)", [_me], cancel))!)
            await Send("SMUSD", "redeem(uint256,address,address)", [shares / 2, _me, _me], cancel);
        else
            await Redeem(cancel);
    }

    public async Task Borrow(CancellationToken cancel)
    {
        if (await Debt(cancel) < OwedAtMost) await Send("BorrowModule", "borrow(uint256)", [random.Next(100, 1_000) * Musd], cancel);
        else await Repay(cancel);
    }

    public async Task Repay(CancellationToken cancel)
    {
        var amount = random.Next(100, 1_000) * Musd;
        if (await Debt(cancel) > 2 * amount) await Send("BorrowModule", "repay(uint256)", [amount], cancel);
        else await Send("BorrowModule", "borrow(uint256)", [random.Next(500, 2_000) * Musd], cancel);
    }

    public Task BridgeOut(CancellationToken cancel) =>
        Send("BLEBridgeV9", "bridgeToCanton(uint256,string)", [random.Next(10, 100) * Musd, $"{name}::1220{random.Next():x8}"], cancel);

    private async Task Approve(string token, string spender, CancellationToken cancel)
    {
        if (await chain.ReadNumber(token, "allowance(address,address)", [_me, chain.AddressOf(spender)], cancel) < Unlimited / 2)
            await Send(token, "approve(address,uint256)", [chain.AddressOf(spender), Unlimited], cancel);
    }

    private Task<BigInteger> Balance(string token, CancellationToken cancel) => chain.ReadNumber(token, "balanceOf(address)", [_me], cancel);

    private Task<BigInteger> Debt(CancellationToken cancel) => chain.ReadNumber("BorrowModule", "totalDebt(address)", [_me], cancel);

    private Task<string> Send(string contract, string function, object?[] args, CancellationToken cancel) =>
        chain.Send(_me, contract, function, args, cancel);
}
