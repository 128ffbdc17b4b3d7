using System.Reflection;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Observe.Indexing.Violation;

namespace Quarterdeck.Architecture;

public sealed class DirectionTests
{
    public static TheoryData<string> Assemblies => [.. Rooms.Assemblies.Keys];

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void An_assembly_references_only_what_the_map_allows(string name)
    {
        var used = Rooms.Load(name).GetReferencedAssemblies().Select(a => a.Name!)
            .Where(a => a.StartsWith("Quarterdeck.", StringComparison.Ordinal)).Select(a => a["Quarterdeck.".Length..]);
        Assert.Empty(used.Except(Rooms.Assemblies[name]));
    }

    [Theory]
    [InlineData("Observe")]
    [InlineData("Respond")]
    public void A_folder_uses_only_folders_to_its_left(string name) => Assert.Empty(Rooms.Trespasses(Rooms.Load(name)));

    [Fact]
    public void A_deliberate_violation_is_found() => Assert.Contains(
        Rooms.Trespasses(typeof(IndexerThatKnowsAlerts).Assembly),
        t => t.Contains(nameof(IndexerThatKnowsAlerts), StringComparison.Ordinal));

    [Fact]
    public void Primitives_and_PromQL_need_no_package()
    {
        foreach (var name in new[] { "Primitives", "PromQL", "Chains" })
        {
            Assert.All(Rooms.Load(name).GetReferencedAssemblies(), a => Assert.True(
                a.Name!.StartsWith("System", StringComparison.Ordinal) || a.Name.StartsWith("Quarterdeck.", StringComparison.Ordinal),
                $"{name} references {a.Name}"));
        }
    }

    [Fact]
    public void Only_the_lane_and_the_devnet_may_send()
    {
        var senders = Users(typeof(RpcMethods).GetMember(nameof(RpcMethods.Any)).Single())
            .Where(t => !Allowed(t, "Quarterdeck.Respond.Transactions", "Quarterdeck.Devnet", "Quarterdeck.Chains"));
        Assert.Empty(senders);
    }

    [Fact]
    public void Only_the_store_and_start_up_open_connections()
    {
        var connections = Assemblies.Select(row => row.Data).Select(Rooms.Load).SelectMany(a => a.GetTypes())
            .Where(t => CompiledReferences.Of(t).OfType<MethodBase>().Any(IsOpening))
            .Where(t => !Allowed(t, "Quarterdeck.Store", "Quarterdeck.Devnet", "Quarterdeck.Observe.Indexing.EventTables"));
        Assert.Empty(connections.Select(t => t.FullName));
    }

    private static bool IsOpening(MethodBase method) =>
        (method.IsConstructor && method.DeclaringType?.FullName == "Npgsql.NpgsqlConnection")
        || (method.DeclaringType?.FullName == "Npgsql.NpgsqlDataSource" && method.Name == "Create");

    private static IEnumerable<Type> Users(MemberInfo wanted) =>
        Assemblies.Select(row => row.Data).Select(Rooms.Load).SelectMany(a => a.GetTypes())
            .Where(t => CompiledReferences.Of(t).Any(m => m == wanted || (m is MethodInfo { Name: var n } && n == $"get_{wanted.Name}" && m.DeclaringType == wanted.DeclaringType)
                || (m is FieldInfo && m == wanted)));

    private static bool Allowed(Type type, params string[] prefixes) =>
        prefixes.Any(p => type.FullName!.StartsWith(p, StringComparison.Ordinal));
}
