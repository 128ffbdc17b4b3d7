using Quarterdeck.Respond.Approvals;

namespace Quarterdeck.Respond.Tests.Approvals;

public sealed class QuorumTests
{
    private static readonly PolicyTerms Two = new("two", 2, ["approver"], false, TimeSpan.FromMinutes(30), false);

    private static StandingVote Vote(string who, string? key = null, params string[] roles) =>
        new(who, roles.Length == 0 ? ["approver"] : roles, key ?? who + "-key");

    [Fact]
    public void Two_distinct_people_with_the_role_are_two() =>
        Assert.True(Quorum.Count(Two, "operator:carol", [Vote("alice"), Vote("bob")]).Met);

    [Fact]
    public void The_same_person_twice_is_one() =>
        Assert.Equal(1, Quorum.Count(Two, "operator:carol", [Vote("alice"), Vote("alice", "other-key")]).Counted);

    [Fact]
    public void Two_accounts_on_one_authenticator_are_one_person() =>
        Assert.Equal(1, Quorum.Count(Two, "operator:carol", [Vote("alice", "k"), Vote("alice2", "k")]).Counted);

    [Fact]
    public void The_requester_counts_only_where_the_policy_says_so()
    {
        StandingVote[] votes = [Vote("alice"), Vote("bob")];
        Assert.False(Quorum.Count(Two, "operator:alice", votes).Met);
        Assert.True(Quorum.Count(Two with { RequesterCounts = true }, "operator:alice", votes).Met);
    }

    [Fact]
    public void Without_the_role_a_vote_does_not_count() =>
        Assert.Equal(1, Quorum.Count(Two, "system:alerts", [Vote("alice"), Vote("bob", null, "viewer")]).Counted);

    [Fact]
    public void No_roles_means_nobody_and_no_requirement_means_never()
    {
        Assert.False(Quorum.Count(Two with { Roles = [] }, "system:alerts", [Vote("alice"), Vote("bob")]).Met);
        Assert.False(Quorum.Count(Two with { Required = 0 }, "system:alerts", []).Met);
    }

    [Fact]
    public void The_initiator_is_the_first_of_two_where_the_policy_counts_them_and_never_both()
    {
        var pause = Two with { RequesterCounts = true };
        Assert.False(Quorum.Count(pause, "operator:alice", [Vote("alice")]).Met);
        Assert.True(Quorum.Count(pause, "operator:alice", [Vote("alice"), Vote("bob")]).Met);
    }

    [Fact]
    public void Three_of_five_takes_three()
    {
        var elevated = new PolicyTerms("elevated", 3, ["council"], false, TimeSpan.FromHours(1), true) { Of = 5 };
        StandingVote[] votes = [Vote("a", null, "council"), Vote("b", null, "council"), Vote("c", null, "council")];
        Assert.True(Quorum.Count(elevated, "operator:x", votes).Met);
        Assert.False(Quorum.Count(elevated, "operator:x", votes[..2]).Met);
    }

    [Fact]
    public void Terms_are_laxer_where_any_exception_is_wider()
    {
        var strict = Two with { Of = 5, Denials = 1, BreakGlass = [] };
        Assert.False((strict with { Of = 6 }).AtLeastAsStrictAs(strict));
        Assert.False((strict with { Of = null }).AtLeastAsStrictAs(strict));
        Assert.False((strict with { Denials = 2 }).AtLeastAsStrictAs(strict));
        Assert.False((strict with { BreakGlass = ["operator"] }).AtLeastAsStrictAs(strict));
        Assert.True(strict.AtLeastAsStrictAs(strict with { Of = 6, Denials = 2, BreakGlass = ["operator"] }));
        var mixed = PolicyTerms.Strictest([strict with { Name = "a", BreakGlass = ["operator"] }, Two with { Name = "b", Of = 3, Denials = 4 }]);
        Assert.Equal((3, 1, 0), (mixed.Of, mixed.Denials, mixed.BreakGlass.Count));
    }

    [Fact]
    public void Mixed_classes_take_the_strictest_terms_of_each()
    {
        var funds = new PolicyTerms("funds", 3, ["admin", "approver"], true, TimeSpan.FromHours(5), true);
        var both = PolicyTerms.Strictest([Two, funds]);
        Assert.Equal(3, both.Required);
        Assert.Equal(["approver"], both.Roles);
        Assert.False(both.RequesterCounts);
        Assert.Equal(TimeSpan.FromMinutes(30), both.Expires);
        Assert.True(both.TypeTargetName);
        Assert.True(both.AtLeastAsStrictAs(Two));
        Assert.False(Two.AtLeastAsStrictAs(both));
    }
}
