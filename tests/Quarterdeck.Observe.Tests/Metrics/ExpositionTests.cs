using Quarterdeck.Observe.Metrics;
using Quarterdeck.PromQL;

namespace Quarterdeck.Observe.Tests.Metrics;

public sealed class ExpositionTests
{
    [Fact]
    public void Text_escapes_labels_and_help_and_spells_special_numbers()
    {
        var text = new Exposition(openMetrics: false);
        text.Family("a_ratio", "One\nhelp \\ text.", false,
        [
            ([new Label("path", "a\\b\"c\nd")], 0.1),
            ([], double.PositiveInfinity),
            ([], double.NaN),
        ]);
        Assert.Equal(
            "# HELP a_ratio One\\nhelp \\\\ text.\n# TYPE a_ratio gauge\na_ratio{path=\"a\\\\b\\\"c\\nd\"} 0.1\na_ratio +Inf\na_ratio NaN\n",
            text.Finish());
    }

    [Fact]
    public void OpenMetrics_names_a_counters_family_without_its_suffix_and_ends_with_EOF()
    {
        var text = new Exposition(openMetrics: true);
        text.Family("mints_total", "Mints.", true, [([], 3)]);
        Assert.Equal("# HELP mints Mints.\n# TYPE mints counter\nmints_total 3\n# EOF\n", text.Finish());
    }

    [Fact]
    public void A_family_without_samples_is_left_out()
    {
        var text = new Exposition(openMetrics: false);
        text.Family("nothing", "Nothing.", false, []);
        Assert.Equal("", text.Finish());
    }
}
