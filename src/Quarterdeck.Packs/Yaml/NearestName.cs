using Quarterdeck.Chains.Evm.Abi;

namespace Quarterdeck.Packs.Yaml;

/// <summary>Says in a remedy which names an author most likely meant.</summary>
public static class NearestName
{
    private const int LongestCompared = 128;

    /// <summary>Up to three candidates near the name, nearest first; none for a name longer than any real one.</summary>
    public static IReadOnlyList<string> Of(string name, IEnumerable<string> candidates)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(candidates);
        return name.Length is 0 or > LongestCompared
            ? []
            : NearestNames.Of(name, candidates.Where(c => c.Length is > 0 and <= LongestCompared));
    }

    /// <summary>A sentence such as <c>Did you mean 'pause' or 'paused'?</c> and then <paramref name="otherwise"/>.</summary>
    public static string Suggest(string name, IEnumerable<string> candidates, string otherwise)
    {
        var near = Of(name, candidates);
        return near.Count == 0 ? otherwise : $"Did you mean {string.Join(" or ", near.Select(n => $"'{n}'"))}? {otherwise}";
    }
}
