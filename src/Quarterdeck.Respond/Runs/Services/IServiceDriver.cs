using Quarterdeck.Packs;

namespace Quarterdeck.Respond.Runs.Services;

/// <summary>A verb with its parameters.</summary>
/// <param name="Name">One of <see cref="ServiceBinding.AllVerbs"/>.</param>
/// <param name="Replicas">For scale.</param>
/// <param name="Lines">For logs: how many of the last.</param>
/// <param name="Since">For logs: a duration such as 10m.</param>
internal sealed record ServiceVerb(string Name, int? Replicas = null, int? Lines = null, string? Since = null)
{
    public bool Changes => Name is not ("status" or "logs" or "get");
}

/// <summary>How a service stands.</summary>
/// <param name="Running">Whether it runs.</param>
/// <param name="Replicas">How many of it; null where the driver does not count.</param>
/// <param name="Identity">Changes with each restart and each other change of what runs; the same as long as nothing was done.</param>
/// <param name="Said">For people.</param>
internal sealed record ServiceStatus(bool Running, int? Replicas, string Identity, string Said);

/// <summary>What acts on services: <c>kubectl</c>, <c>docker compose</c>, <c>systemctl</c>, or an embedded environment's processes.</summary>
internal interface IServiceDriver
{
    ServiceDriverKind Kind { get; }

    /// <summary>The words that stand for the verb, and that are run where the driver runs a program; null where it has no such verb.</summary>
    IReadOnlyList<string>? Argv(ServiceBinding service, ServiceVerb verb);

    /// <summary>Carries the verb out and returns what was said.</summary>
    /// <param name="argv">As approved.</param>
    /// <param name="key">The same for every attempt at one step of one run.</param>
    /// <exception cref="CommandNotStartedException">Nothing was done.</exception>
    Task<CommandResult> Carry(ServiceBinding service, ServiceVerb verb, IReadOnlyList<string> argv, string key, TimeSpan limit, CancellationToken cancel);

    /// <summary>How the service stands; null where that cannot be told.</summary>
    Task<ServiceStatus?> Status(ServiceBinding service, TimeSpan limit, CancellationToken cancel);

    /// <summary>Whether the attempt of this key is known to have been carried out to its end; null where the driver keeps no such record.</summary>
    Task<bool?> Carried(ServiceBinding service, string key, CancellationToken cancel) => Task.FromResult<bool?>(null);
}
