using Quarterdeck.Packs;
using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Respond.Runs.Planning;
using Quarterdeck.Respond.Runs.Steps;

namespace Quarterdeck.Respond.Tests.Runs;

/// <summary>Our own runbooks, resolved as the engine will run them.</summary>
public sealed class RunbookStepsTests
{
    private static readonly BoundPack Musd = Bind();

    public static TheoryData<string> Slugs => [.. Musd.Pack.Runbooks.Select(runbook => runbook.Slug)];

    private static BoundPack Bind()
    {
        var loaded = PackLoader.Load(Path.Combine(Devnet.RepositoryRoot.Find(), "protocols", "musd"));
        var file = Path.GetTempFileName();
        File.WriteAllText(file, $$"""
            name: test
            kind: devnet
            chains: { ethereum: { id: "eip155:31337", endpoints: ["http://127.0.0.1:1"], blockTime: 1s, confirmations: 1 } }
            contracts:
            {{string.Join("\n", loaded.Pack!.Contracts.Keys.Select((name, i) => $"  {name}: \"0x{i + 1:x2}00000000000000000000000000000000000c0d\""))}}
            accounts:
              deployer: { address: "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", unlocked: true }
            """);
        var environment = EnvironmentLoader.Load(file, _ => null);
        File.Delete(file);
        return BoundPack.Bind(loaded.Pack, environment.Environment!).Pack!;
    }

    private static (IReadOnlyList<ResolvedStep> Steps, IReadOnlyList<string> Problems) Resolve(string slug)
    {
        var resolver = new RunbookSteps(Musd);
        return (resolver.Resolve(Musd.Pack.Runbooks.First(runbook => runbook.Slug == slug)), resolver.Problems);
    }

    [Theory]
    [MemberData(nameof(Slugs))]
    public void Each_of_our_runbooks_can_be_run(string slug)
    {
        var (steps, problems) = Resolve(slug);
        Assert.Empty(problems);
        Assert.NotEmpty(steps);
        Assert.All(steps, step => Assert.Equal(step.Definition, StepDefinition.Read(step.Definition.ToJson()), Same));
    }

    private static bool Same(StepDefinition a, StepDefinition b) => a.ToJson() == b.ToJson();

    [Fact]
    public void The_emergency_pause_is_four_calls_in_order_in_one_stage_known_ahead()
    {
        var steps = Resolve("emergency-pause").Steps;
        var sends = steps.Where(step => step.Definition is StepDefinition.Send).ToList();
        Assert.Equal(["BorrowModule", "SMUSD", "DirectMintV2", "BLEBridgeV9"], sends.Select(s => ((StepDefinition.Send)s.Definition).TargetName));
        Assert.All(sends, s => Assert.Equal((1, FailureResponse.Continue), (s.Stage, s.OnFailure)));
        Assert.All(sends, s => Assert.True(((StepDefinition.Send)s.Definition).Done!.Holds));
        Assert.True(StagePlanning.IsKnownAhead(steps, 1));
    }

    [Fact]
    public void The_unpause_has_two_stages_and_its_salt_is_worked_out_by_the_run()
    {
        var steps = Resolve("unpause").Steps;
        var sends = steps.Where(step => step.Definition is StepDefinition.Send).ToList();
        Assert.Equal([1, 1, 1, 2, 2, 2, 2], sends.Select(s => s.Stage));
        Assert.False(StagePlanning.IsKnownAhead(steps, 1));
        Assert.Contains("${UNPAUSE_SALT}", ((StepDefinition.Send)sends[1].Definition).Arguments);
        var salt = steps.Single(s => s.Definition.Capture == "UNPAUSE_SALT").Definition;
        Assert.Equal(("keccak", "unpause ${BLOCK}"), (Assert.IsType<StepDefinition.Local>(salt).Operation, ((StepDefinition.Local)salt).Input));
        Assert.Equal("block-number", Assert.IsType<StepDefinition.ChainRead>(steps.Single(s => s.Definition.Capture == "BLOCK").Definition).Query);
        Assert.Equal([172_800L, 3_600L], steps.Select(s => s.Definition).OfType<StepDefinition.Wait>().Select(w => w.Seconds));
    }
}
