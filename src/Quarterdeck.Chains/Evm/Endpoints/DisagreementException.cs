using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Endpoints;

/// <summary>Too few endpoints said the same for a fact that must not come from one of them alone.</summary>
public sealed class DisagreementException : TransientException
{
    /// <summary>Names the request and what each endpoint said.</summary>
    public DisagreementException(string method, int needed, IReadOnlyList<(string Endpoint, string Said)> answers)
        : base($"{needed} endpoints must agree on {method}, but they do not: {string.Join("; ", answers.Select(a => $"{a.Endpoint} said {a.Said}"))}.") =>
        Answers = answers;

    /// <summary>What each endpoint said, shortened.</summary>
    public IReadOnlyList<(string Endpoint, string Said)> Answers { get; }
}
