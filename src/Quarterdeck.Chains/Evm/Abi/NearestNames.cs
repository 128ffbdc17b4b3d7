namespace Quarterdeck.Chains.Evm.Abi;

/// <summary>What a mistyped name may have meant.</summary>
public static class NearestNames
{
    /// <summary>
    /// Up to <paramref name="count"/> candidates near the name, the nearest first. Near is an edit distance (insert,
    /// delete, replace, swap) of at most a third of the name, compared without case, or a shared beginning; for signatures
    /// the name before the parenthesis counts.
    /// </summary>
    public static IReadOnlyList<string> Of(string name, IEnumerable<string> candidates, int count = 3)
    {
        var wanted = Bare(name);
        return
        [
            .. candidates.Distinct().Select(c => (Candidate: c, Distance: Score(wanted, Bare(c))))
                .Where(c => c.Distance <= Math.Max(2, wanted.Length / 3))
                .OrderBy(c => c.Distance).ThenBy(c => c.Candidate, StringComparer.Ordinal)
                .Take(count).Select(c => c.Candidate),
        ];
    }

    /// <summary>Insertions, deletions, replacements and swaps of neighbours that turn one text into the other (optimal string alignment).</summary>
    public static int Distance(string from, string to)
    {
        var rows = new int[from.Length + 1, to.Length + 1];
        for (var i = 0; i <= from.Length; i++) rows[i, 0] = i;
        for (var j = 0; j <= to.Length; j++) rows[0, j] = j;
        for (var i = 1; i <= from.Length; i++)
        {
            for (var j = 1; j <= to.Length; j++)
            {
                var replace = rows[i - 1, j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
                rows[i, j] = Math.Min(replace, Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1);
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
            }
        }

        return rows[from.Length, to.Length];
    }

    private static int Score(string wanted, string candidate)
    {
        if (wanted.Length > 256 || candidate.Length > 256) return int.MaxValue;
        var shorter = Math.Min(wanted.Length, candidate.Length);
        var prefix = shorter >= 4 && (wanted.StartsWith(candidate, StringComparison.Ordinal) || candidate.StartsWith(wanted, StringComparison.Ordinal));
        var distance = Distance(wanted, candidate);
        return prefix ? Math.Min(distance, 2) : distance;
    }

    private static string Bare(string signature)
    {
        var end = signature.IndexOf('(', StringComparison.Ordinal);
        return (end < 0 ? signature : signature[..end]).ToLowerInvariant();
    }
}
