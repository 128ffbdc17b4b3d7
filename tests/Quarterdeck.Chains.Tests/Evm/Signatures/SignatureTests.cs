using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Chains.Evm.Signatures;
using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Tests.Evm.Signatures;

public sealed class SignatureTests
{
    private static readonly Address Dev = Address.Parse("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");

    private const string Mail = """
        {"types":{"EIP712Domain":[{"name":"name","type":"string"},{"name":"version","type":"string"},{"name":"chainId","type":"uint256"},{"name":"verifyingContract","type":"address"}],
         "Person":[{"name":"name","type":"string"},{"name":"wallet","type":"address"}],
         "Mail":[{"name":"from","type":"Person"},{"name":"to","type":"Person"},{"name":"contents","type":"string"}]},
         "primaryType":"Mail","domain":{"name":"Ether Mail","version":"1","chainId":1,"verifyingContract":"0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC"},
         "message":{"from":{"name":"Cow","wallet":"0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"},"to":{"name":"Bob","wallet":"0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB"},"contents":"Hello, Bob!"}}
        """;

    // The example of EIP-712, all its intermediate values and its signature.
    [Fact]
    public void The_Mail_example_of_EIP_712_is_reproduced()
    {
        var data = Eip712.FromJson(Mail);
        Assert.Equal("Mail(Person from,Person to,string contents)Person(string name,address wallet)", data.EncodeType("Mail"));
        Assert.Equal("0xf2cee375fa42b42143804025fc449deafd50cc031ca257e0b194a650a912090f", data.DomainHash().ToString());
        Assert.Equal("0xc52c0ee5d84264471806290a3f2c4cecfc5490626bf912d01f240d7a274b371e", data.MessageHash().ToString());
        Assert.Equal("0xbe609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2", data.Hash().ToString());
        var signature = EcdsaSignature.Parse("0x4355c47d63924e8a72e509b65029052eb6c299d53a04e167c5775fd466751c9d07299936d304c153f6443dfa05f40ff007d72911b6f72307f996231605b915621c");
        Assert.Equal("0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826", signature.Recover(data.Hash()).ToString());
    }

    // Made with cast wallet sign --data: arrays of structs, nested arrays, negative numbers, numbers as text.
    private const string Plan = """
        {"types":{"EIP712Domain":[{"name":"name","type":"string"},{"name":"version","type":"string"},{"name":"chainId","type":"uint256"}],"Call":[{"name":"target","type":"address"},{"name":"targetName","type":"string"},{"name":"function","type":"string"},{"name":"data","type":"bytes"},{"name":"value","type":"uint256"}],"PlanApproval":[{"name":"plan","type":"bytes32"},{"name":"environment","type":"string"},{"name":"runbook","type":"string"},{"name":"calls","type":"Call[]"},{"name":"limits","type":"int64[2][]"},{"name":"expiresAt","type":"uint256"}]},"primaryType":"PlanApproval","domain":{"name":"Quarterdeck","version":"1","chainId":31337},"message":{"plan":"0x00000000000000000000000000000000000000000000000000000000000000ff","environment":"devnet","runbook":"emergency-pause","calls":[{"target":"0x5FbDB2315678afecb367f032d93F642f64180aa3","targetName":"BorrowModule","function":"pause()","data":"0x8456cb59","value":0},{"target":"0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826","targetName":"é","function":"f","data":"0x","value":"1000000000000000000000"}],"limits":[[1,-2],["3","-4"]],"expiresAt":"1800000000"}}
        """;

    private const string PlanSignature = "0xea37409d35e06583f40c55fbcbdde45e8d7087aabaf940473454b790acd3c1a33ad751727991a0c937af16a17e76f6026907b0dd153f550954419eee2036fbda1c";

    [Fact]
    public void Typed_data_with_nested_arrays_hashes_as_cast_hashes_it() =>
        Assert.Equal(Dev, EcdsaSignature.Parse(PlanSignature).Recover(Eip712.FromJson(Plan).Hash()));

