using Quarterdeck.Packs.Alerts.Templates;
using Quarterdeck.PromQL;

namespace Quarterdeck.Packs.Alerts;

/// <summary>What a template is expanded with: the labels and value of the alert, and its surroundings.</summary>
public sealed record TemplateData(Labels Labels, double Value, TemplateSurroundings Surroundings);

/// <summary>A template of a label or annotation, in the subset of Go's text/template that rule files use.</summary>
public sealed class AnnotationTemplate
{
    private readonly string _text;
    private readonly IReadOnlyList<TemplateNode>? _nodes;
    private readonly IReadOnlyDictionary<string, IReadOnlyList<TemplateNode>>? _definitions;

    private AnnotationTemplate(string text)
    {
        _text = text;
        // Text without an action is itself, which is what most labels are.
        if (text.Contains("{{", StringComparison.Ordinal)) (_nodes, _definitions) = TemplateParser.Parse(text);
    }

    /// <summary>Reads a template.</summary>
    /// <exception cref="FormatException">It is malformed, or uses a function or variable that does not exist.</exception>
    public static AnnotationTemplate Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new AnnotationTemplate(text);
    }

    /// <summary>The text with its actions carried out.</summary>
    /// <exception cref="TemplateException">An action fails on these data.</exception>
    public string Expand(TemplateData data)
    {
        ArgumentNullException.ThrowIfNull(data);
        return _nodes is null ? _text : new TemplateRun(data, _definitions!).Expand(_nodes);
    }

    /// <summary>As <see cref="Expand"/>; a failure becomes the text, so that a broken annotation does not silence an alert.</summary>
    public string ExpandOrExplain(TemplateData data)
    {
        try
        {
            return Expand(data);
        }
        catch (TemplateException problem)
        {
            return $"<error expanding template: {problem.Message}>";
        }
    }
}

/// <summary>A template cannot be expanded with the data there are.</summary>
public sealed class TemplateException(string message) : Exception(message);
