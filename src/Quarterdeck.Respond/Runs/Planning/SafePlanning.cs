using System.Numerics;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Chains.Evm.Safe;
using Quarterdeck.Packs;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Runs.Reading;

namespace Quarterdeck.Respond.Runs.Planning;

/// <summary>
/// Makes the one Safe transaction of a plan whose calls are made by a Safe: one call as it is, several through
/// MultiSendCallOnly, so that each owner signs once. A call that holds already or would revert now is left out, since it would take the
/// others with it.
/// </summary>
internal static class SafePlanning
{
    /// <summary>The Safe transaction; null where no Safe makes the calls.</summary>
    /// <exception cref="StepFailedException">The calls cannot be one transaction of the Safe, or the Safe is none.</exception>
    public static async Task<PlannedSafe?> For(
        PackBindings bindings, BoundPack pack, IReadOnlyList<PlannedCall> calls, CancellationToken cancel)
    {
        var accounts = pack.Environment.Accounts;
        if (calls.Select(call => accounts.GetValueOrDefault(call.Account)).FirstOrDefault(a => a?.Signer is SafeSigner) is not { } account) return null;
        var signer = (SafeSigner)account.Signer;
        if (calls.Any(call => call.Account != account.Name || call.Chain != calls[0].Chain || call.AfterSeconds > 0))
        {
            throw new StepFailedException(
                $"The Safe '{account.Name}' executes a stage as one transaction: put '> approve:' before a write of another account and before one that waits, so that it is a stage of its own.", null);
        }

        if (accounts.GetValueOrDefault(signer.Executor) is not { } executor || PackBindings.AddressOf(executor) is not { } sender)
            throw new StepFailedException($"The address of '{signer.Executor}', the executor of the Safe '{account.Name}', is not known: add 'address:' to it.", null);
        var chosen = calls.Where(call => call.Forecast.Outcome == CallForecast.Succeeds).ToList();
        if (chosen.Count == 0)
        {
            var reasons = calls.Select(call => $"{call.TargetName}.{call.Function}: {call.Forecast.Outcome} {call.Forecast.Reason}".TrimEnd());
            throw new StepFailedException($"Nothing is left for the Safe '{account.Name}' to do. {string.Join("; ", reasons)}", null);
        }

        var chain = bindings.Chain(calls[0].Chain);
        var state = await State(chain.Critical, account.Name, calls[0].From, cancel);
        return new PlannedSafe(
            await Transaction(chain.Critical, signer, state, chosen, cancel), executor.Name, sender, state.Threshold, state.Owners,
            [.. chosen.Select(call => call.Position)]);
    }

    /// <summary>
    /// The pack's terms, and at least the Safe's threshold. Nobody breaks the glass of a Safe: the chain would refuse it.
    /// </summary>
    /// <exception cref="StepFailedException">The policy asks for more people than the Safe has owners.</exception>
    public static PolicyTerms Terms(PolicyTerms terms, PlannedSafe safe)
    {
        var required = Math.Max(terms.Required, safe.Threshold);
        return required <= safe.Owners.Count
            ? terms with { Required = required, BreakGlass = [] }
            : throw new StepFailedException(
                $"The policy '{terms.Name}' asks for {required} approvals, and the Safe {safe.Address} has {safe.Owners.Count} owners.", null);
    }

    /// <summary>What the owners do not sign, for those who approve.</summary>
    public static IEnumerable<string> LeftOut(PlannedSafe? safe, IEnumerable<PlannedCall> calls) => safe is null
        ? []
        : calls.Where(call => !safe.Positions.Contains(call.Position)).Select(call =>
            $"{call.TargetName}.{call.Function} is not in the Safe's transaction: {(call.Forecast.Outcome == CallForecast.AlreadyDone ? "it holds already" : $"it would revert now ({call.Forecast.Reason})")}.");

    /// <summary>The Safe as it is now.</summary>
    /// <exception cref="StepFailedException">There is no Safe.</exception>
    public static async Task<SafeState> State(EvmReader reader, string account, Address safe, CancellationToken cancel)
    {
        try
        {
            return await SafeReader.Read(reader, safe, cancel);
        }
        catch (AbiException problem)
        {
            throw new StepFailedException($"The account '{account}' is no Safe on this chain: {problem.Message}", null);
        }
    }

    private static async Task<SafeTx> Transaction(
        EvmReader reader, SafeSigner signer, SafeState state, List<PlannedCall> calls, CancellationToken cancel)
    {
        var chain = calls[0].Chain.EvmNumber;
        if (calls.Count == 1)
            return new SafeTx(chain, state.Address, calls[0].Target, calls[0].Value, calls[0].Calldata, SafeOperation.Call, state.Nonce);
        var library = signer.MultiSend ?? MultiSend.CallOnly;
        if ((await reader.Code(library, cancel: cancel)).Length == 0)
        {
            throw new StepFailedException(
                $"There is no MultiSendCallOnly at {library}, through which the Safe makes {calls.Count} calls at once: add 'multiSend:' with its address to the account.", null);
        }

        var data = MultiSend.Encode(calls.Select(call => new SafeCall(call.Target, call.Value, call.Calldata)));
        return new SafeTx(chain, state.Address, library, BigInteger.Zero, data, SafeOperation.DelegateCall, state.Nonce);
    }
}
