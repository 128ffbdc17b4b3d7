using Quarterdeck.Devnet.Chain;
using Xunit;

namespace Quarterdeck.Testing;

/// <summary>
/// One anvil for a test class (<c>IClassFixture</c>) or collection, a block for each transaction. <see cref="Clean"/>
/// gives each test the chain as it was at the start, or as it was when <see cref="Keep"/> was last called.
/// </summary>
public class AnvilFixture : IAsyncLifetime
{
    private string? _snapshot;

    public Anvil Anvil { get; private set; } = null!;

    public DevnetRpc Rpc => Anvil.Rpc;

    public Uri Endpoint => Anvil.Endpoint;

    /// <summary>Override to choose other options.</summary>
    protected virtual AnvilOptions Options { get; } = new();

    public virtual async ValueTask InitializeAsync()
    {
        Anvil = await Anvil.Start(Options, CancellationToken.None);
        await Keep();
    }

    /// <summary>Makes the present state the one that <see cref="Clean"/> returns to.</summary>
    public async Task Keep() => _snapshot = await Anvil.Snapshot(CancellationToken.None);

    /// <summary>Returns the chain to the kept state.</summary>
    public async Task Clean()
    {
        await Anvil.Revert(_snapshot!, CancellationToken.None);
        await Keep();
    }

    public async ValueTask DisposeAsync()
    {
        await Anvil.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
