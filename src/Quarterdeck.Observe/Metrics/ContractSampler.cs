using System.Numerics;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Packs;
using Quarterdeck.Packs.Manifest;
using Quarterdeck.Primitives;
using Quarterdeck.PromQL;

namespace Quarterdeck.Observe.Metrics;

/// <summary>Reads every contract metric of a pack on one chain, all at the same block, in one round trip.</summary>
internal sealed class ContractSampler
{
    private readonly List<Read> _reads = [];

    public ContractSampler(BoundPack pack, string chain)
    {
        foreach (var metric in pack.Pack.Metrics)
        {
            foreach (var series in metric.Series)
            {
                if (series.Source is not CallSource source || pack.Contract(source.Contract) is not { } contract) continue;
                if (contract.Chain != chain) continue;
                var function = contract.Abi.FindFunction(Signature(source.Function)) ?? AbiFunction.Parse(source.Function);
                var arguments = function.ParseArguments([.. source.Args.Select(a => Argument(pack, a))]);
                _reads.Add(new Read(SeriesLabels.Of(metric.Name, series.Labels), contract, function,
                    function.EncodeCall(arguments), source, metric.EveryBlocks ?? 1));
            }
        }
    }

    /// <summary>The series that come from contracts.</summary>
    public IEnumerable<Labels> Series => _reads.Select(r => r.Labels);

    /// <summary>The values at a block. A read that fails is a failure of its series alone.</summary>
    public async Task<(List<Sample> Samples, List<FailedRead> Failures)> Sample(
        EvmReader reader, BlockRef block, CancellationToken cancel)
    {
        var due = _reads.Where(r => block.Number % (ulong)r.EveryBlocks == 0).ToList();
        var (samples, failures) = (new List<Sample>(due.Count), new List<FailedRead>());
        if (due.Count == 0) return (samples, failures);
        var results = await reader.Calls(
            [.. due.Select(r => new CallRequest(r.Contract.Address, r.Calldata))], BlockId.Of(block.Hash), null, cancel);
        for (var i = 0; i < due.Count; i++)
        {
            var (read, result) = (due[i], results[i]);
            if (!result.Succeeded)
            {
                failures.Add(new FailedRead(read.Labels, $"{read} reverted: {read.Contract.Abi.DecodeRevert(result.Data)}"));
                continue;
            }

            try
            {
                samples.Add(Value(read, read.Function.DecodeResults(result.Data)));
            }
            catch (AbiException e)
            {
                failures.Add(new FailedRead(read.Labels, $"{read} answered something else than its ABI says: {e.Message}"));
            }
        }

        return (samples, failures);
    }

    private static Sample Value(Read read, object?[] results)
    {
        if (read.Source.Result >= results.Length)
            throw new AbiException($"it has {results.Length} results, and metrics.yaml asks for number {read.Source.Result}");
        return results[read.Source.Result] switch
        {
            BigInteger number => Metrics.Sample.Scaled(read.Labels, number, read.Source.Decimals),
            bool flag => Metrics.Sample.Whole(read.Labels, flag ? 1 : 0),
            var other => throw new AbiException($"a {other?.GetType().Name} is not a number"),
        };
    }

    // "totalSupply()(uint256)" names the function by what stands before the result.
    private static string Signature(string text)
    {
        var results = text.IndexOf(")(", StringComparison.Ordinal);
        return results < 0 ? text : text[..(results + 1)];
    }

    private static string Argument(BoundPack pack, string text)
    {
        if (!text.StartsWith('$')) return text;
        return pack.ResolveAddress(text)?.ToString() ?? pack.Expand(text).Text;
    }

    private sealed record Read(
        Labels Labels, BoundContract Contract, AbiFunction Function, byte[] Calldata, CallSource Source, int EveryBlocks)
    {
        public override string ToString() => $"{Contract.Name}.{Function.Signature}";
    }
}
