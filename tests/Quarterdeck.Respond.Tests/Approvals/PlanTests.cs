using System.Text;
using Quarterdeck.Primitives;
using Quarterdeck.Respond.Approvals;

namespace Quarterdeck.Respond.Tests.Approvals;

public sealed class PlanTests
{
    [Fact]
    public void A_plan_is_read_back_byte_for_byte()
    {
        var plan = Plans.Plan();
        var again = Plan.Read(plan.Canonical);
        Assert.Equal(plan.Canonical, again.Canonical);
        Assert.Equal(plan.Hash, again.Hash);
    }

    [Fact]
    public void The_canonical_form_has_sorted_keys_and_no_space()
    {
        var text = Encoding.UTF8.GetString(Plans.Plan().Canonical);
        Assert.StartsWith("{\"calls\":[{\"account\":\"deployer\",\"afterSeconds\":0,", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\": ", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_not_canonical_are_no_plan()
    {
        var spaced = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(Plans.Plan().Canonical).Replace("\"stage\":1", "\"stage\": 1", StringComparison.Ordinal));
        Assert.Throws<FormatException>(() => Plan.Read(spaced));
        Assert.Throws<FormatException>(() => Plan.Read("{}"u8.ToArray()));
    }

    public static TheoryData<string> Changes => new("value", "target", "calldata", "policy", "expiry", "environment", "runbook", "requester", "order");

    [Theory]
    [MemberData(nameof(Changes))]
    public void Any_change_is_another_plan_with_another_thing_to_sign(string what)
    {
        var plan = Plans.Plan(calls: [Plans.Call(1, 0), Plans.Call(2, 1)]);
        var call = plan.Calls[0];
        var changed = what switch
        {
            "value" => plan with { Calls = [call with { Value = 1 }, plan.Calls[1]] },
            "target" => plan with { Calls = [call with { Target = Plans.From }, plan.Calls[1]] },
            "calldata" => plan with { Calls = [call with { Calldata = [1, 2, 3, 4] }, plan.Calls[1]] },
            "policy" => plan with { Policy = plan.Policy with { Required = 1 } },
            "expiry" => plan with { ExpiresAt = plan.ExpiresAt.AddSeconds(1) },
            "environment" => plan with { Environment = "production" },
            "runbook" => plan with { RunbookHash = new Hash32(Enumerable.Repeat((byte)1, 32).ToArray()) },
            "requester" => plan with { Requester = "operator:mallory" },
            _ => plan with { Calls = [call with { Step = 1 }, plan.Calls[1] with { Step = 0 }] },
        };
        var fresh = Plan.Read(PlanDocument.Write(changed));
        Assert.NotEqual(plan.Hash, fresh.Hash);
        Assert.NotEqual(PlanChallenge.For(plan), PlanChallenge.For(fresh));
        Assert.NotEqual(PlanTypedData.SigningHash(plan), PlanTypedData.SigningHash(fresh));
    }

    [Fact]
    public void What_a_wallet_signs_names_each_call_and_the_plan()
    {
        var plan = Plans.Plan();
        var message = PlanTypedData.For(plan)["message"]!;
        Assert.Equal(plan.Hash.ToString(), (string?)message["plan"]);
        Assert.Equal("BorrowModule", (string?)message["calls"]![0]!["targetName"]);
        Assert.Equal("0x8456cb59", (string?)message["calls"]![0]!["data"]);
    }
}
