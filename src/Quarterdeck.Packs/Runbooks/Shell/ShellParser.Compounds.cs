namespace Quarterdeck.Packs.Runbooks.Shell;

public sealed partial class ShellParser
{
    /// <summary>A compound where one begins here; null for a simple statement.</summary>
    private ShellCompound? Compound()
    {
        var word = PeekWord();
        if (Peek() == '(' && Peek(1) != '(') return Bracketed();
        return word switch
        {
            "for" => For(),
            "while" => Loop(ShellCompoundKind.While, word),
            "until" => Loop(ShellCompoundKind.Until, word),
            "if" => If(),
            "{" => Braces(),
            "case" => Case(),
            "function" => Function(),
            _ => word.Length > 0 && Peek(word.Length) == '(' && Peek(word.Length + 1) == ')' && IsFunctionHead(word) ? Function() : null,
        };
    }

    private bool IsFunctionHead(string word)
    {
        var at = _at + word.Length + 2;
        while (at < _end && _text[at] is ' ' or '\t' or '\n') at++;
        return at < _end && _text[at] == '{';
    }

    private List<ShellStatement> Inner()
    {
        if (++_depth > MaxDepth) throw new ShellSyntaxException();
        try
        {
            return Statements(null);
        }
        finally
        {
            _depth--;
        }
    }

    private void Expect(string word)
    {
        SkipSeparators();
        if (PeekWord() != word) throw new ShellSyntaxException();
        _at += word.Length;
    }

    private ShellCompound For()
    {
        _at += 3;
        SkipBlanks();
        if (Peek() == '(' && Peek(1) == '(')
        {
            // for (( i = 0; i < n; i++ )): how often is known only when it runs.
            Balanced('(', ')');
            Expect("do");
            var counted = Inner();
            Expect("done");
            return new ShellCompound(ShellCompoundKind.For, "", [], [], counted, []);
        }

        var name = PeekWord();
        if (name.Length == 0 || Peek() == '(') throw new ShellSyntaxException();
        _at += name.Length;
        SkipBlanks();
        var items = new List<ShellWord>();
        if (PeekWord() == "in")
        {
            _at += 2;
            SkipBlanks();
            while (!AtCommandEnd())
            {
                items.Add(Word());
                SkipBlanks();
            }
        }

        Expect("do");
        var body = Inner();
        Expect("done");
        return new ShellCompound(ShellCompoundKind.For, name, items, [], body, []);
    }

    private ShellCompound Loop(ShellCompoundKind kind, string word)
    {
        _at += word.Length;
        var condition = Inner();
        Expect("do");
        var body = Inner();
        Expect("done");
        return new ShellCompound(kind, "", [], condition, body, []);
    }

    private ShellCompound If()
    {
        _at += PeekWord().Length;
        var condition = Inner();
        Expect("then");
        var body = Inner();
        SkipSeparators();
        List<ShellStatement> otherwise = [];
        if (PeekWord() == "elif")
        {
            if (++_depth > MaxDepth) throw new ShellSyntaxException();
            var start = _at;
            var nested = If();
            _depth--;
            otherwise = [new ShellStatement(LineOf(start), Shown(start, _at), []) { Compound = nested }];
            return new ShellCompound(ShellCompoundKind.If, "", [], condition, body, otherwise);
        }

        if (PeekWord() == "else")
        {
            _at += 4;
            otherwise = Inner();
        }

        Expect("fi");
        return new ShellCompound(ShellCompoundKind.If, "", [], condition, body, otherwise);
    }

    private ShellCompound Braces()
    {
        _at++;
        var body = Inner();
        Expect("}");
        return new ShellCompound(ShellCompoundKind.Group, "", [], [], body, []);
    }

    private ShellCompound Bracketed()
    {
        _at++;
        var script = Nested();
        return new ShellCompound(ShellCompoundKind.Group, "", [], [], script.Statements, []);
    }

    private ShellCompound Function()
    {
        if (PeekWord() == "function")
        {
            _at += 8;
            SkipBlanks();
        }

        var name = PeekWord();
        _at += name.Length;
        SkipBlanks();
        if (Peek() == '(' && Peek(1) == ')') _at += 2;
        SkipBlanksAndLines();
        if (Peek() != '{') throw new ShellSyntaxException();
        return Braces() with { Kind = ShellCompoundKind.Function, Name = name };
    }

    private ShellCompound Case()
    {
        _at += 4;
        SkipBlanks();
        var subject = Word().Source;
        Expect("in");
        var arms = new List<(string, IReadOnlyList<ShellStatement>)>();
        while (true)
        {
            SkipSeparators();
            if (PeekWord() == "esac") break;
            if (Peek() == '(') _at++;
            var close = _at;
            while (close < _end && _text[close] is not (')' or '\n')) close++;
            if (close >= _end || _text[close] != ')') throw new ShellSyntaxException();
            Spend();
            var pattern = _text[_at..close].Trim();
            _at = close + 1;
            arms.Add((pattern, Inner()));
            SkipBlanksAndLines();
            if (PeekWord() != ";;") continue;
            _at += 2;
            if (Peek() == '&') _at++;
        }

        _at += 4;
        return new ShellCompound(ShellCompoundKind.Case, subject, [], [], [.. arms.SelectMany(a => a.Item2)], []) { Arms = arms };
    }

    /// <summary>What may follow a compound on its line: redirections, or a pipe; both belong to its text.</summary>
    private void SkipCompoundTail()
    {
        SkipBlanks();
        while (_at < _end && Peek() is '|' or '>' or '<' or '&' || Peek() == '2')
        {
            if (Peek() == '&' && Peek(1) != '&') break;
            if (Peek() == '|' || Peek() == '&')
            {
                _at += Peek(1) == Peek() ? 2 : 1;
                SkipBlanksAndLines();
                if (Compound() is null) Command();
            }
            else if (Redirect() is null) break;
            SkipBlanks();
        }
    }
}
