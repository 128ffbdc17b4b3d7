namespace Quarterdeck.Observe.Metrics;

/// <summary>The platform's series about itself, kept and evaluated like a pack's.</summary>
public static class PlatformSeries
{
    /// <summary>The name it has where packs are named. No pack may be called so.</summary>
    public const string Pack = "quarterdeck";
}
