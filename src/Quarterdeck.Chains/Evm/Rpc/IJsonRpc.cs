using System.Text.Json;

namespace Quarterdeck.Chains.Evm.Rpc;

/// <summary>
/// One method and its parameters. Parameters: <c>ulong</c>, <see cref="UInt256"/> and <c>BigInteger</c> become quantities
/// (<c>0x1f</c>); <c>int</c>, <c>bool</c> and <c>double</c> plain JSON; <c>byte[]</c>, addresses and hashes hex data; further
/// strings, JSON nodes and elements, dictionaries and lists of these.
/// </summary>
public sealed record RpcRequest(string Method, params IReadOnlyList<object?> Parameters);

/// <summary>The answer to one request of a batch: a result or an error.</summary>
public sealed class RpcReply
{
    internal RpcReply(ReadOnlyMemory<byte> json, RpcException? error) => (Json, Error) = (json, error);

    /// <summary>The result in UTF-8 JSON; empty where there is an error.</summary>
    public ReadOnlyMemory<byte> Json { get; }

    /// <summary>Why there is no result; null where there is one.</summary>
    public RpcException? Error { get; }

    /// <summary>The result.</summary>
    /// <exception cref="RpcException">The node answered with an error.</exception>
    public JsonElement Result => Error is null ? JsonElement.Parse(Json.Span) : throw Error;
}

/// <summary>Reads a result in place from its UTF-8 JSON, which is gone afterwards.</summary>
public delegate T RpcResultReader<out T>(ReadOnlySpan<byte> json);

/// <summary>What sends JSON-RPC requests: one endpoint (<see cref="JsonRpcTransport"/>) or several behind one face.</summary>
public interface IJsonRpc
{
    /// <summary>Host and port for messages; never the secrets that a URL may carry.</summary>
    string Name { get; }

    /// <summary>Sends a request and reads its result in place, without a copy of it.</summary>
    /// <exception cref="RpcException">The node answered with an error.</exception>
    /// <exception cref="Quarterdeck.Primitives.TransientException">Network, timeout, rate limit or an unreadable answer.</exception>
    Task<T> Send<T>(RpcRequest request, RpcResultReader<T> read, CancellationToken cancel);

    /// <summary>Sends requests together; replies are in their order, and one error does not touch the others.</summary>
    /// <exception cref="Quarterdeck.Primitives.TransientException">Network, timeout, rate limit or an unreadable answer.</exception>
    Task<RpcReply[]> SendBatch(IReadOnlyList<RpcRequest> requests, CancellationToken cancel);
}

/// <summary>Shorter forms.</summary>
public static class JsonRpcExtensions
{
    /// <summary>Sends a request; the result as JSON.</summary>
    /// <exception cref="RpcException">The node answered with an error.</exception>
    /// <exception cref="Quarterdeck.Primitives.TransientException">Network, timeout, rate limit or an unreadable answer.</exception>
    public static Task<JsonElement> Send(this IJsonRpc rpc, string method, IReadOnlyList<object?> parameters, CancellationToken cancel = default) =>
        rpc.Send(new RpcRequest(method, parameters), static json => JsonElement.Parse(json), cancel);
}
