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