    [Fact]
    public void Typed_data_from_code_equals_the_same_from_JSON()
    {
        var call = new TypedMember[] { new("target", "address"), new("targetName", "string"), new("function", "string"), new("data", "bytes"), new("value", "uint256") };
        var plan = new TypedMember[] { new("plan", "bytes32"), new("environment", "string"), new("runbook", "string"), new("calls", "Call[]"), new("limits", "int64[2][]"), new("expiresAt", "uint256") };
        Dictionary<string, object?> Call(string target, string name, string function, string data, BigInteger value) => new()
        {
            ["target"] = Address.Parse(target),
            ["targetName"] = name,
            ["function"] = function,
            ["data"] = Convert.FromHexString(data),
            ["value"] = value,
        };
        var data = new Eip712(
            new Dictionary<string, IReadOnlyList<TypedMember>> { ["Call"] = call, ["PlanApproval"] = plan }, "PlanApproval",
            new Dictionary<string, object?> { ["name"] = "Quarterdeck", ["version"] = "1", ["chainId"] = 31337 },
            new Dictionary<string, object?>
            {
                ["plan"] = Hash32.Parse("00000000000000000000000000000000000000000000000000000000000000ff"),
                ["environment"] = "devnet",
                ["runbook"] = "emergency-pause",
                ["calls"] = new object?[]
                {
                    Call("0x5FbDB2315678afecb367f032d93F642f64180aa3", "BorrowModule", "pause()", "8456cb59", 0),
                    Call("0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826", "é", "f", "", BigInteger.Pow(10, 21)),
                },
                ["limits"] = new object?[] { new object?[] { 1, -2 }, new object?[] { 3, -4 } },
                ["expiresAt"] = 1800000000,
            });
        Assert.Equal(Eip712.FromJson(Plan).Hash(), data.Hash());
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"types":{"A":[{"name":"x","type":"uint8"}]},"primaryType":"B","domain":{},"message":{}}""")]
    [InlineData("""{"types":{"A":[{"name":"x","type":"uint8"}]},"primaryType":"A","domain":{},"message":{"x":256}}""")]
    [InlineData("""{"types":{"A":[{"name":"x","type":"B"}]},"primaryType":"A","domain":{},"message":{"x":{}}}""")]
    [InlineData("""{"types":{"A":[{"name":"x","type":"uint8"}]},"primaryType":"A","domain":{},"message":{}}""")]
    public void Typed_data_that_is_wrong_is_refused(string json) => Assert.Throws<AbiException>(() => Eip712.FromJson(json).Hash());

    [Fact]
    public void Text_is_hashed_and_recovered_as_wallets_sign_it()
    {
        Assert.Equal("0xd9eba16ed0ecae432b71fe008c98cc872bb4cc214d3220a36f365326cf807d68", Eip191.Hash("hello world").ToString());
        var signature = EcdsaSignature.Parse("0xa461f509887bd19e312c0c58467ce8ff8e300d3c1a90b608a760c5b80318eaf15fe57c96f9175d6cd4daad4663763baa7e78836e067d0163e9a2ccf2ff753f5b1b");
        Assert.Equal(Dev, Eip191.Recover("hello world", signature));
        Assert.True(signature.IsBy(Dev, Eip191.Hash("hello world")));
        Assert.False(signature.IsBy(Dev, Eip191.Hash("hello World")));
        var mirror = new EcdsaSignature(signature.R, Secp256k1.Order - signature.S, 1 - signature.YParity);
        Assert.True(mirror.TryRecover(Eip191.Hash("hello world"), out var same) && same == Dev);
        Assert.False(mirror.IsBy(Dev, Eip191.Hash("hello world")));
    }

    [Fact]
    public void A_compact_signature_of_EIP_2098_is_the_same()
    {
        // The second test case of EIP-2098, whose parity bit is set.
        var signature = EcdsaSignature.Parse("0x9328da16089fcba9bececa81663203989f2df5fe1faa6291a45381c81bd17f76939c6d6b623b42da56557e5e734a43dc83345ddfadec52cbe24d0cc64f550793");
        Assert.Equal(1, signature.YParity);
        Assert.Equal("0x9328da16089fcba9bececa81663203989f2df5fe1faa6291a45381c81bd17f76139c6d6b623b42da56557e5e734a43dc83345ddfadec52cbe24d0cc64f5507931c", signature.ToString());
    }

    [Theory]
    [InlineData("0x")]
    [InlineData("0x00")]
    [InlineData("0x0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001b")]
    public void What_is_no_signature_is_refused(string hex) => Assert.Throws<FormatException>(() => EcdsaSignature.Parse(hex));

    // Random r and s are on the curve in half the cases; both implementations must agree on which, and on the key.
    [Fact]
    public void The_managed_curve_equals_libsecp256k1()
    {
        Assert.SkipUnless(Secp256k1.IsNative, "libsecp256k1 is not installed");
        var bytes = Gen.ArrayOf(ArbMap.Default.GeneratorFor<byte>(), 32).ToArbitrary();
        Prop.ForAll(bytes, bytes, bytes, (r, s, hash) =>
        {
            var signature = new EcdsaSignature(new BigInteger(r, true), new BigInteger(s, true), hash[0] & 1);
            if (!signature.IsWellFormed) return;
            var (native, managed) = (new byte[64], new byte[64]);
            Assert.Equal(
                Secp256k1Native.TryRecover(new Hash32(hash), signature, native), Secp256k1Managed.TryRecover(new Hash32(hash), signature, managed));
            Assert.Equal(native, managed);
            if (native.AsSpan().ContainsAnyExcept((byte)0)) Assert.True(Secp256k1.Verify(new Hash32(hash), signature, native));
        }).QuickCheckThrowOnFailure();
    }
}
