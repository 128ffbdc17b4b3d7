using System.Diagnostics;
using Quarterdeck.Respond.Runs.Filters;

namespace Quarterdeck.Respond.Tests.Runs.Filters;

/// <summary>jq's language as far as it is understood, beside the jq of the machine where it has one.</summary>
public sealed class JqFilterTests
{
    private const string Health =
        """
        {"status":"ok","checks":[{"name":"db","up":true,"ms":12},{"name":"rpc","up":false,"ms":340.5},{"name":"queue","up":true,"ms":7}],
         "supply":"1000000","nested":{"a b":[1,2,3],"none":null},"text":"züri"}
        """;

    public static TheoryData<string> Programs =>
    [
        ".", ".status", ".checks[0].name", ".checks[-1].name", ".checks[].name", ".checks[] | select(.up==false) | .name", ".checks | length", "keys",
        ".nested[\"a b\"][1]", ".nested.\"a b\" | add", ".missing", ".missing // \"none\"", ".checks | map(.ms) | max", ".checks | map(select(.up)) | length",
        "[.checks[] | .ms > 10]", ".checks[] | select(.up and .ms < 10).name", ".supply | tonumber", ".supply | tonumber == 1000000", ".checks | map(.name) | join(\",\")",
        "{status, first: .checks[0].name}", ".text | length", ".checks[] | .name, .up", ".checks | any(.up | not)", ".checks | sort_by(.ms) | .[0].name", "has(\"status\")",
        ".nested.none", ".status | startswith(\"o\")", "[.nested[\"a b\"][] ] | reverse", ".checks[1].ms + 1", ".nested.\"a b\"[0] - 3", "(.status == \"ok\") and (.checks | length >= 3)",
        ".status.inner?", ".checks | map(.up) | all", ".checks[0] | type", ".nested | tostring",
    ];

    [Theory]
    [MemberData(nameof(Programs))]
    public void Prints_what_jq_prints(string program)
    {
        if (!File.Exists("/usr/bin/jq")) Assert.Skip("This machine has no jq to compare with.");
        foreach (var options in new[] { "-r", "-c" })
        {
            var start = new ProcessStartInfo("/usr/bin/jq") { RedirectStandardInput = true, RedirectStandardOutput = true };
            start.ArgumentList.Add(options);
            start.ArgumentList.Add(program);
            using var jq = Process.Start(start)!;
            jq.StandardInput.Write(Health);
            jq.StandardInput.Close();
            var expected = jq.StandardOutput.ReadToEnd();
            jq.WaitForExit();
            Assert.Equal(expected, Assert.IsType<TextFilter>(TextFilters.Parse(["jq", options, program]))(Health).Text);
        }
    }

    [Fact]
    public void Amounts_beyond_doubles_keep_their_digits() =>
        Assert.Equal("123456789012345678901234567890\n", TextFilters.Parse(["jq", ".wei"])!("""{"wei":123456789012345678901234567890}""").Text);

    [Fact]
    public void Arguments_and_status_are_as_in_jq()
    {
        Assert.Equal("12\n", TextFilters.Parse(["jq", "--arg", "n", "db", ".checks[] | select(.name == $n) | .ms"])!(Health).Text);
        Assert.False(TextFilters.Parse(["jq", "-e", ".checks[1].up"])!(Health).Succeeded);
        Assert.Equal("2\n", TextFilters.Parse(["jq", "-s", "length"])!("{\"a\":1}\n{\"a\":2}\n").Text);
    }

    [Theory]
    [InlineData(".status.inner")]
    [InlineData(".checks.name")]
    [InlineData(".status | tonumber")]
    public void Says_what_does_not_fit(string program) => Assert.Throws<FilterException>(() => TextFilters.Parse(["jq", program])!(Health));

    [Fact]
    public void What_is_no_JSON_is_said_so() => Assert.Throws<FilterException>(() => TextFilters.Parse(["jq", "."])!("<html>"));

    [Fact]
    public void Random_programs_are_parsed_or_refused_and_never_crash()
    {
        const string Signs = ".[](){}|,:\"ab0-+/=<>!?$ ";
        var random = new Random(11);
        for (var i = 0; i < 20_000; i++)
        {
            var program = string.Concat(Enumerable.Range(0, random.Next(1, 14)).Select(_ => Signs[random.Next(Signs.Length)]));
            if (TextFilters.Parse(["jq", program]) is not { } filter) continue;
            try
            {
                filter(Health);
            }
            catch (FilterException)
            {
                // Refused with a reason.
            }
        }
    }
}
