using System.Net;
using System.Numerics;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Devnet.Processes;

namespace Quarterdeck.Respond.Tests.Transactions;

/// <summary>
/// Speaks AWS KMS's JSON protocol on this machine with a real secp256k1 key: GetPublicKey in DER, Sign over a digest in DER with
/// s in the half that is asked for, as KMS gives either.
/// </summary>
internal sealed class KmsStandIn : IAsyncDisposable
{
    private static readonly BigInteger Order = BigInteger.Parse("0FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141", System.Globalization.NumberStyles.HexNumber);

    private readonly HttpListener _listener = new();
    private readonly ECDsa _key;
    private readonly Task _serving;

    public KmsStandIn(ECCurve? curve = null)
    {
        _key = ECDsa.Create(curve ?? ECCurve.CreateFromFriendlyName("secp256k1"));
        var port = FreePort.Next();
        Endpoint = new Uri($"http://127.0.0.1:{port}/");
        _listener.Prefixes.Add(Endpoint.ToString());
        _listener.Start();
        _serving = Serve();
    }

    public Uri Endpoint { get; }

    public Address Address
    {
        get
        {
            var point = _key.ExportParameters(false).Q;
            return Address.FromWord(Keccak256.Hash([.. point.X!, .. point.Y!]).ToArray());
        }
    }

    /// <summary>Whether s is in the upper half.</summary>
    public bool HighS { get; set; }

    /// <summary>The error to answer with, such as AccessDeniedException; null to sign.</summary>
    public (int Status, string Type)? Refuses { get; set; }

    public int Signed { get; private set; }

    public string KeySpec { get; set; } = "ECC_SECG_P256K1";

    private async Task Serve()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            var (status, answer) = Answer(context.Request);
            context.Response.StatusCode = status;
            context.Response.ContentType = "application/x-amz-json-1.1";
            await context.Response.OutputStream.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(answer));
            context.Response.Close();
        }
    }

    private (int Status, JsonObject Answer) Answer(HttpListenerRequest request)
    {
        using var reader = new StreamReader(request.InputStream);
        var body = JsonNode.Parse(reader.ReadToEnd())!;
        if (request.Headers["Authorization"]?.StartsWith("AWS4-HMAC-SHA256 Credential=", StringComparison.Ordinal) != true)
            return (400, new() { ["__type"] = "MissingAuthenticationTokenException" });
        if (Refuses is { } refusal) return (refusal.Status, new() { ["__type"] = refusal.Type, ["message"] = "by the test" });
        return request.Headers["X-Amz-Target"] switch
        {
            "TrentService.GetPublicKey" => (200, new()
            {
                ["KeyId"] = "arn:aws:kms:eu-west-1:111122223333:key/1",
                [nameof(KeySpec)] = KeySpec,
                ["KeyUsage"] = "SIGN_VERIFY",
                ["SigningAlgorithms"] = new JsonArray("ECDSA_SHA_256"),
                ["PublicKey"] = Convert.ToBase64String(_key.ExportSubjectPublicKeyInfo()),
            }),
            "TrentService.Sign" when (string?)body["MessageType"] == "DIGEST" && (string?)body["SigningAlgorithm"] == "ECDSA_SHA_256" => (200, new()
            {
                ["KeyId"] = "arn:aws:kms:eu-west-1:111122223333:key/1",
                ["SigningAlgorithm"] = "ECDSA_SHA_256",
                ["Signature"] = Convert.ToBase64String(Sign(Convert.FromBase64String((string)body["Message"]!))),
            }),
            _ => (400, new() { ["__type"] = "ValidationException", ["message"] = "not an operation of the stand-in" }),
        };
    }

    private byte[] Sign(byte[] digest)
    {
        Signed++;
        var raw = _key.SignHash(digest);
        var s = new BigInteger(raw.AsSpan(32), isUnsigned: true, isBigEndian: true);
        if (s > Order / 2 != HighS) s = Order - s;
        var writer = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(new BigInteger(raw.AsSpan(0, 32), isUnsigned: true, isBigEndian: true));
            writer.WriteInteger(s);
        }

        return writer.Encode();
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _serving;
        _key.Dispose();
    }
}
