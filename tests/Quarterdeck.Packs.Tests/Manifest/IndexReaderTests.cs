using Quarterdeck.Packs.Manifest;

namespace Quarterdeck.Packs.Tests.Manifest;

public sealed class IndexReaderTests
{
    [Fact]
    public void Constants_conditions_starts_and_announced_contracts_are_read()
    {
        using var pack = new TemporaryPack();
        var tables = pack.Write("index.yaml", """
            factories:
              Child: { abi: abis/Token.json, event: Token.Transfer, address: to }
            tables:
              plain: { event: Token.Transfer, columns: { sender: from } }
              moves:
                event: Child.Transfer
                start: 120
                where: { from: [$TOKEN, "0x00000000000000000000000000000000000000aa"], value: ">= 1000", to: "!= 0x0000000000000000000000000000000000000000" }
                columns: { child: $address, source: { constant: main }, weight: { constant: 1.5, type: numeric }, value: { from: value, decimals: 18 } }
            """).LoadedPack().Index;
        Assert.Null(tables[0].Factory);
        Assert.Empty(tables[0].Where);
        var moves = tables[1];
        Assert.Equal(("Child", "Token", "Transfer", "to"), (moves.Factory!.Name, moves.Factory.Contract, moves.Factory.Event, moves.Factory.AddressField));
        Assert.Equal(120UL, moves.Start);
        Assert.Equal([EventComparison.OneOf, EventComparison.AtLeast, EventComparison.NoneOf], moves.Where.Select(w => w.Comparison));
        Assert.Equal(["1000"], moves.Where[1].Values);
        Assert.Equal([EventColumn.Emitter, "", "", "value"], moves.Columns.Select(c => c.From));
        Assert.Equal(new EventConstant("1.5", ConstantType.Numeric), moves.Columns[2].Constant);
    }

    [Theory]
    [InlineData("factories: { Child: { abi: abis/Token.json, event: Token.Transfer, address: value } }", "QD1006", "not an address")]
    [InlineData("factories: { Child: { abi: abis/Token.json, event: Token.Transfer, address: too } }", "QD1010", "'to'")]
    [InlineData("factories: { Child: { abi: ../x.json, event: Token.Transfer, address: to } }", "QD1007", "out of the pack")]
    [InlineData("factories: { Token: { abi: abis/Token.json, event: Token.Transfer, address: to } }", "QD1016", "contract of the pack")]
    [InlineData("tables: { t: { event: Token.Transfer, where: { from: '> 5' } } }", "QD1006", "has no order")]
    [InlineData("tables: { t: { event: Token.Transfer, where: { value: many } } }", "QD1006", "'many' is not")]
    [InlineData("tables: { t: { event: Token.Transfer, where: { amount: 5 } } }", "QD1010", "value")]
    [InlineData("tables: { t: { event: Token.Transfer, columns: { a: { constant: x, type: numeric } } } }", "QD1006", "Numeric")]
    [InlineData("tables: { t: { event: Token.Transfer, columns: { a: { constant: x, type: word } } } }", "QD1006", "text, numeric, boolean")]
    [InlineData("tables: { t: { event: Other.Transfer } }", "QD1009", "Other")]
    public void What_cannot_be_is_a_finding_that_says_so(string index, string code, string text)
    {
        using var pack = new TemporaryPack();
        var finding = pack.Write("index.yaml", index).SingleError();
        Assert.Equal((code, "index.yaml"), (finding.Code, finding.File));
        Assert.Contains(text, finding.Message + finding.Remedy, StringComparison.Ordinal);
    }
}
