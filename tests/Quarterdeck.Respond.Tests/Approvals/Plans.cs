using System.Numerics;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Primitives;
using Quarterdeck.Respond.Approvals;

namespace Quarterdeck.Respond.Tests.Approvals;

/// <summary>Makes plans for tests.</summary>
internal static class Plans
{
    public static readonly Address Target = Address.Parse("0x5FbDB2315678afecb367f032d93F642f64180aa3");
    public static readonly Address From = Address.Parse("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");

    public static PlannedCall Call(int position = 1, int step = 0) => new(
        position, step, ChainId.Evm(31337), "deployer", From, Target, "BorrowModule", "pause()", [],
        Convert.FromHexString("8456cb59"), BigInteger.Zero, "pause", 0, "BorrowModule: unpause()",
        new CallForecast(CallForecast.Succeeds, null, 27_000, ["BorrowModule.Paused(account: 0xf39F…)"]));

    public static Plan Plan(
        string run = "run_1", string requester = "operator:carol", int required = 2, bool requesterCounts = false,
        DateTimeOffset? now = null, params PlannedCall[] calls)
    {
        var created = PlanDocument.Truncate(now ?? TimeProvider.System.GetUtcNow());
        return new Plan(
            "devnet", "musd", "emergency-pause", new Hash32(new byte[32]), run, 1, requester,
            new PolicyTerms("emergency-pause", required, ["approver"], requesterCounts, TimeSpan.FromMinutes(30), false),
            created, created.AddMinutes(30), new Hash32(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32)),
            calls.Length == 0 ? [Call()] : calls, new PlanSimulation(12, new Hash32(new byte[32]), "eth_simulateV1"),
            ["MUSD is not paused by this plan."]);
    }
}
