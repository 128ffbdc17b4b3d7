using System.Globalization;
using System.Text.Json.Nodes;
using Quarterdeck.PromQL;

namespace Quarterdeck.Respond.Runs;

/// <summary>Where the present samples of a pack are.</summary>
public delegate ISeriesSource SeriesOfPack(string pack);

/// <summary>
/// Demands a PromQL condition: a comparison that leaves at least one series, or a number other than zero. Samples follow
/// the chain by a block, so it is tried until patience ends.
/// </summary>
internal sealed class SeriesCheck(SeriesOfPack series, TimeProvider clock)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <summary>The values on which the condition held.</summary>
    /// <exception cref="StepFailedException">It did not hold in time, or is not an expression.</exception>
    public async Task<JsonObject> Demand(string pack, string expression, TimeSpan patience, CancellationToken cancel)
    {
        PreparedQuery query;
        try
        {
            query = PreparedQuery.Parse(expression);
        }
        catch (PromSyntaxException problem)
        {
            throw new StepFailedException($"'{expression}' is not PromQL: {problem.Message}", null);
        }

        var started = clock.GetTimestamp();
        while (true)
        {
            var (holds, seen) = Ask(query, pack, cancel);
            if (holds) return seen;
            if (clock.GetElapsedTime(started) >= patience)
            {
                throw new StepFailedException(
                    $"'{expression}' did not hold within {patience.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture)} s.", seen);
            }

            await Task.Delay(Pause, clock, cancel);
        }
    }

    private (bool Holds, JsonObject Seen) Ask(PreparedQuery query, string pack, CancellationToken cancel)
    {
        try
        {
            var value = query.Instant(clock.GetUtcNow().ToUnixTimeMilliseconds(), series(pack), null, cancel);
            return value switch
            {
                PromScalar scalar => (scalar.Value != 0 && !double.IsNaN(scalar.Value), Seen(query, [("", scalar.Value)])),
                PromVector vector => (vector.Samples.Count > 0, Seen(query, vector.Samples.Select(s => (s.Labels.ToString() ?? "", s.Value)))),
                _ => (false, Seen(query, [])),
            };
        }
        catch (PromEvaluationException problem)
        {
            return (false, new JsonObject { ["expression"] = query.Text, ["error"] = problem.Message });
        }
    }

    private static JsonObject Seen(PreparedQuery query, IEnumerable<(string Series, double Value)> samples) => new()
    {
        ["expression"] = query.Text,
        ["samples"] = new JsonArray([.. samples.Take(20).Select(s => (JsonNode)new JsonObject
        {
            ["series"] = s.Series, ["value"] = s.Value.ToString("R", CultureInfo.InvariantCulture),
        })]),
    };
}
