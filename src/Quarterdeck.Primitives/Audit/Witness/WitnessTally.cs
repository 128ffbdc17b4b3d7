namespace Quarterdeck.Primitives.Audit;

/// <summary>What of a log its witnesses have cosigned, as checkpoints go by.</summary>
internal sealed class WitnessTally(IReadOnlyList<NoteVerifierKey> witnesses)
{
    private readonly Dictionary<string, long> _sizes = [];

    /// <summary>Name of each witness, and the largest size that it cosigned.</summary>
    public IReadOnlyDictionary<string, long> Sizes => _sizes;

    /// <summary>Takes a checkpoint whose own signature is good; says what is false among the witnesses' lines.</summary>
    public IEnumerable<string> Take(SignedNote note, Checkpoint checkpoint)
    {
        foreach (var witness in witnesses)
        {
            switch (note.SignatureOf(witness))
            {
                case NoteSignature.Good:
                    _sizes[witness.Name] = Math.Max(_sizes.GetValueOrDefault(witness.Name), checkpoint.Size);
                    break;
                case NoteSignature.Wrong:
                    yield return $"the checkpoint of size {checkpoint.Size} bears a false cosignature of {witness.Name}+{witness.Id:x8}";
                    break;
            }
        }
    }

    /// <summary>Says which witness cosigned nothing.</summary>
    public IEnumerable<string> Absent() => witnesses.Where(w => !_sizes.ContainsKey(w.Name))
        .Select(w => $"no checkpoint is cosigned by the witness {w.Name}+{w.Id:x8}");
}
