using System.Globalization;
using Minted.Services.Chain;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Primitives;

namespace Minted.Services.Traffic;

/// <summary>Users of the protocol: several acts a second. What a contract refuses is counted, and the traffic goes on.</summary>
internal static class TrafficProcess
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan ReportEvery = TimeSpan.FromSeconds(60);
    private const int ActsPerPrice = 20;

    public static async Task Run(CommandLine options, CancellationToken cancel)
    {
        var log = new Log("traffic", TimeProvider.System);
        await using var rpc = new JsonRpcTransport(options.Url("rpc"), RpcMethods.Any);
        var chain = new MintedChain(rpc, Deployment.Load(options.Text("deployment")));
        var random = new Random();
        Trader[] traders = [new(chain, "trader1", random), new(chain, "trader2", random)];
        var prices = new PricePublisher(chain, random);
        var acts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var since = TimeProvider.System.GetTimestamp();
        var prepared = 0;
        using var timer = new PeriodicTimer(Pace);
        for (var turn = 0; ; turn++)
        {
            string name = "prepare";
            try
            {
                if (turn % ActsPerPrice == 0) await Price(prices, acts, cancel);
                if (prepared < traders.Length)
                {
                    await traders[prepared].Prepare(cancel);
                    prepared++;
                }
                else
                {
                    var trader = traders[turn % traders.Length];
                    (name, var act) = Choose(trader, random.Next(100));
                    await act(cancel);
                }

                Count(acts, name);
            }
            catch (RefusedException refused)
            {
                Count(acts, $"{name} refused ({refused.Error})");
                if (prepared < traders.Length) prepared++;
            }
            catch (Exception problem) when (problem is TransientException or RpcException)
            {
                Count(acts, $"{name} failed ({problem.Message})");
            }

            if (TimeProvider.System.GetElapsedTime(since) >= ReportEvery)
            {
                log.Say(string.Join(", ", acts.Select(act => string.Create(CultureInfo.InvariantCulture, $"{act.Value} {act.Key}"))));
                acts.Clear();
                since = TimeProvider.System.GetTimestamp();
            }

            await timer.WaitForNextTickAsync(cancel);
        }
    }

    internal static (string Name, Func<CancellationToken, Task> Act) Choose(Trader trader, int percent) => percent switch
    {
        < 35 => ("mint", trader.Mint),
        < 60 => ("redeem", trader.Redeem),
        < 75 => ("stake", trader.Stake),
        < 85 => ("borrow", trader.Borrow),
        < 95 => ("repay", trader.Repay),
        _ => ("bridge out", trader.BridgeOut),
    };

    private static async Task Price(PricePublisher prices, SortedDictionary<string, int> acts, CancellationToken cancel)
    {
        try
        {
            await prices.Publish(cancel);
            Count(acts, "price");
        }
        catch (RefusedException refused)
        {
            Count(acts, $"price refused ({refused.Error})");
        }
    }

    private static void Count(SortedDictionary<string, int> acts, string name) => acts[name] = acts.GetValueOrDefault(name) + 1;
}
