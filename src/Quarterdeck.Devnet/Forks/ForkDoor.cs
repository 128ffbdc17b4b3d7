using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Transactions;

namespace Quarterdeck.Devnet.Forks;

/// <summary>
/// The server's way to a fork. Nobody has the keys of the protocol's accounts there, so each has a stand-in: a key made for the
/// drill. The server signs with it by the same code as in production; on the way the signature is checked, and the transaction goes to
/// the fork as one of the account itself, which the fork impersonates. In everything else an address of a stand-in becomes the
/// account's. Transactions keep the hash that the server knows.
/// </summary>
public sealed partial class ForkDoor : RpcDoor
{
    private readonly IReadOnlyDictionary<Address, Address> _accounts;
    private readonly ConcurrentDictionary<string, string> _signedToMined = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _minedToSigned = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _standIns;
    private readonly SemaphoreSlim _sending = new(1, 1);

    /// <param name="fork">The fork's own endpoint.</param>
    /// <param name="accounts">The account that each stand-in acts for.</param>
    public ForkDoor(Uri fork, IReadOnlyDictionary<Address, Address> accounts) : base(fork)
    {
        ArgumentNullException.ThrowIfNull(accounts);
        _accounts = accounts;
        _standIns = accounts.ToDictionary(entry => entry.Key.ToLowerHex()[2..], entry => entry.Value.ToLowerHex()[2..]);
    }

    /// <inheritdoc/>
    protected override async Task<JsonNode> Answer(JsonObject request, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(request);
        return (string?)request["method"] == "eth_sendRawTransaction" ? await Send(request, cancel) : Known(await Pass(Meant(request), cancel));
    }

    private async Task<JsonNode> Send(JsonObject request, CancellationToken cancel)
    {
        var signed = SignedTransaction.Decode(Hex.ParseData((string?)request["params"]![0]));
        if (!_accounts.TryGetValue(signed.Sender(), out var account) || signed.Transaction is not Transaction1559 transaction)
            return await Pass(request, cancel);
        await _sending.WaitAsync(cancel);
        try
        {
            // The same bytes again are the same transaction, unless a reorganisation dropped it.
            if (_signedToMined.TryGetValue(signed.Hash.ToString(), out var before) && await IsKnown(before, cancel)) return Result(request, signed);
            var call = new JsonObject
            {
                ["from"] = account.ToString(),
                ["to"] = transaction.To?.ToString(),
                ["data"] = Hex.Data(transaction.Data),
                ["value"] = Hex.Quantity(transaction.Value),
                ["gas"] = Hex.Quantity(transaction.GasLimit),
                ["nonce"] = Hex.Quantity(transaction.Nonce),
                ["maxFeePerGas"] = Hex.Quantity(transaction.MaxFeePerGas),
                ["maxPriorityFeePerGas"] = Hex.Quantity(transaction.MaxPriorityFeePerGas),
                ["type"] = "0x2",
            };
            var sent = await Pass(Meant(new JsonObject { ["jsonrpc"] = "2.0", ["id"] = 1, ["method"] = "eth_sendTransaction", ["params"] = new JsonArray(call) }), cancel);
            if (sent["error"] is { } error) return Refuse(request, (int?)error["code"] ?? -32000, (string?)error["message"] ?? "refused");
            var mined = (string)sent["result"]!;
            _signedToMined[signed.Hash.ToString()] = mined;
            _minedToSigned[mined] = signed.Hash.ToString();
            return Result(request, signed);
        }
        finally
        {
            _sending.Release();
        }
    }

    private async Task<bool> IsKnown(string hash, CancellationToken cancel) => (await Pass(
        new JsonObject { ["jsonrpc"] = "2.0", ["id"] = 1, ["method"] = "eth_getTransactionByHash", ["params"] = new JsonArray(hash) }, cancel))["result"] is not null;

    private static JsonObject Result(JsonObject request, SignedTransaction signed) =>
        new() { ["jsonrpc"] = "2.0", ["id"] = request["id"]?.DeepClone(), ["result"] = signed.Hash.ToString() };

    private JsonNode Meant(JsonNode request) => Replace(request, text => Word().Replace(
        AnyAddress().Replace(text, match => _standIns.GetValueOrDefault(match.Value.ToLowerInvariant(), match.Value)),
        match => _signedToMined.GetValueOrDefault(match.Value, match.Value)));

    private JsonNode Known(JsonNode answer) => _minedToSigned.IsEmpty
        ? answer
        : Replace(answer, text => Word().Replace(text, match => _minedToSigned.GetValueOrDefault(match.Value, match.Value)));

    private static JsonNode Replace(JsonNode node, Func<string, string> change)
    {
        var before = node.ToJsonString();
        var after = change(before);
        return ReferenceEquals(before, after) || before == after ? node : JsonNode.Parse(after)!;
    }

    [GeneratedRegex("0x[0-9a-f]{64}(?![0-9a-fA-F])")]
    private static partial Regex Word();

    private Regex AnyAddress() => _pattern ??= new Regex(string.Join('|', _standIns.Keys.DefaultIfEmpty("(?!)")), RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);

    private Regex? _pattern;
}
