using Quarterdeck.Packs;

namespace Quarterdeck.Observe;

/// <summary>The packs that this server watches, each bound to its environment.</summary>
public sealed record WatchedPacks(IReadOnlyList<BoundPack> Packs)
{
    /// <summary>The pack of that name; null where it is not watched.</summary>
    public BoundPack? Find(string name) => Packs.FirstOrDefault(p => p.Pack.Name == name);
}
