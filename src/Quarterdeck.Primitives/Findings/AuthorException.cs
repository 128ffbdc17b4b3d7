namespace Quarterdeck.Primitives.Findings;

/// <summary>A file that a protocol team wrote cannot be used. Carries every finding, so that all can be mended at once.</summary>
public sealed class AuthorException : Exception
{
    /// <summary>From findings of which at least one is an error.</summary>
    public AuthorException(IReadOnlyList<Finding> findings)
        : base(string.Join(Environment.NewLine, findings)) => Findings = findings;

    /// <summary>From a single finding.</summary>
    public AuthorException(Finding finding) : this([finding])
    {
    }

    /// <summary>What is wrong, each with its place and remedy.</summary>
    public IReadOnlyList<Finding> Findings { get; }
}
