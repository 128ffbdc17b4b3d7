using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace Quarterdeck.Packs.Yaml;

/// <summary>
/// Reads a YAML file into a tree with positions, within limits that hold before anything is built: size, depth, aliases,
/// and the number of values once aliases are expanded (the "billion laughs" file is a few hundred bytes long).
/// </summary>
internal static class YamlFile
{
    public const int MaxBytes = 1 << 20;
    public const int MaxDepth = 64;
    public const int MaxAliases = 64;
    public const int MaxValues = 50_000;

    /// <summary>The mapping at the top of the file; null where there is none, with the reason in <paramref name="findings"/>.</summary>
    public static YamlMap? Load(string path, FindingList findings)
    {
        string text;
        try
        {
            var info = new FileInfo(path);
            if (info.Exists && info.Length > MaxBytes)
            {
                findings.Error(FindingCodes.YamlTooLarge, Position.WholeFile,
                    $"The file has {info.Length} bytes; at most {MaxBytes} are read.", "Split the file.");
                return null;
            }

            text = new UTF8Encoding(false, true).GetString(File.ReadAllBytes(path)).TrimStart('\uFEFF');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DecoderFallbackException)
        {
            findings.Error(FindingCodes.FileUnreadable, Position.WholeFile, $"The file cannot be read: {e.Message}",
                "Check that it exists, is readable and is UTF-8 text.");
            return null;
        }

        return Parse(text, findings);
    }

    public static YamlMap? Parse(string text, FindingList findings)
    {
        try
        {
            if (!WithinLimits(text, findings)) return null;
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            if (stream.Documents.Count == 0) return new YamlMap(new YamlMappingNode(), findings, "the file");
            if (stream.Documents.Count > 1)
            {
                findings.Error(FindingCodes.YamlMalformed, At(stream.Documents[1].RootNode.Start),
                    "The file holds more than one YAML document.", "Keep one document; remove the second '---'.");
                return null;
            }

            var root = stream.Documents[0].RootNode;
            var sizes = new Dictionary<YamlNode, long>(ReferenceEqualityComparer.Instance);
            if (Size(root, sizes) > MaxValues)
            {
                findings.Error(FindingCodes.YamlTooLarge, Position.WholeFile,
                    $"Expanded, the aliases give more than {MaxValues} values.", "Write the values out without aliases.");
                return null;
            }

            if (root is YamlMappingNode map) return new YamlMap(map, findings, "the file");
            if (root is YamlScalarNode { Value: "" or null }) return new YamlMap(new YamlMappingNode(), findings, "the file");
            findings.Error(FindingCodes.YamlMalformed, At(root.Start), "The file must hold a mapping of keys to values.",
                "Begin with 'key: value' lines.");
            return null;
        }
        catch (YamlException e)
        {
            findings.Error(FindingCodes.YamlMalformed, At(e.Start), $"The YAML cannot be read: {OneLine(e)}",
                "Mend the YAML at this place: indentation, quotes, and brackets are the usual causes.");
            return null;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or FormatException or OverflowException)
        {
            findings.Error(FindingCodes.YamlMalformed, Position.WholeFile, $"The YAML cannot be read: {e.Message}",
                "Mend the YAML.");
            return null;
        }
    }

    public static Position At(Mark mark) =>
        new((int)Math.Min(mark.Line, int.MaxValue), (int)Math.Min(mark.Column, int.MaxValue));

    private static string OneLine(YamlException e)
    {
        var message = (e.InnerException?.Message ?? e.Message).ReplaceLineEndings(" ");
        var end = message.IndexOf("): ", StringComparison.Ordinal);
        return message.StartsWith('(') && end > 0 ? message[(end + 3)..] : message;
    }

    private static bool WithinLimits(string text, FindingList findings)
    {
        var parser = new Parser(new StringReader(text));
        var (depth, aliases, events) = (0, 0, 0);
        while (parser.MoveNext())
        {
            var now = parser.Current!;
            depth += now.NestingIncrease;
            aliases += now is AnchorAlias ? 1 : 0;
            var passed = depth > MaxDepth + 2 ? $"more than {MaxDepth} levels of nesting"
                : aliases > MaxAliases ? $"more than {MaxAliases} aliases"
                : ++events > MaxValues * 2 ? $"more than {MaxValues} values" : null;
            if (passed is null) continue;
            findings.Error(FindingCodes.YamlTooLarge, At(now.Start), $"The file has {passed}.", "Simplify or split the file.");
            return false;
        }

        return true;
    }

    /// <summary>Values below a node with aliases counted as often as they are used; a cycle counts as too many.</summary>
    private static long Size(YamlNode node, Dictionary<YamlNode, long> known)
    {
        if (known.TryGetValue(node, out var size)) return size;
        known[node] = MaxValues + 1;
        size = 1;
        IEnumerable<YamlNode> children = node switch
        {
            YamlMappingNode m => m.Children.SelectMany(c => new[] { c.Key, c.Value }),
            YamlSequenceNode s => s.Children,
            _ => [],
        };
        foreach (var child in children) size = Math.Min(MaxValues + 1, size + Size(child, known));
        known[node] = size;
        return size;
    }
}
