namespace Quarterdeck.Chains.Evm.Abi;

/// <summary>The functions, events and errors of a contract, and its creation code where the artifact has it.</summary>
public sealed class ContractAbi
{
    private readonly Dictionary<uint, AbiFunction> _bySelector = [];
    private readonly ILookup<string, AbiFunction> _byName;
    private readonly RevertDecoder _reverts;

    /// <summary>From its parts.</summary>
    public ContractAbi(
        IReadOnlyList<AbiFunction> functions, IReadOnlyList<AbiEvent> events, IReadOnlyList<AbiError> errors,
        IReadOnlyList<AbiParameter>? constructor = null, byte[]? bytecode = null, string? contractName = null)
    {
        (Functions, Events, Errors, Constructor) = (functions, events, errors, constructor ?? []);
        (Bytecode, ContractName) = (bytecode, contractName);
        foreach (var function in functions) _bySelector.TryAdd(function.Selector, function);
        _byName = functions.ToLookup(f => f.Name);
        _reverts = new RevertDecoder([this]);
    }

    /// <summary>In the order of the source.</summary>
    public IReadOnlyList<AbiFunction> Functions { get; }

    /// <summary>In the order of the source.</summary>
    public IReadOnlyList<AbiEvent> Events { get; }

    /// <summary>In the order of the source.</summary>
    public IReadOnlyList<AbiError> Errors { get; }

    /// <summary>Parameters of the constructor.</summary>
    public IReadOnlyList<AbiParameter> Constructor { get; }

    /// <summary>Creation code, linked; null where the artifact has none.</summary>
    public byte[]? Bytecode { get; }

    /// <summary>The contract's name as the artifact states it; null for a bare ABI.</summary>
    public string? ContractName { get; }

    /// <summary>Reads a bare ABI array, a Foundry artifact or a Hardhat artifact.</summary>
    /// <exception cref="AbiException">Not JSON, or not an ABI; the message names the entry.</exception>
    public static ContractAbi FromJson(string json) => ContractAbiJson.Read(json);

    /// <summary>Reads human-readable signatures, each starting with function, event, error or constructor.</summary>
    /// <exception cref="AbiException">Not a signature.</exception>
    public static ContractAbi FromSignatures(params IReadOnlyList<string> signatures)
    {
        List<AbiFunction> functions = [];
        List<AbiEvent> events = [];
        List<AbiError> errors = [];
        IReadOnlyList<AbiParameter>? constructor = null;
        foreach (var signature in signatures)
        {
            switch (signature.TrimStart().Split([' ', '('], 2)[0])
            {
                case "event": events.Add(AbiEvent.Parse(signature)); break;
                case "error": errors.Add(AbiError.Parse(signature)); break;
                case "constructor": constructor = AbiCodec.ParseTypes(signature); break;
                default: functions.Add(AbiFunction.Parse(signature)); break;
            }
        }

        return new ContractAbi(functions, events, errors, constructor);
    }

    /// <summary>All functions with this name; several where it is overloaded.</summary>
    public IEnumerable<AbiFunction> FunctionsNamed(string name) => _byName[name];

    /// <summary>The function with this selector; null where there is none.</summary>
    public AbiFunction? FindFunction(uint selector) => _bySelector.GetValueOrDefault(selector);

    /// <summary>The function with this canonical signature, or with this name where only one has it; null where there is none.</summary>
    public AbiFunction? FindFunction(string nameOrSignature)
    {
        if (!nameOrSignature.Contains('(', StringComparison.Ordinal))
            return _byName[nameOrSignature].Take(2).ToArray() is [var only] ? only : null;
        var signature = AbiFunction.Parse(nameOrSignature);
        return _byName[signature.Name].FirstOrDefault(f => f.Signature == signature.Signature);
    }

    /// <summary>The event with this name or canonical signature; null where there is none.</summary>
    public AbiEvent? FindEvent(string nameOrSignature) =>
        Events.FirstOrDefault(e => e.Signature == nameOrSignature) ?? Events.FirstOrDefault(e => e.Name == nameOrSignature);

    /// <summary>Why a call reverted, by this contract's errors.</summary>
    public RevertReason DecodeRevert(ReadOnlySpan<byte> data) => _reverts.Decode(data);

    /// <summary>Function signatures that a mistyped one may have meant, the nearest first.</summary>
    public IReadOnlyList<string> Nearest(string nameOrSignature, int count = 3) =>
        NearestNames.Of(nameOrSignature, Functions.Select(f => f.Signature), count);

    /// <summary>Creation code followed by the constructor's encoded arguments: the data of a deployment.</summary>
    /// <exception cref="InvalidOperationException">The artifact has no creation code.</exception>
    /// <exception cref="AbiException">An argument does not fit.</exception>
    public byte[] EncodeDeployment(params IReadOnlyList<object?> arguments)
    {
        if (Bytecode is null)
            throw new InvalidOperationException("The ABI has no creation code: use a Foundry or Hardhat artifact with bytecode, libraries linked.");
        return [.. Bytecode, .. AbiCodec.Encode(Constructor, arguments)];
    }
}
