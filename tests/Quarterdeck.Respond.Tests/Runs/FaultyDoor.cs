using System.Text.Json.Nodes;
using Quarterdeck.Devnet;
using Quarterdeck.Devnet.Forks;

namespace Quarterdeck.Respond.Tests.Runs;

/// <summary>An endpoint that fails by chance: before it does what was asked, after it did and without saying so, or late.</summary>
internal sealed class FaultyDoor(Uri chain, int seed) : RpcDoor(chain)
{
    private readonly Random _chance = new(seed);

    public int Lost;

    public int LostAfterwards;

    protected override async Task<JsonNode> Answer(JsonObject request, CancellationToken cancel)
    {
        int fate, late;
        lock (_chance) (fate, late) = (_chance.Next(100), _chance.Next(5, 80));
        if (fate < 4)
        {
            Interlocked.Increment(ref Lost);
            throw new DevnetException("lost before it was done");
        }

        if (fate is >= 4 and < 20) await Task.Delay(late, cancel);
        var answer = await Pass(request, cancel);
        if (fate is not (>= 20 and < 24)) return answer;
        Interlocked.Increment(ref LostAfterwards);
        throw new DevnetException("done, and the answer is lost");
    }
}
