namespace Quarterdeck.Chains.Evm.Rpc;

/// <summary>
/// Which JSON-RPC methods a connection may send. <see cref="ReadOnly"/> is what everything that watches gets: with it, no
/// code path leads from a reader to a state change, on a chain or in a node.
/// </summary>
public sealed class RpcMethods
{
    // Namespaces that only read, and the few methods within them that do not. What is in neither list is refused.
    private static readonly string[] ReadNamespaces =
        ["eth_", "net_", "web3_", "trace_", "debug_trace", "debug_get", "ots_", "txpool_", "rpc_modules", "erigon_", "arb_", "optimism_", "zks_", "linea_", "bor_"];

    private static readonly string[] Writes =
        ["eth_send", "eth_sign", "eth_submit", "eth_set", "eth_resend", "eth_accounts_", "eth_mining", "eth_getWork", "eth_coinbase_", "txpool_add", "txpool_clear", "zks_send"];

    private readonly bool _any;

    private RpcMethods(bool any) => _any = any;

    /// <summary>Reads only: refuses <c>eth_send*</c>, signing, <c>personal_*</c>, <c>anvil_*</c>, <c>evm_*</c>, <c>hardhat_*</c>, <c>debug_set*</c> and every namespace not known to read.</summary>
    public static RpcMethods ReadOnly { get; } = new(false);

    /// <summary>Anything the node takes: for the sender of approved transactions and for development chains.</summary>
    public static RpcMethods Any { get; } = new(true);

    /// <summary>True where the method may be sent.</summary>
    public bool Permits(string method) =>
        _any || ReadNamespaces.Any(n => method.StartsWith(n, StringComparison.Ordinal)) &&
        !Writes.Any(w => method.StartsWith(w, StringComparison.Ordinal)) &&
        !method.Contains("_sign", StringComparison.OrdinalIgnoreCase) && !method.Contains("sendRaw", StringComparison.OrdinalIgnoreCase);

    internal void Require(string method)
    {
        if (!Permits(method))
            throw new RpcRefusedException(method);
    }
}

/// <summary>A reader was asked to send a method that may change state. A fault in our code, not in the node.</summary>
public sealed class RpcRefusedException : InvalidOperationException
{
    /// <summary>Names the method.</summary>
    public RpcRefusedException(string method)
        : base($"'{method}' is not a read: this connection is read-only. State changes go through an approved plan.") => Method = method;

    /// <summary>What was to be sent.</summary>
    public string Method { get; }
}
