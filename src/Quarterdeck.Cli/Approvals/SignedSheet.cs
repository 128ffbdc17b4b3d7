using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Quarterdeck.Chains.Evm.Signatures;
using Quarterdeck.Primitives;

namespace Quarterdeck.Cli.Approvals;

/// <summary>
/// A plan or a standing approval as its signer reads it, worked out on the signer's own machine from the canonical bytes alone. What the
/// server offers for signing is held against those bytes first: a server that shows one thing and has another signed is refused.
/// </summary>
internal sealed class SignedSheet
{
    private readonly JsonElement _document;
    private readonly JsonElement _typedData;

    private SignedSheet(Hash32 hash, JsonElement document, JsonElement typedData) => (Hash, _document, _typedData) = (hash, document, typedData);

    public Hash32 Hash { get; }

    /// <summary>What the wallet signs.</summary>
    public Hash32 Digest => Eip712.FromJson(_typedData.GetRawText()).Hash();

    /// <summary>Names of which the signer types one; empty where a signature is enough.</summary>
    public IReadOnlyList<string> NamesToType => [.. Calls
        .Where(c => Policy.GetProperty("typeTargetName").GetBoolean() || c.GetProperty("class").GetString() is "funds" or "unpause")
        .Select(c => Text(c, "targetName")).Distinct()];

    private bool IsStanding => _document.TryGetProperty("effects", out _);

    private JsonElement Policy => _document.GetProperty("policy");

    private IEnumerable<JsonElement> Calls => (IsStanding ? _document.GetProperty("effects") : _document).GetProperty("calls").EnumerateArray();

    /// <summary>Reads what the server answered of a plan or a standing approval.</summary>
    /// <exception cref="CommandException">The server's parts do not agree with each other.</exception>
    public static SignedSheet Read(string name, JsonElement answer)
    {
        var canonical = answer.GetProperty("canonical").GetString() ?? "";
        var hash = new Hash32(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)));
        if (!Hash32.TryParse(name, out var asked) || hash != asked)
            throw Deceived($"the bytes shown have the hash {hash}, and {name} was asked for");
        using var document = JsonDocument.Parse(canonical);
        var sheet = new SignedSheet(hash, document.RootElement.Clone(), answer.GetProperty("typedData").Clone());
        sheet.Compare();
        return sheet;
    }

    /// <summary>The whole of it for people; no control character of anybody else reaches the terminal.</summary>
    public string Print()
    {
        var lines = new StringBuilder();
        Line(lines, IsStanding ? "Standing approval" : "Plan", Hash.ToString());
        Line(lines, "Environment", Text(_document, "environment"));
        Line(lines, "Runbook", $"{Text(_document, "pack")}/{Text(_document, "runbook")} ({Text(_document, "runbookHash")[..10]}…)");
        Line(lines, "Asked for by", Text(_document, "requester"));
        if (IsStanding)
        {
            Line(lines, "Under the alert", Text(_document, "alert"));
            Line(lines, "Uses", _document.GetProperty("uses").GetInt32().ToString(CultureInfo.InvariantCulture));
            Line(lines, "Reason", Text(_document, "reason"));
        }

        Line(lines, "Policy", $"{Text(Policy, "name")}: {Policy.GetProperty("required").GetInt32()} of "
            + string.Join(" or ", Policy.GetProperty("roles").EnumerateArray().Select(r => r.GetString())));
        Line(lines, "Until", Text(_document, "expiresAt"));
        foreach (var call in Calls)
        {
            var arguments = string.Join(", ", call.GetProperty("args").EnumerateArray().Select(a => a.GetString()));
            var function = Text(call, "function");
            lines.AppendLine().AppendLine(Clean(
                $"  {call.GetProperty("position").GetInt32()}. {Text(call, "targetName")}.{function[..Math.Max(0, function.IndexOf('('))]}({arguments})  [{Text(call, "class")}]"));
            lines.AppendLine(Clean($"     to {Text(call, "target")} on {Text(call, "chain")}, from {Text(call, "from")} ({Text(call, "account")})"));
            lines.AppendLine(Clean($"     data {Text(call, "calldata")}, value {Text(call, "value")} wei"));
            if (!call.TryGetProperty("forecast", out var forecast)) continue;
            var reason = forecast.GetProperty("reason").GetString();
            lines.AppendLine(Clean($"     simulated: {Text(forecast, "outcome")}{(reason is null ? "" : $": {reason}")}"));
            foreach (var effect in forecast.GetProperty("events").EnumerateArray()) lines.AppendLine(Clean($"       {effect.GetString()}"));
        }

        if (!IsStanding)
            foreach (var left in _document.GetProperty("notCovered").EnumerateArray()) lines.AppendLine().Append(Clean($"  Not covered: {left.GetString()}"));
        return lines.ToString();
    }

    private void Compare()
    {
        var message = _typedData.GetProperty("message");
        Same(Text(message, IsStanding ? "grant" : "plan"), Hash.ToString(), "hash");
        Same(Text(message, "environment"), Text(_document, "environment"), "environment");
        Same(Text(message, "runbook"), Text(_document, "runbook"), "runbook");
        if (IsStanding)
        {
            Same(Text(message, "alert"), Text(_document, "alert"), "alert");
            Same(Text(message, "uses"), _document.GetProperty("uses").GetInt32().ToString(CultureInfo.InvariantCulture), "count of uses");
        }

        var expires = DateTimeOffset.Parse(Text(_document, "expiresAt"), CultureInfo.InvariantCulture).ToUnixTimeSeconds();
        Same(Text(message, "expiresAt"), expires.ToString(CultureInfo.InvariantCulture), "expiry");
        var signed = message.GetProperty("calls").EnumerateArray().ToList();
        var stated = Calls.ToList();
        Same(signed.Count.ToString(CultureInfo.InvariantCulture), stated.Count.ToString(CultureInfo.InvariantCulture), "count of calls");
        foreach (var (to, of) in signed.Zip(stated))
        {
            foreach (var (shown, own) in new[] { ("target", "target"), ("targetName", "targetName"), ("function", "function"), ("data", "calldata"), ("value", "value") })
                Same(Text(to, shown), Text(of, own), $"{shown} of call {of.GetProperty("position").GetInt32()}");
        }
    }

    private static void Same(string signed, string shown, string what)
    {
        if (!string.Equals(signed, shown, StringComparison.Ordinal)) throw Deceived($"the {what} that would be signed is '{signed}', and '{shown}' is shown");
    }

    private static CommandException Deceived(string why) =>
        new($"The server shows one thing and asks for a signature over another: {Clean(why)}. Nothing was signed. Tell the others by another way.");

    private static string Text(JsonElement parent, string name) => parent.GetProperty(name).GetString() ?? "";

    private static void Line(StringBuilder lines, string name, string value) => lines.AppendLine(Clean($"{name + ":",-18}{value}"));

    /// <summary>Text of others without control characters.</summary>
    public static string Clean(string text) => new([.. text.Select(c => char.IsControl(c) ? '\uFFFD' : c)]);
}
