using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Rpc;

/// <summary>The node answered with an error: asking again with the same input gives the same answer.</summary>
public sealed class RpcException : Exception
{
    /// <summary>From the node's answer.</summary>
    public RpcException(int code, string message, byte[]? data = null) : base(message) => (Code, RevertData) = (code, data ?? []);

    /// <summary>JSON-RPC's code: −32602 invalid parameters, −32601 unknown method, 3 reverted, −32000 and below the node's own.</summary>
    public int Code { get; }

    /// <summary>What the contract reverted with; empty where it gave nothing.</summary>
    public byte[] RevertData { get; }

    /// <summary>True where a call was executed and reverted, rather than refused by the node.</summary>
    public bool IsRevert => Code == 3 || RevertData.Length > 0 || Message.Contains("revert", StringComparison.OrdinalIgnoreCase);

    /// <summary>True where the node does not know the method.</summary>
    public bool IsUnknownMethod => Code == -32601 ||
        Code is -32600 or -32004 or -32000 &&
        (Message.Contains("not supported", StringComparison.OrdinalIgnoreCase) || Message.Contains("not available", StringComparison.OrdinalIgnoreCase) ||
         Message.Contains("method not found", StringComparison.OrdinalIgnoreCase));
}

/// <summary>The endpoint asks for fewer requests: HTTP 429, or JSON-RPC's −32005.</summary>
public sealed class RateLimitedException : TransientException
{
    /// <summary>With the endpoint's own wish where it states one.</summary>
    public RateLimitedException(string endpoint, TimeSpan? retryAfter)
        : base($"{endpoint} limits our rate{(retryAfter is { } after ? $" and asks to wait {after.TotalSeconds:0.#} s" : "")}. Add an endpoint, or raise the plan of this one.") =>
        RetryAfter = retryAfter;

    /// <summary>How long to wait; null where the endpoint does not say.</summary>
    public TimeSpan? RetryAfter { get; }
}

/// <summary>An endpoint serves another chain than the one it is configured for. Nothing it says may be used.</summary>
public sealed class WrongChainException : Exception
{
    /// <summary>Names both chains and the endpoint.</summary>
    public WrongChainException(ChainId expected, ChainId found, string endpoint)
        : base($"{endpoint} serves chain {found}, but {expected} is configured. Remedy: give the endpoint of {expected}, or set the chain id to {found} if that is what you mean.") =>
        (Expected, Found, Endpoint) = (expected, found, endpoint);

    /// <summary>What the configuration says.</summary>
    public ChainId Expected { get; }

    /// <summary>What the endpoint says.</summary>
    public ChainId Found { get; }

    /// <summary>Host of the endpoint, without its secrets.</summary>
    public string Endpoint { get; }
}
