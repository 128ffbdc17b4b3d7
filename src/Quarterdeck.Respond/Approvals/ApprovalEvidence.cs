using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Quarterdeck.Respond.Approvals;

/// <summary>An operator's signature over a plan with all that was signed, raw, so that anybody can verify it again.</summary>
public abstract record ApprovalEvidence
{
    private ApprovalEvidence()
    {
    }

    /// <summary>An EIP-712 signature over <see cref="PlanTypedData"/>: r, s, v; 65 bytes.</summary>
    public sealed record Wallet(byte[] Signature) : ApprovalEvidence;

    /// <summary>A WebAuthn assertion whose challenge is <see cref="PlanChallenge"/>.</summary>
    public sealed record Passkey(AssertionResponse Response) : ApprovalEvidence;

    /// <summary>wallet or passkey.</summary>
    public string Kind => this is Wallet ? "wallet" : "passkey";

    /// <summary>The stored form.</summary>
    internal JsonObject ToJson() => this switch
    {
        Wallet wallet => new JsonObject { ["signature"] = "0x" + Convert.ToHexStringLower(wallet.Signature) },
        Passkey passkey => new JsonObject
        {
            ["id"] = Base64Url.EncodeToString(passkey.Response.CredentialId),
            ["response"] = new JsonObject
            {
                ["clientDataJSON"] = Base64Url.EncodeToString(passkey.Response.ClientData),
                ["authenticatorData"] = Base64Url.EncodeToString(passkey.Response.AuthenticatorData),
                ["signature"] = Base64Url.EncodeToString(passkey.Response.Signature),
            },
        },
        _ => throw new InvalidOperationException("There is no third kind of evidence."),
    };

    /// <summary>Reads the stored form; null where it is damaged.</summary>
    internal static ApprovalEvidence? Read(string kind, string json)
    {
        using var document = JsonDocument.Parse(json);
        if (kind == "passkey") return AssertionResponse.Read(document.RootElement) is { } response ? new Passkey(response) : null;
        return document.RootElement.TryGetProperty("signature", out var text) && WalletSignature(text.GetString()) is { } bytes
            ? new Wallet(bytes)
            : null;
    }

    /// <summary>Reads a wallet's signature: 0x and 130 hex digits. Null where it is not.</summary>
    public static byte[]? WalletSignature(string? hex)
    {
        if (hex is null || hex.Length != 132 || !hex.StartsWith("0x", StringComparison.Ordinal)) return null;
        var bytes = new byte[65];
        return Convert.FromHexString(hex.AsSpan(2), bytes, out _, out _) == System.Buffers.OperationStatus.Done ? bytes : null;
    }
}
