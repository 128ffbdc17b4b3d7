using Xunit.Sdk;
using Xunit.v3;

namespace Quarterdeck.Acceptance;

/// <summary>Gives a test its place where the tests of a class change one world.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PlaceAttribute(int number) : Attribute
{
    public int Number => number;
}

/// <summary>Runs the tests of a class by their <see cref="PlaceAttribute"/>.</summary>
public sealed class InWrittenOrder : ITestCaseOrderer
{
    public IReadOnlyCollection<TTestCase> OrderTestCases<TTestCase>(IReadOnlyCollection<TTestCase> testCases) where TTestCase : notnull, ITestCase =>
        [.. testCases.OrderBy(test => test is IXunitTestCase { TestMethod.Method: { } method }
            ? ((PlaceAttribute?)Attribute.GetCustomAttribute(method, typeof(PlaceAttribute)))?.Number ?? 0
            : 0)];
}
