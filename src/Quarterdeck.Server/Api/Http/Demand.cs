namespace Quarterdeck.Server.Api.Http;

/// <summary>What an endpoint demands of the caller: a permission, or null for nobody in particular.</summary>
internal sealed record Demand(string? Permission);

/// <summary>Marks an endpoint that programs with a token of their own may use as well.</summary>
internal sealed record OpenToMachines;

/// <summary>Names an endpoint's demand. An endpoint without one is refused to everybody.</summary>
internal static class Demands
{
    /// <summary>Only for operators with this permission.</summary>
    public static TBuilder Needs<TBuilder>(this TBuilder endpoint, string permission) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new Demand(permission));

    /// <summary>Also for programs whose token has the permission.</summary>
    public static TBuilder ForMachines<TBuilder>(this TBuilder endpoint) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new OpenToMachines());

    /// <summary>For everybody, signed in or not.</summary>
    public static TBuilder Open<TBuilder>(this TBuilder endpoint) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new Demand(null));
}
