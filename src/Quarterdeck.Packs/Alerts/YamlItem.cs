using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Quarterdeck.Packs.Alerts;

/// <summary>
/// A YAML document as plain items with their places, composed straight from the parser's events: several times faster and
/// smaller than a general document model, which counts for files of thousands of rules.
/// </summary>
internal abstract class YamlItem(int line, int column)
{
    public int Line => line;

    public int Column => column;

    public override string ToString() => GetType().Name;
}

internal sealed class YamlText(int line, int column, string value, ScalarStyle style) : YamlItem(line, column)
{
    public string Value => value;

    public ScalarStyle Style => style;

    public bool IsNull => style == ScalarStyle.Plain && value is "" or "~" or "null" or "Null" or "NULL";

    public override string ToString() => value;
}

internal sealed class YamlList(int line, int column, IReadOnlyList<YamlItem> items) : YamlItem(line, column)
{
    public IReadOnlyList<YamlItem> Items => items;
}

internal sealed class YamlFields(int line, int column, IReadOnlyList<(YamlItem Key, YamlItem Value)> pairs) : YamlItem(line, column)
{
    public IReadOnlyList<(YamlItem Key, YamlItem Value)> Pairs => pairs;
}

/// <summary>Reads the first document of a text.</summary>
internal sealed class YamlDocument
{
    // Deeper than any file of people; a hostile one must not exhaust the stack.
    private const int MaximalDepth = 64;
    private readonly Parser _parser;
    private readonly Dictionary<string, YamlItem> _anchors = new(StringComparer.Ordinal);
    private int _depth;

    private YamlDocument(TextReader text) => _parser = new Parser(text);

    /// <summary>The root; null where the text has no document.</summary>
    /// <exception cref="YamlException">The text is not YAML, or a key is written twice.</exception>
    public static YamlItem? Read(string text) => PlainYaml.Read(text) ?? ReadWhole(text);

    /// <summary>As <see cref="Read"/>, by the whole parser.</summary>
    internal static YamlItem? ReadWhole(string text)
    {
        using var reader = new StringReader(text);
        var document = new YamlDocument(reader);
        document._parser.Consume<StreamStart>();
        if (!document._parser.TryConsume<DocumentStart>(out _)) return null;
        var root = document.Item();
        document._parser.Consume<DocumentEnd>();
        return root;
    }

    private YamlItem Item()
    {
        if (_parser.TryConsume<Scalar>(out var scalar))
            return Anchored(scalar, new YamlText((int)scalar.Start.Line, (int)scalar.Start.Column, scalar.Value, scalar.Style));
        if (_parser.TryConsume<AnchorAlias>(out var alias))
        {
            return _anchors.TryGetValue(alias.Value.Value, out var known)
                ? known
                : throw new YamlException(alias.Start, alias.End, $"unknown anchor '{alias.Value}' referenced");
        }

        if (++_depth > MaximalDepth) throw new YamlException(_parser.Current!.Start, _parser.Current.End, $"nested deeper than {MaximalDepth} levels");
        YamlItem item;
        if (_parser.TryConsume<SequenceStart>(out var sequence))
        {
            var items = new List<YamlItem>();
            while (!_parser.TryConsume<SequenceEnd>(out _)) items.Add(Item());
            item = Anchored(sequence, new YamlList((int)sequence.Start.Line, (int)sequence.Start.Column, items));
        }
        else
        {
            var mapping = _parser.Consume<MappingStart>();
            var pairs = new List<(YamlItem, YamlItem)>();
            HashSet<string>? keys = null;
            while (!_parser.TryConsume<MappingEnd>(out _))
            {
                var key = Item();
                if (key is YamlText text && !(keys ??= new HashSet<string>(StringComparer.Ordinal)).Add(text.Value))
                    throw new YamlException(new Mark(0, key.Line, key.Column), new Mark(0, key.Line, key.Column), $"Duplicate key {text.Value}");
                pairs.Add((key, Item()));
            }

            item = Anchored(mapping, new YamlFields((int)mapping.Start.Line, (int)mapping.Start.Column, pairs));
        }

        _depth--;
        return item;
    }

    private T Anchored<T>(NodeEvent from, T item)
        where T : YamlItem
    {
        if (!from.Anchor.IsEmpty) _anchors[from.Anchor.Value] = item;
        return item;
    }
}
