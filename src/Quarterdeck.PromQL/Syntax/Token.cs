namespace Quarterdeck.PromQL;

internal enum TokenKind
{
    End,
    Identifier,
    Number,
    Duration,
    String,
    LeftParen,
    RightParen,
    LeftBrace,
    RightBrace,
    LeftBracket,
    RightBracket,
    Comma,
    Colon,
    At,
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Pow,
    Equal,
    NotEqual,
    EqualRegex,
    NotRegex,
    EqualEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    TrimUpper,
    TrimLower,
}

internal readonly record struct Token(TokenKind Kind, int Start, int End, string Text)
{
    public bool Is(string keyword) =>
        Kind == TokenKind.Identifier && string.Equals(Text, keyword, StringComparison.OrdinalIgnoreCase);

    public string Describe() => Kind switch
    {
        TokenKind.End => "end of input",
        TokenKind.Identifier => $"identifier {GoStrings.Quote(Text)}",
        TokenKind.Number => $"number {GoStrings.Quote(Text)}",
        TokenKind.Duration => $"duration {GoStrings.Quote(Text)}",
        TokenKind.String => $"string {Text}",
        _ => GoStrings.Quote(Text),
    };
}
