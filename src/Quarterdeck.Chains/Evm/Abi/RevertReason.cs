using System.Buffers.Binary;
using System.Numerics;

namespace Quarterdeck.Chains.Evm.Abi;

/// <summary>What kind of revert it was.</summary>
public enum RevertKind
{
    /// <summary>No data: <c>revert()</c>, a call to a function that does not exist, or gas spent.</summary>
    Empty,

    /// <summary><c>require(…, "text")</c> or <c>revert("text")</c>.</summary>
    Message,

    /// <summary>A check that the compiler put in: overflow, index, assert.</summary>
    Panic,

    /// <summary>A custom error of a known ABI.</summary>
    Custom,

    /// <summary>A custom error that no given ABI has.</summary>
    Unknown,
}

/// <summary>Why a call reverted, in words.</summary>
/// <param name="Kind">What kind.</param>
/// <param name="Text">For people: <c>EnforcedPause()</c>, <c>panic 0x11: arithmetic overflow or underflow</c>, the message.</param>
/// <param name="Data">The revert data as it came.</param>
public sealed record RevertReason(RevertKind Kind, string Text, byte[] Data)
{
    /// <summary>The custom error; null for other kinds.</summary>
    public AbiError? Error { get; init; }

    /// <summary>Its arguments; none for other kinds.</summary>
    public IReadOnlyList<object?> Arguments { get; init; } = [];

    /// <summary>The code of a panic; 0 for other kinds. Source: Solidity documentation, "Panic via assert and Error via require".</summary>
    public BigInteger PanicCode { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Text;
}

/// <summary>Explains revert data by the errors of several contracts, and by those that Solidity itself and OpenZeppelin raise.</summary>
public sealed class RevertDecoder
{
    private static readonly AbiError Message = AbiError.Parse("Error(string)");
    private static readonly AbiError Panic = AbiError.Parse("Panic(uint256)");

    // Errors of contracts that nearly every protocol inherits, so that a revert is explained even without their ABI.
    private static readonly AbiError[] Common =
    [
        .. new[]
        {
            "EnforcedPause()", "ExpectedPause()", "AccessControlUnauthorizedAccount(address account,bytes32 neededRole)",
            "AccessControlBadConfirmation()", "OwnableUnauthorizedAccount(address account)", "OwnableInvalidOwner(address owner)",
            "ERC20InsufficientBalance(address sender,uint256 balance,uint256 needed)",
            "ERC20InsufficientAllowance(address spender,uint256 allowance,uint256 needed)",
            "ERC20InvalidSender(address sender)", "ERC20InvalidReceiver(address receiver)",
            "ERC20InvalidApprover(address approver)", "ERC20InvalidSpender(address spender)",
            "SafeERC20FailedOperation(address token)", "ReentrancyGuardReentrantCall()", "AddressEmptyCode(address target)",
            "FailedCall()", "FailedInnerCall()", "InsufficientBalance(uint256 balance,uint256 needed)", "InvalidInitialization()",
            "NotInitializing()", "ECDSAInvalidSignature()", "ECDSAInvalidSignatureLength(uint256 length)",
            "ECDSAInvalidSignatureS(bytes32 s)", "TimelockUnexpectedOperationState(bytes32 operationId,bytes32 expectedStates)",
            "ERC4626ExceededMaxDeposit(address receiver,uint256 assets,uint256 max)",
            "ERC4626ExceededMaxMint(address receiver,uint256 shares,uint256 max)",
            "ERC4626ExceededMaxWithdraw(address owner,uint256 assets,uint256 max)",
            "ERC4626ExceededMaxRedeem(address owner,uint256 shares,uint256 max)", "MathOverflowedMulDiv()",
        }.Select(AbiError.Parse),
    ];

    private readonly Dictionary<uint, AbiError> _errors = [];

    /// <summary>Knows Solidity's and OpenZeppelin's errors only.</summary>
    public RevertDecoder() : this([])
    {
    }

    /// <summary>Knows the errors of the contracts too; those come first where selectors collide.</summary>
    public RevertDecoder(IEnumerable<ContractAbi> abis)
    {
        foreach (var error in abis.SelectMany(a => a.Errors).Concat(Common)) _errors.TryAdd(error.Selector, error);
    }

    /// <summary>Explains revert data. Never throws: data that cannot be read is shown as it is.</summary>
    public RevertReason Decode(ReadOnlySpan<byte> data)
    {
        var copy = data.ToArray();
        if (data.IsEmpty) return new RevertReason(RevertKind.Empty, "reverted without data", copy);
        if (data.Length < 4) return new RevertReason(RevertKind.Unknown, $"reverted with {Hex.Data(data)}", copy);
        var selector = BinaryPrimitives.ReadUInt32BigEndian(data);
        try
        {
            if (selector == Message.Selector)
                return new RevertReason(RevertKind.Message, (string)Message.Decode(data)[0]!, copy);
            if (selector == Panic.Selector)
            {
                var code = (BigInteger)Panic.Decode(data)[0]!;
                return new RevertReason(RevertKind.Panic, $"panic {Hex.Quantity(code)}: {Meaning(code)}", copy) { PanicCode = code };
            }

            if (_errors.TryGetValue(selector, out var error))
            {
                var arguments = error.Decode(data);
                var text = string.Join(", ", arguments.Zip(error.Inputs, (value, input) =>
                    (input.Name.Length == 0 ? "" : input.Name + ": ") + AbiText.Print(input.Type, value)));
                return new RevertReason(RevertKind.Custom, $"{error.Name}({text})", copy) { Error = error, Arguments = arguments };
            }
        }
        catch (AbiException)
        {
            // Falls through: the selector is known but what follows is not its arguments, so the bytes are shown.
        }

        return new RevertReason(RevertKind.Unknown, $"custom error {Hex.Data(data[..4])} with {Hex.Data(data[4..])}", copy);
    }

    private static string Meaning(BigInteger code) => code > 0xff ? "unknown code" : (int)code switch
    {
        0x00 => "generic",
        0x01 => "assertion failed",
        0x11 => "arithmetic overflow or underflow",
        0x12 => "division or modulo by zero",
        0x21 => "value out of range of the enum",
        0x22 => "storage byte array wrongly encoded",
        0x31 => "pop of an empty array",
        0x32 => "index out of bounds",
        0x41 => "too much memory allocated",
        0x51 => "call of an uninitialised internal function",
        _ => "unknown code",
    };
}
