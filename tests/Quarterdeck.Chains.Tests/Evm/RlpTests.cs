using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Quarterdeck.Chains.Evm;

namespace Quarterdeck.Chains.Tests.Evm;

public sealed class RlpTests
{
    // Examples of the RLP specification on ethereum.org.
    [Fact]
    public void Encodings_equal_the_published_ones()
    {
        Assert.Equal("0x83646f67", Written(w => w.Write("dog"u8)));
        Assert.Equal("0x80", Written(w => w.Write(""u8)));
        Assert.Equal("0x80", Written(w => w.Write(0)));
        Assert.Equal("0x00", Written(w => w.Write([0])));
        Assert.Equal("0x0f", Written(w => w.Write(15)));
        Assert.Equal("0x820400", Written(w => w.Write(1024)));
        Assert.Equal("0xc0", Written(w => w.EndList(w.BeginList())));
        Assert.Equal("0xc88363617483646f67", Written(w =>
        {
            var list = w.BeginList();
            w.Write("cat"u8);
            w.Write("dog"u8);
            w.EndList(list);
        }));
        Assert.Equal("0xc7c0c1c0c3c0c1c0", Written(w =>
        {
            var all = w.BeginList();
            w.EndList(w.BeginList());
            var one = w.BeginList();
            w.EndList(w.BeginList());
            w.EndList(one);
            var two = w.BeginList();
            w.EndList(w.BeginList());
            one = w.BeginList();
            w.EndList(w.BeginList());
            w.EndList(one);
            w.EndList(two);
            w.EndList(all);
        }));
        const string Lorem = "Lorem ipsum dolor sit amet, consectetur adipisicing elit";
        Assert.Equal("0xb838" + Convert.ToHexStringLower(Encoding.ASCII.GetBytes(Lorem)), Written(w => w.Write(Encoding.ASCII.GetBytes(Lorem))));
    }

    [Fact]
    public void What_is_written_is_read_again() => Prop.ForAll(ArbMap.Default.ArbFor<byte[][]>(), ArbMap.Default.ArbFor<ulong>(), (items, number) =>
    {
        var writer = new RlpWriter();
        var list = writer.BeginList();
        writer.Write(number);
        foreach (var item in items) writer.Write(item ?? []);
        writer.EndList(list);
        var reader = new RlpReader(writer.ToArray());
        var content = reader.ReadList();
        reader.ExpectEnd();
        Assert.Equal(number, content.ReadUInt64());
        foreach (var item in items) Assert.Equal(item ?? [], content.ReadBytes().ToArray());
        content.ExpectEnd();
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Long_items_and_lists_have_their_length_in_the_header()
    {
        foreach (var length in new[] { 55, 56, 255, 256, 65535, 65536, 1 << 20 })
        {
            var bytes = new byte[length];
            var reader = new RlpReader(Convert.FromHexString(Written(w => w.Write(bytes))[2..]));
            Assert.Equal(length, reader.ReadBytes().Length);
            Assert.True(reader.AtEnd);
        }
    }

    [Theory]
    [InlineData("", "ends")]
    [InlineData("83646f", "left")]
    [InlineData("8100", "stand for itself")]
    [InlineData("b801ff", "prefix")]
    [InlineData("b90037", "leading zeros")]
    [InlineData("bfffffffffffffffff", "more than any input")]
    [InlineData("bb7fffffff", "left")]
    [InlineData("ff7fffffffffffffff", "more than any input")]
    [InlineData("b9ff", "within a length")]
    public void Malformed_bytes_are_refused_without_allocating_what_they_claim(string hex, string reason)
    {
        var bytes = Convert.FromHexString(hex);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<RlpException>(() => new RlpReader(bytes).Skip());
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_bytes_give_a_value_or_a_typed_error_and_nothing_else() => Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes =>
    {
        try
        {
            Walk(new RlpReader(bytes), 0);
        }
        catch (RlpException)
        {
        }
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));

    private static void Walk(RlpReader reader, int depth)
    {
        while (!reader.AtEnd)
        {
            if (reader.NextIsList && depth < 50) Walk(reader.ReadList(), depth + 1);
            else reader.Skip();
        }
    }

    private static string Written(Action<RlpWriter> write)
    {
        var writer = new RlpWriter();
        write(writer);
        return Hex.Data(writer.ToArray());
    }
}
