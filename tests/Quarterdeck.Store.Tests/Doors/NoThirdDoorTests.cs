using System.Reflection;

namespace Quarterdeck.Store.Tests.Doors;

public sealed class NoThirdDoorTests
{
    private const BindingFlags Visible =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    [Fact]
    public void Only_a_door_hands_out_a_connection()
    {
        var found = HandsOutConnections(typeof(OperationsStore).Assembly);
        Assert.Equal(["WriteScope.get_Connection"], found);
    }

    [Fact]
    public void The_check_sees_a_third_door_where_there_is_one()
    {
        Assert.Contains("ThirdDoor.Open", HandsOutConnections(typeof(NoThirdDoorTests).Assembly));
    }

    [Fact]
    public void A_scope_cannot_be_made_outside_the_store()
    {
        Type[] scopes = [typeof(WriteScope), typeof(ActScope), typeof(IngestScope)];
        Assert.All(scopes.SelectMany(s => s.GetConstructors(Visible)), c =>
            Assert.True(c.IsAssembly || c.IsFamilyAndAssembly || c.IsPrivate, $"{c.DeclaringType!.Name} has a constructor others can call"));
    }

    [Fact]
    public void Every_public_member_that_takes_free_SQL_belongs_to_a_door_or_to_the_reads()
    {
        var takers = typeof(OperationsStore).Assembly.GetExportedTypes()
            .SelectMany(t => t.GetMethods(Visible).Where(m => m.IsPublic))
            .Where(m => m.GetParameters().Any(p => p.Name == "sql"))
            .Select(m => $"{m.DeclaringType!.Name}.{m.Name}")
            .Distinct().Order(StringComparer.Ordinal);
        Assert.Equal(
            [
                "OperationsStore.Query", "OperationsStore.QueryFirstOrDefault",
                "WriteScope.Execute", "WriteScope.Query", "WriteScope.QueryFirstOrDefault",
            ], takers);
    }

    private static string[] HandsOutConnections(Assembly assembly) =>
    [
        .. assembly.GetExportedTypes()
            .SelectMany(type => type.GetMembers(Visible))
            .OfType<MethodBase>()
            .Where(method => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly)
            .Where(method => Types(method).Any(IsConnection))
            .Select(method => $"{method.DeclaringType!.Name}.{method.Name}")
            .Order(StringComparer.Ordinal),
    ];

    private static IEnumerable<Type> Types(MethodBase method) =>
        (method is MethodInfo info ? [info.ReturnType] : Array.Empty<Type>())
        .Concat(method.GetParameters().Select(p => p.ParameterType))
        .SelectMany(t => t.IsGenericType ? t.GetGenericArguments().Append(t) : [t]);

    // Rows that are being read are no way to write: a reader has no connection to give.
    private static bool IsConnection(Type type) => !typeof(System.Data.Common.DbDataReader).IsAssignableFrom(type) &&
        type.Namespace is "Npgsql" or "System.Data" or "System.Data.Common"
        && !type.Name.StartsWith(nameof(System.Data.IsolationLevel), StringComparison.Ordinal);
}

/// <summary>What must not be: the check is known to find it.</summary>
public static class ThirdDoor
{
    public static Npgsql.NpgsqlConnection Open(string connectionString) => new(connectionString);
}
