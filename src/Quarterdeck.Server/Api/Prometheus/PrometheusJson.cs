using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Quarterdeck.PromQL;

namespace Quarterdeck.Server.Api.Prometheus;

/// <summary>Writes answers in the API's envelope.</summary>
internal static class PrometheusJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary><c>{"status":"success","data":…}</c></summary>
    public static async Task Success(HttpContext context, Action<Utf8JsonWriter> data, PromValue? noted = null)
    {
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter, Options);
        json.WriteStartObject();
        json.WriteString("status", "success");
        json.WritePropertyName("data");
        data(json);
        WriteNotes(json, "warnings", noted?.Warnings);
        WriteNotes(json, "infos", noted?.Infos);
        json.WriteEndObject();
        await json.FlushAsync(context.RequestAborted);
    }

    /// <summary><c>{"status":"error","errorType":…,"error":…}</c></summary>
    public static async Task Error(HttpContext context, PrometheusErrorType type, string message)
    {
        var (word, status) = type switch
        {
            PrometheusErrorType.BadData => ("bad_data", StatusCodes.Status400BadRequest),
            PrometheusErrorType.Execution => ("execution", StatusCodes.Status422UnprocessableEntity),
            PrometheusErrorType.Timeout => ("timeout", StatusCodes.Status503ServiceUnavailable),
            PrometheusErrorType.Unavailable => ("unavailable", StatusCodes.Status503ServiceUnavailable),
            _ => ("not_found", StatusCodes.Status404NotFound),
        };
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter, Options);
        json.WriteStartObject();
        json.WriteString("status", "error");
        json.WriteString("errorType", word);
        json.WriteString("error", message);
        json.WriteEndObject();
        await json.FlushAsync(context.RequestAborted);
    }

    /// <summary>The value of a query: <c>{"resultType":…,"result":…}</c>.</summary>
    public static void Value(Utf8JsonWriter json, PromValue value)
    {
        json.WriteStartObject();
        switch (value)
        {
            case PromScalar scalar:
                json.WriteString("resultType", "scalar");
                json.WritePropertyName("result");
                Point(json, scalar.TimeMs, GoNumbers.FormatSample(scalar.Value));
                break;
            case PromText text:
                json.WriteString("resultType", "string");
                json.WritePropertyName("result");
                Point(json, text.TimeMs, text.Value);
                break;
            case PromVector vector:
                json.WriteString("resultType", "vector");
                json.WriteStartArray("result");
                foreach (var sample in vector.Samples)
                {
                    json.WriteStartObject();
                    json.WritePropertyName("metric");
                    Set(json, sample.Labels);
                    json.WritePropertyName("value");
                    Point(json, sample.TimeMs, GoNumbers.FormatSample(sample.Value));
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                break;
            case PromMatrix matrix:
                json.WriteString("resultType", "matrix");
                json.WriteStartArray("result");
                foreach (var series in matrix.Series)
                {
                    json.WriteStartObject();
                    json.WritePropertyName("metric");
                    Set(json, series.Labels);
                    json.WriteStartArray("values");
                    foreach (var point in series.Points) Point(json, point.TimeMs, GoNumbers.FormatSample(point.Value));
                    json.WriteEndArray();
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                break;
            default:
                throw new InvalidOperationException($"A query cannot yield a {value.GetType().Name}.");
        }

        json.WriteEndObject();
    }

    public static void Set(Utf8JsonWriter json, IEnumerable<Label> labels)
    {
        json.WriteStartObject();
        foreach (var label in labels) json.WriteString(label.Name, label.Value);
        json.WriteEndObject();
    }

    public static void Texts(Utf8JsonWriter json, IEnumerable<string> texts)
    {
        json.WriteStartArray();
        foreach (var text in texts) json.WriteStringValue(text);
        json.WriteEndArray();
    }

    private static void WriteNotes(Utf8JsonWriter json, string name, IReadOnlyList<string>? notes)
    {
        if (notes is not { Count: > 0 }) return;
        json.WritePropertyName(name);
        Texts(json, notes);
    }

    private static void Point(Utf8JsonWriter json, long timeMs, string value)
    {
        json.WriteStartArray();
        json.WriteRawValue(Seconds(timeMs), skipInputValidation: true);
        json.WriteStringValue(value);
        json.WriteEndArray();
    }

    // Whole seconds without a fraction, others with three digits, as Prometheus writes them.
    private static string Seconds(long ms)
    {
        var (whole, rest) = Math.DivRem(Math.Abs(ms), 1000L);
        var sign = ms < 0 ? "-" : "";
        return rest == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{sign}{whole}")
            : string.Create(CultureInfo.InvariantCulture, $"{sign}{whole}.{rest:000}");
    }
}
