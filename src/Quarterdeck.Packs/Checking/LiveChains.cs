using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Findings;

namespace Quarterdeck.Packs.Checking;

/// <summary>The chains that a check asks, by name and by endpoint. Reads only.</summary>
public sealed class LiveChains : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly List<JsonRpcTransport> _opened = [];
    private readonly List<LiveChain> _chains = [];
    private readonly Dictionary<string, (LiveChain? Chain, string? Problem)> _byUrl = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _problems = [];

    /// <summary>One chain, already connected.</summary>
    public static LiveChains Of(IJsonRpc rpc)
    {
        var chains = new LiveChains();
        chains._chains.Add(new LiveChain("", rpc, null));
        return chains;
    }

    /// <summary>Asks each endpoint for its chain. Endpoints of one chain are one; the first that answers is read.</summary>
    /// <param name="endpoints">The chain's name, the id that it must have, and the endpoint.</param>
    /// <param name="cancel">Cancels.</param>
    public static async Task<LiveChains> Open(IEnumerable<(string Chain, ChainId? Expected, Uri Url)> endpoints, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var chains = new LiveChains();
        foreach (var (name, expected, url) in endpoints)
        {
            var (chain, problem) = await chains.Ask(name, url, cancel);
            if (chain is null) chains._problems.Add(problem!);
            else if (expected is { } wanted && chain.Id is { } found && wanted != ChainId.Evm(found)) chains.Mismatches.Add((name, url, wanted, found));
            else if (!chains._chains.Exists(c => c.Name == name && c.Id == chain.Id)) chains._chains.Add(chain);
        }

        return chains;
    }

    /// <summary>The chains that answered, in the order given.</summary>
    public IReadOnlyList<LiveChain> All => _chains;

    /// <summary>What endpoints that do not answer said.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Endpoints of another chain than the one they are named for.</summary>
    internal List<(string Chain, Uri Url, ChainId Expected, ulong Found)> Mismatches { get; } = [];

    /// <summary>Endpoints that are of another chain than the environment says.</summary>
    public IEnumerable<Finding> Findings(string file) => Mismatches.Select(m => new Finding(FindingCodes.WrongChain, FindingSeverity.Error, file, 0,
        $"The endpoint {m.Url.Host} is of eip155:{m.Found}; '{m.Chain}' is {m.Expected}.", "Give the endpoint of the right chain, or correct the id."));

    /// <summary>The chain behind a URL that a command names; a problem where it does not answer.</summary>
    public async Task<(LiveChain? Chain, string? Problem)> At(string url, CancellationToken cancel)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var endpoint) || endpoint.Scheme is not ("http" or "https" or "ws" or "wss")) return (null, null);
        return await Ask("", endpoint, cancel);
    }

    private async Task<(LiveChain? Chain, string? Problem)> Ask(string name, Uri url, CancellationToken cancel)
    {
        if (_byUrl.TryGetValue(url.AbsoluteUri, out var known)) return known;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(Patience);
        var rpc = new JsonRpcTransport(url, RpcMethods.ReadOnly);
        _opened.Add(rpc);
        (LiveChain?, string?) answer;
        try
        {
            var id = await new EvmReader(rpc).ChainNumber(patience.Token);
            answer = (_chains.Find(c => c.Id == id && name.Length == 0) ?? new LiveChain(name, rpc, id), null);
        }
        catch (Exception e) when (e is TransientException or RpcException || e is OperationCanceledException && !cancel.IsCancellationRequested)
        {
            answer = (null, $"{rpc.Name} does not answer: {(e is OperationCanceledException ? $"nothing came within {Patience.TotalSeconds:0} s" : e.Message)}");
        }

        return _byUrl[url.AbsoluteUri] = answer;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var rpc in _opened) await rpc.DisposeAsync();
    }
}

/// <summary>A chain that answers.</summary>
/// <param name="Name">The pack's name of it; empty where it has none.</param>
/// <param name="Rpc">Its endpoint.</param>
/// <param name="Id">The EIP-155 id it reports; null where it was not asked.</param>
public sealed record LiveChain(string Name, IJsonRpc Rpc, ulong? Id)
{
    internal EvmReader Reader { get; } = new(Rpc);

    internal Dictionary<Address, byte[]> Code { get; } = [];
}
