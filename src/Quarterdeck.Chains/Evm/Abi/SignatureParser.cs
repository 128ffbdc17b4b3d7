using System.Globalization;

namespace Quarterdeck.Chains.Evm.Abi;

/// <summary>
/// Reads human-readable signatures: <c>transfer(address,uint256)(bool)</c>, as cast takes them, and Solidity's own
/// <c>function transfer(address to, uint256 amount) external returns (bool)</c>.
/// </summary>
internal sealed class SignatureParser(string text)
{
    private static readonly string[] DataLocations = ["memory", "calldata", "storage", "payable"];
    private static readonly string[] Modifiers =
        ["external", "public", "internal", "private", "view", "pure", "payable", "nonpayable", "constant", "virtual", "override"];

    private int _at;
    private int _depth;

    public (string Name, IReadOnlyList<AbiParameter> Inputs, IReadOnlyList<AbiParameter> Outputs, string Mutability) ParseFunction()
    {
        Keyword("function");
        var name = Identifier("a function name");
        var inputs = Parameters(events: false);
        var mutability = "nonpayable";
        while (PeekWord() is { Length: > 0 } word && word != "returns")
        {
            if (!Modifiers.Contains(word)) throw Wrong($"'{word}' is not a function modifier");
            _at += word.Length;
            if (word is "view" or "pure" or "payable") mutability = word;
            if (word is "constant") mutability = "view";
        }

        Keyword("returns");
        IReadOnlyList<AbiParameter> outputs = Peek() == '(' ? Parameters(events: false) : [];
        ExpectEnd();
        return (name, inputs, outputs, mutability);
    }

    public (string Name, IReadOnlyList<AbiParameter> Inputs, bool Anonymous) ParseEvent()
    {
        Keyword("event");
        var name = Identifier("an event name");
        var inputs = Parameters(events: true);
        var anonymous = Keyword("anonymous");
        ExpectEnd();
        return (name, inputs, anonymous);
    }

    public (string Name, IReadOnlyList<AbiParameter> Inputs) ParseError()
    {
        Keyword("error");
        var name = Identifier("an error name");
        var inputs = Parameters(events: false);
        ExpectEnd();
        return (name, inputs);
    }

    /// <summary>Parameters in parentheses, for a constructor or plain values.</summary>
    public IReadOnlyList<AbiParameter> ParseParameters()
    {
        Keyword("constructor");
        var parameters = Parameters(events: false);
        while (PeekWord() is { Length: > 0 } word && Modifiers.Contains(word)) _at += word.Length;
        ExpectEnd();
        return parameters;
    }

    public AbiType ParseType()
    {
        AbiType type;
        Space();
        var start = _at;
        if (Peek() == '(')
        {
            type = AbiType.TupleOf(Parameters(events: false));
        }
        else
        {
            var word = Identifier("a type");
            if (word == "tuple" && Peek() == '(') type = AbiType.TupleOf(Parameters(events: false));
            else
                type = AbiType.Elementary(word) ?? throw new AbiException(
                    $"'{word}' in '{Hex.Shorten(text)}' is not an ABI type. Write the ABI's own type: address for a contract, "
                    + "uint8 for an enum, a tuple such as (address,uint256) for a struct.", start);
        }

        while (Peek() == '[')
        {
            _at++;
            Space();
            var digits = _at;
            while (_at < text.Length && char.IsAsciiDigit(text[_at])) _at++;
            var count = text.AsSpan(digits, _at - digits);
            Expect(']');
            if (count.IsEmpty) type = AbiType.ArrayOf(type);
            else if (int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var size))
                type = AbiType.FixedArrayOf(type, size);
            else throw new AbiException($"An array of {count} elements is larger than any contract can use.", digits);
        }

        return type;
    }

    public void ExpectEnd()
    {
        if (Peek() == ';') _at++;
        if (Peek() != '\0') throw Wrong("the signature should end here");
    }

    private List<AbiParameter> Parameters(bool events)
    {
        if (++_depth > AbiType.MaxDepth) throw Wrong($"parentheses nest deeper than {AbiType.MaxDepth}");
        Expect('(');
        var parameters = new List<AbiParameter>();
        if (Peek() != ')')
        {
            // As cast, a comma may stand after the last.
            do parameters.Add(Parameter(events));
            while (Taken(',') && Peek() != ')');
        }

        Expect(')');
        _depth--;
        return parameters;
    }

    private AbiParameter Parameter(bool events)
    {
        var type = ParseType();
        var indexed = false;
        while (PeekWord() is { Length: > 0 } word)
        {
            // Said of a function's parameter it means nothing, and a log's signature is often pasted as one.
            if (word == "indexed") indexed = events;
            else if (!DataLocations.Contains(word))
            {
                _at += word.Length;
                return new AbiParameter(type, word, indexed);
            }

            _at += word.Length;
        }

        return new AbiParameter(type, "", indexed);
    }

    private string Identifier(string what)
    {
        var word = PeekWord();
        if (word.Length == 0 || char.IsAsciiDigit(word[0])) throw Wrong($"{what} is expected");
        _at += word.Length;
        return word;
    }

    private bool Keyword(string keyword)
    {
        // A function may itself be called "event": a keyword is followed by another word or, for some, by a parenthesis.
        if (PeekWord() != keyword) return false;
        var before = _at;
        _at += keyword.Length;
        if (keyword is "function" or "event" or "error" && Peek() == '(')
        {
            _at = before;
            return false;
        }

        return true;
    }

    private string PeekWord()
    {
        Space();
        var end = _at;
        while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] is '_' or '$')) end++;
        return text[_at..end];
    }

    private char Peek()
    {
        Space();
        return _at < text.Length ? text[_at] : '\0';
    }

    private bool Taken(char c)
    {
        if (Peek() != c) return false;
        _at++;
        return true;
    }

    private void Expect(char c)
    {
        if (!Taken(c)) throw Wrong($"'{c}' is expected");
    }

    private void Space()
    {
        while (_at < text.Length && char.IsWhiteSpace(text[_at])) _at++;
    }

    private AbiException Wrong(string what) =>
        new($"'{Hex.Shorten(text)}' cannot be read: {what} at character {_at + 1}. Write it like transfer(address,uint256)(bool).", _at);
}
