using Quarterdeck.Packs.Alerts;
using YamlDotNet.Core;

namespace Quarterdeck.Packs.Tests.Alerts;

/// <summary>The fast reader either reads what the whole parser reads, place for place, or leaves the text to it.</summary>
public sealed class PlainYamlTests
{
    private const string Sample =
        """
        ---
        # A comment.
        groups:
        - name: first   # behind a value
          interval: 30s
          empty:
          rules:
          - alert: Down
            expr: up{job="a"} == 0
              and on() vector(1)
            labels: { severity: page, team: "a \"b\" \\ c", 'q''s': x }
            annotations:
              summary: |
                {{ $labels.job }} is down,
                  and more

                at the end
              folded: >-
                one
                two

                three
              kept: >
                one
              url: http://a.b/c?d#e
              quoted: 'it''s'
          - record: a:b
            expr: 'sum(x) # no comment'
        - name: second
          rules: [ { record: c, expr: "1" }, { record: d, expr: 2 }, [], {} ]
          list:
            - a
            -   - b
                - c
            -
              d: e
            - f: g
              h:
              - i
              -

        tests:
            - x: -5
              y: :z
              z: a-b
        """;

    [Fact]
    public void What_people_write_is_read_by_the_fast_reader_as_the_whole_parser_reads_it()
    {
        var fast = PlainYaml.Read(Sample + "\n");
        Assert.NotNull(fast);
        Assert.Equal(Text(YamlDocument.ReadWhole(Sample + "\n")!), Text(fast));
    }

    [Fact]
    public void The_packs_rule_files_and_tests_are_read_by_the_fast_reader()
    {
        foreach (var pack in Repository.Packs)
        {
            var text = File.ReadAllText(Path.Combine(pack, "alerts.yaml"));
            var fast = PlainYaml.Read(text);
            Assert.True(fast is not null, pack);
            Assert.Equal(Text(YamlDocument.ReadWhole(text)!), Text(fast));
        }
    }

    [Theory]
    [InlineData("a: &x 1\nb: *x\n")]
    [InlineData("a: !!str 1\n")]
    [InlineData("a: \"one\n  two\"\n")]
    [InlineData("a: 1\na: 2\n")]
    [InlineData("a: {b: c\n  }\n")]
    [InlineData("a: b: c\n")]
    [InlineData("a:\n\t- b\n")]
    [InlineData("a: |2\n    b\n")]
    [InlineData("a: |+\n  b\n\n")]
    [InlineData("a: b\n---\nc: d\n")]
    [InlineData("a: [b, ]\n")]
    [InlineData("? a\n: b\n")]
    [InlineData("a:\n  b: c\n d: e\n")]
    [InlineData("")]
    public void The_rest_is_left_to_the_whole_parser(string text) => Assert.Null(PlainYaml.Read(text));

    /// <summary>Files changed at random: whatever the fast reader takes, the whole parser takes too and understands alike.</summary>
    [Fact]
    public void Changed_texts_are_never_understood_otherwise_than_by_the_whole_parser()
    {
        var random = new Random(20_261_121);
        var sources = new List<string> { Sample + "\n" };
        foreach (var pack in Repository.Packs)
        {
            var lines = File.ReadAllLines(Path.Combine(pack, "alerts.yaml"));
            for (var from = 0; from < lines.Length; from += 25) sources.Add(string.Join('\n', lines.Skip(from).Take(25)) + "\n");
        }

        const string pieces = " -:#{}[],'\"|>&*!?%@`\n\\a0";
        var taken = 0;
        for (var round = 0; round < 30_000; round++)
        {
            var text = sources[round % sources.Count];
            for (var change = random.Next(1, 4); change > 0 && text.Length > 0; change--)
            {
                var at = random.Next(text.Length);
                text = random.Next(4) switch
                {
                    0 => text.Remove(at, Math.Min(random.Next(1, 4), text.Length - at)),
                    1 => text.Insert(at, new string(' ', random.Next(1, 3))),
                    2 => text.Insert(at, "\n"),
                    _ => text.Insert(at, pieces[random.Next(pieces.Length)].ToString()),
                };
            }

            if (PlainYaml.Read(text) is not { } fast) continue;
            taken++;
            string whole;
            try
            {
                whole = Text(YamlDocument.ReadWhole(text)!);
            }
            catch (YamlException problem)
            {
                Assert.Fail($"round {round}: the whole parser refuses: {problem.Message}\n{text}");
                return;
            }

            Assert.True(whole == Text(fast), $"round {round}:\n{text}\nwhole: {whole}\nfast:  {Text(fast)}");
        }

        Assert.True(taken > 2000, $"only {taken} were read");
    }

    private static string Text(YamlItem item) => $"{item.Line}:{item.Column} " + item switch
    {
        YamlText text => $"{text.Style} '{text.Value}'",
        YamlList list => $"[{string.Join(", ", list.Items.Select(Text))}]",
        YamlFields fields => $"{{{string.Join(", ", fields.Pairs.Select(pair => $"{Text(pair.Key)}: {Text(pair.Value)}"))}}}",
        _ => "?",
    };
}
