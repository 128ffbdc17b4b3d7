using System.Globalization;
using System.Text.Json.Nodes;
using Quarterdeck.PromQL;

namespace Quarterdeck.Respond.Runs.Reading;

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

    /// <summary>Whether a text is PromQL.</summary>
    public static bool IsCondition(string expression)
    {
        try
        {
            PreparedQuery.Parse(expression);
            return true;
        }
        catch (PromSyntaxException)
        {
            return false;
        }
    }

    /// <summary>Whether the condition holds now, and on which values.</summary>
    public (bool Holds, JsonObject Seen) Look(string pack, string expression, CancellationToken cancel) =>
        Ask(PreparedQuery.Parse(expression), pack, cancel);

    /// <summary>The one value of an expression now, exact where it is known so; null where it has none or several.</summary>
    public Primitives.Amounts.Rational? Measure(string pack, string expression, CancellationToken cancel)
    {
        try
        {
            var value = PreparedQuery.Parse(expression).Instant(clock.GetUtcNow().ToUnixTimeMilliseconds(), series(pack), null, cancel);
            return value switch
            {
                PromScalar scalar => Exact(scalar.Value),
                PromVector { Samples: [var one] } => one.Exact ?? Exact(one.Value),
                _ => null,
            };
        }
        catch (PromEvaluationException)
        {
            return null;
        }
    }

    // A double that stands for a whole number beyond decimal's range is that number.
    private static Primitives.Amounts.Rational? Exact(double value) =>
        !double.IsFinite(value) ? null
        : Math.Abs(value) < 1e15 ? Primitives.Amounts.Rational.Parse(((decimal)value).ToString(CultureInfo.InvariantCulture))
        : new Primitives.Amounts.Rational(new System.Numerics.BigInteger(value));

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
