using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Quarterdeck.Respond.Runs.Filters;

/// <summary><c>jq</c>: paths, iteration, select, map, comparisons, pipes, construction. Numbers keep every digit they were written with.</summary>
internal static class JqFilter
{
    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonSerializerOptions Indented = new(Compact) { WriteIndented = true };

    public static TextFilter? Parse(string[] words)
    {
        var (raw, compact, status, slurp, none) = (false, false, false, false, false);
        var variables = new Dictionary<string, JsonNode?>(StringComparer.Ordinal);
        string? program = null;
        for (var i = 0; i < words.Length; i++)
        {
            var word = words[i];
            if (word == "--arg" && i + 2 < words.Length)
            {
                variables[words[i + 1]] = JsonValue.Create(words[i + 2]);
                i += 2;
                continue;
            }

            if (word.StartsWith('-') && word.Length > 1)
            {
                var flags = word switch { "--raw-output" => "r", "--compact-output" => "c", "--exit-status" => "e", "--slurp" => "s", "--null-input" => "n", _ when word[1] != '-' => word[1..], _ => "?" };
                foreach (var flag in flags)
                {
                    switch (flag)
                    {
                        case 'r': raw = true; break;
                        case 'c': compact = true; break;
                        case 'e': status = true; break;
                        case 's': slurp = true; break;
                        case 'n': none = true; break;
                        case 'M' or 'S': break;
                        default: return null;
                    }
                }
            }
            else if (program is null)
            {
                program = word;
            }
            else
            {
                return null;
            }
        }

        if (JqParser.Parse(program ?? ".", variables) is not { } expression) return null;
        return input =>
        {
            var documents = none ? [null] : slurp ? [new JsonArray([.. Documents(input)])] : Documents(input);
            var results = documents.SelectMany(document => expression(document)).ToList();
            var text = TextLines.Join(results.Select(value => raw && JqValues.Text(value) is { } plain ? plain : Print(value, compact)));
            return new Filtered(text, !status || (results.Count > 0 && JqValues.IsTrue(results[^1])));
        };
    }

    private static string Print(JsonNode? value, bool compact) => value is null ? "null" : value.ToJsonString(compact ? Compact : Indented);

    private static List<JsonNode?> Documents(string input)
    {
        try
        {
            return [JsonNode.Parse(input)];
        }
        catch (JsonException problem)
        {
            // One document a line, as logs and streams are.
            var lines = TextLines.Of(input).Where(line => line.Trim().Length > 0).ToList();
            if (lines.Count < 2) throw new FilterException($"jq: the input is no JSON: {problem.Message}");
            try
            {
                return lines.ConvertAll(line => JsonNode.Parse(line));
            }
            catch (JsonException)
            {
                throw new FilterException($"jq: the input is no JSON: {problem.Message}");
            }
        }
    }
}
