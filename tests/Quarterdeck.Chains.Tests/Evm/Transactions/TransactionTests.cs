using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Signatures;
using Quarterdeck.Chains.Evm.Transactions;
using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Tests.Evm.Transactions;

public sealed class TransactionTests
{
    private static readonly Address Contract = Address.Parse("0x5FbDB2315678afecb367f032d93F642f64180aa3");
    private static readonly Address Sender = Address.Parse("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
    private static readonly byte[] Pause = Convert.FromHexString("8456cb59");
    private static readonly BigInteger Gwei = 1_000_000_000;

    private static readonly AccessListEntry[] AccessList =
    [
        new(Contract, [Hash32.Parse("0000000000000000000000000000000000000000000000000000000000000001"), Hash32.Parse("00000000000000000000000000000000000000000000000000000000000000ff")]),
    ];

    // The worked example of EIP-155.
    [Fact]
    public void The_example_of_EIP_155_is_reproduced()
    {
        var transaction = new LegacyTransaction
        {
            Chain = 1,
            Nonce = 9,
            GasPrice = 20 * Gwei,
            GasLimit = 21000,
            To = Address.Parse("0x3535353535353535353535353535353535353535"),
            Value = BigInteger.Pow(10, 18),
        };
        Assert.Equal("0xdaf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53", transaction.SigningHash().ToString());
        var signed = transaction.Sign(EcdsaSignature.Parse(
            "0x28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa63627667cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d831b"));
        Assert.Equal(
            "0xf86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83",
            Hex.Data(signed.Raw));
        Assert.Equal("0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F", signed.Sender().ToString());
        Assert.Equal("0x33469b22e9f636356c4160a87eb19df52b7412e8eac32a4a55ffe88ea8350788", signed.Hash.ToString());
    }

    public static TheoryData<string, UnsignedTransaction> MadeByCast { get; } = new()
    {
        {
            "02f8ce827a690784773594008506fc23ac00830186a0945fbdb2315678afecb367f032d93f642f64180aa380848456cb59f85bf859945fbdb2315678afecb367f032d93f642f64180aa3f842a00000000000000000000000000000000000000000000000000000000000000001a000000000000000000000000000000000000000000000000000000000000000ff01a013c9b53de1fc9dd959d488d95be8f27089ddb1840abb1a36b749808ad9c506dfa018a0a8eb0c3b3fcce86e64f19a8fa566919e367715ab84ef4566bd11021ed311",
            new Transaction1559 { Chain = 31337, Nonce = 7, MaxPriorityFeePerGas = 2 * Gwei, MaxFeePerGas = 30 * Gwei, GasLimit = 100000, To = Contract, Data = Pause, AccessList = AccessList }
        },
        {
            "01f8c9827a69078506fc23ac00830186a0945fbdb2315678afecb367f032d93f642f64180aa380848456cb59f85bf859945fbdb2315678afecb367f032d93f642f64180aa3f842a00000000000000000000000000000000000000000000000000000000000000001a000000000000000000000000000000000000000000000000000000000000000ff01a0350cb6997726161f023868188d740c737357045126cb81cdd1fe8015e03d65baa04f72fc9c463bcbcd013c389f02bf58b0911b4d93949f8d87eba2a10ee5a4ba3d",
            new Transaction2930 { Chain = 31337, Nonce = 7, GasPrice = 30 * Gwei, GasLimit = 100000, To = Contract, Data = Pause, AccessList = AccessList }
        },
        {
            "f86b078506fc23ac00830186a0945fbdb2315678afecb367f032d93f642f64180aa380848456cb5982f4f6a00140802dd5865fa0b392a82f47c0c7a667b21db9ec787d2b987fd36d87713334a01f0b6ac1a92c6ac3d35128c9b618aec0d8e3d10fcd1f8ffe6f57297062cbc36d",
            new LegacyTransaction { Chain = 31337, Nonce = 7, GasPrice = 30 * Gwei, GasLimit = 100000, To = Contract, Data = Pause }
        },
        {
            "02f85b827a6907018506fc23ac00830186a08080856001600155c080a0713b7dbfa7990a5ea20d13850126accd4184c9ce05a71f5ea1dea183f87c20f9a004e32fe71ce69b3daea217c06f2b58f7ab4a0906d81f3d1ae60d3bdeccd8e690",
            new Transaction1559 { Chain = 31337, Nonce = 7, MaxPriorityFeePerGas = 1, MaxFeePerGas = 30 * Gwei, GasLimit = 100000, Data = Convert.FromHexString("6001600155") }
        },
    };

    [Theory]
    [MemberData(nameof(MadeByCast))]
    public void Every_type_is_encoded_and_decoded_as_cast_does(string raw, UnsignedTransaction expected)
    {
        var signed = SignedTransaction.Decode(Convert.FromHexString(raw));
        Assert.Equal(Sender, signed.Sender());
        Assert.Equal(expected.SigningHash(), signed.Transaction.SigningHash());
        Assert.Equal(raw, Convert.ToHexStringLower(expected.Encode(signed.Signature)));
        Assert.Equal(signed.Hash, Keccak256.Hash(signed.Raw));
    }

    [Fact]
    public void A_high_s_is_refused_on_encoding_and_on_decoding()
    {
        var signed = SignedTransaction.Decode(Convert.FromHexString(MadeByCast.First().Data.Item1));
        var high = new EcdsaSignature(signed.Signature.R, Secp256k1.Order - signed.Signature.S, 1 - signed.Signature.YParity);
        Assert.Throws<FormatException>(() => signed.Transaction.Encode(high));
        Assert.Equal(signed.Signature, high.ToLowS());
    }

    // No mutation may be taken for the same transaction, and none may crash.
    [Fact]
    public void Mutated_bytes_give_another_transaction_or_a_typed_error() => Prop.ForAll(
        Gen.Choose(0, 3).ToArbitrary(), Gen.Choose(0, 10_000).ToArbitrary(), Gen.Choose(1, 255).ToArbitrary(), (which, place, change) =>
    {
        var raw = Convert.FromHexString(MadeByCast.ElementAt(which).Data.Item1);
        raw[place % raw.Length] ^= (byte)change;
        try
        {
            var decoded = SignedTransaction.Decode(raw);
            Assert.Equal(raw, decoded.Raw);
        }
        catch (FormatException)
        {
        }
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));

    // Made by cast 1.7.1 with anvil's first key: mktx --auth, and mktx --blob without the blob itself.
    private const string SetCode = "0x04f8c6827a6905010a82c35094f39fd6e51aad88f6f4ce6ab8827279cfffb9226680821234c0f85ef85c827a699470997970c51812dc3a010c7d01b50e0d17dc79c80601a02a3201c61d81254090506423db319d9a711d1aa910730ac58d005718494d5695a025ad9dc8bbf31002d596ad1b6d9b0d6b5561d6dd5315d50222a4bd144a6df5a280a0de04f1f31f9803711bc5b0d5e54fc729fa94279757b77aceb764467d8224d82ea005bf4219376d3278ce767ac023fab5dfcef60de511d8359d3bb913fe6db8005c";
    private const string Blob = "0x03f889827a6905010a82c35094f39fd6e51aad88f6f4ce6ab8827279cfffb9226680821234c007e1a00157fc7d2aa1f90839fd1869c85bbc03fe56a9229c0461ab52051553b950c80c01a02c93c975d85b1d9348f19066fbf069eecf197ea1204cad89d97126d0fbaca353a018c735674fba0717e4243a004002bd66c9be4e367183f982abe345ca0ca2dc3c";
    private const string First = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";

    /// <summary>One of each type and form, as hex.</summary>
    internal static IEnumerable<string> Raws => [.. MadeByCast.Select(made => "0x" + made.Data.Item1), SetCode, Blob];

    [Fact]
    public void A_transaction_that_sets_code_is_read_with_the_accounts_that_gave_their_word()
    {
        var signed = SignedTransaction.Decode(Hex.ParseData(SetCode));
        var transaction = Assert.IsType<Transaction7702>(signed.Transaction);
        Assert.Equal(First, signed.Sender().ToString());
        var authorization = Assert.Single(transaction.Authorizations);
        Assert.Equal("0x70997970C51812dc3A010C7d01b50e0d17dc79C8", authorization.Delegate.ToString());
        Assert.Equal(First, authorization.Authority()?.ToString());
        Assert.Equal(6UL, authorization.Nonce);
        Assert.Equal(SetCode, Hex.Data(transaction.Encode(signed.Signature)));
    }

    [Fact]
    public void A_transaction_with_blobs_is_read_as_blocks_hold_it_and_refused_with_the_blobs_themselves()
    {
        var signed = SignedTransaction.Decode(Hex.ParseData(Blob));
        var transaction = Assert.IsType<Transaction4844>(signed.Transaction);
        Assert.Equal(First, signed.Sender().ToString());
        Assert.Equal("0x229410fbc3222a6c6925d9963731c9c97e3c6744cf7cc431ac96d8bad8fea396", signed.Hash.ToString());
        Assert.Equal(7, transaction.MaxFeePerBlobGas);
        Assert.Equal("0x0157fc7d2aa1f90839fd1869c85bbc03fe56a9229c0461ab52051553b950c80c", Assert.Single(transaction.BlobVersionedHashes).ToString());
        Assert.Equal(Blob, Hex.Data(transaction.Encode(signed.Signature)));
        byte[] passedOn = [3, 0xf8, 0x8b, .. Hex.ParseData(Blob).AsSpan(1)];
        Assert.ThrowsAny<FormatException>(() => SignedTransaction.Decode(passedOn));
        Assert.ThrowsAny<FormatException>(() => SignedTransaction.Decode([5, 0xc0]));
    }
}
