using System.Collections.Concurrent;
using Quarterdeck.Packs;
using Quarterdeck.Packs.Alerts;

namespace Quarterdeck.Observe.Alerts;

/// <summary>The rule files of each pack, named with the pack.</summary>
public sealed class PackRules
{
    private readonly ConcurrentDictionary<string, IReadOnlyList<RuleFile>> _files = new(StringComparer.Ordinal);

    /// <summary>The rule files of a pack; empty where it has none.</summary>
    public IReadOnlyList<RuleFile> Of(BoundPack pack)
    {
        ArgumentNullException.ThrowIfNull(pack);
        return _files.GetOrAdd(pack.Pack.Name, _ => [.. pack.Pack.Rules.Select(f => f with { Path = $"{pack.Pack.Name}/{f.Path}" })]);
    }
}
