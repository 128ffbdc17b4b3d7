using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Web;

namespace Quarterdeck.Server.Tests.Identity.Oidc;

/// <summary>An identity provider in this process: publishes its key, checks PKCE and secret, signs real tokens. Lies where it is told to.</summary>
internal sealed class TestProvider : IDisposable
{
    public const string Client = "quarterdeck";
    public const string Secret = "a secret of the provider's";
    private readonly HttpListener _listener = new();
    private readonly Dictionary<string, (string Challenge, string Redirect, string Nonce, string Subject)> _codes = [];
    private readonly RSA _key = RSA.Create(2048);
    private readonly RSA _other = RSA.Create(2048);

    public TestProvider()
    {
        var port = Devnet.Processes.FreePort.Next();
        Issuer = $"http://127.0.0.1:{port}/team";
        _listener.Prefixes.Add($"http://127.0.0.1:{port}/");
        _listener.Start();
        _ = Serve();
    }

    public string Issuer { get; }

    /// <summary>Changes the claims before they are signed.</summary>
    public Action<JsonObject, JsonObject> Claims { get; set; } = (_, _) => { };

    /// <summary>Changes the finished token.</summary>
    public Func<string, string> Token { get; set; } = t => t;

    /// <summary>Changes the published keys.</summary>
    public Action<JsonObject> Keys { get; set; } = _ => { };

    /// <summary>Changes the discovery document.</summary>
    public Action<JsonObject> Document { get; set; } = _ => { };

    public void BeHonest()
    {
        (Claims, Token, Keys, Document) = ((_, _) => { }, t => t, _ => { }, _ => { });
    }

    /// <summary>What the provider does when the person signs in there: sends the browser back with a code.</summary>
    public string SignIn(Uri authorise, string subject)
    {
        var query = HttpUtility.ParseQueryString(authorise.Query);
        if (query["response_type"] != "code" || query["client_id"] != Client || query["code_challenge_method"] != "S256")
            throw new InvalidOperationException("not an authorisation request: " + authorise);
        var code = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        _codes[code] = (query["code_challenge"]!, query["redirect_uri"]!, query["nonce"]!, subject);
        return code;
    }

    /// <summary>The token signed by a key that is not published.</summary>
    public string SignedByAnother(string token) => Signed(token[..token.LastIndexOf('.')], _other);

    /// <summary>The token with the public key's modulus as an HMAC secret.</summary>
    public string SignedByPublicKey(string token)
    {
        var head = Encode("""{"alg":"HS256","kid":"k1","typ":"JWT"}""");
        var text = $"{head}.{token.Split('.')[1]}";
        return $"{text}.{Base64Url.EncodeToString(HMACSHA256.HashData(_key.ExportParameters(false).Modulus!, Encoding.ASCII.GetBytes(text)))}";
    }

    public static string Encode(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));

    public void Dispose()
    {
        ((IDisposable)_listener).Dispose();
        _key.Dispose();
        _other.Dispose();
    }

    private static string Signed(string text, RSA key) =>
        $"{text}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";

    private async Task Serve()
    {
        while (_listener.IsListening)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                var (status, body) = await Answer(context.Request);
                context.Response.StatusCode = status;
                context.Response.ContentType = "application/json";
                await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(body));
                context.Response.Close();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task<(int Status, string Body)> Answer(HttpListenerRequest request)
    {
        switch (request.Url!.AbsolutePath)
        {
            case "/team/.well-known/openid-configuration":
                var document = new JsonObject
                {
                    ["issuer"] = Issuer,
                    ["authorization_endpoint"] = Issuer + "/authorize",
                    ["token_endpoint"] = Issuer + "/token",
                    ["jwks_uri"] = Issuer + "/jwks",
                };
                Document(document);
                return (200, document.ToJsonString());
            case "/team/jwks":
                var key = _key.ExportParameters(false);
                var published = new JsonObject
                {
                    ["kty"] = "RSA",
                    ["kid"] = "k1",
                    ["use"] = "sig",
                    ["n"] = Base64Url.EncodeToString(key.Modulus),
                    ["e"] = Base64Url.EncodeToString(key.Exponent),
                };
                Keys(published);
                return (200, new JsonObject { ["keys"] = new JsonArray(published) }.ToJsonString());
            case "/team/token":
                using (var reader = new StreamReader(request.InputStream)) return Exchange(HttpUtility.ParseQueryString(await reader.ReadToEndAsync()));
            default:
                return (404, "{}");
        }
    }

    private (int, string) Exchange(System.Collections.Specialized.NameValueCollection form)
    {
        var verified = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"] ?? "")));
        if (!_codes.Remove(form["code"] ?? "", out var kept) || kept.Challenge != verified || kept.Redirect != form["redirect_uri"]
            || form["client_id"] != Client || form["client_secret"] != Secret || form["grant_type"] != "authorization_code")
        {
            return (400, """{"error":"invalid_grant"}""");
        }

        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var header = new JsonObject { ["alg"] = "RS256", ["kid"] = "k1", ["typ"] = "JWT" };
        var claims = new JsonObject
        {
            ["iss"] = Issuer,
            ["aud"] = Client,
            ["sub"] = kept.Subject,
            ["nonce"] = kept.Nonce,
            ["iat"] = now,
            ["exp"] = now + 300,
        };
        Claims(header, claims);
        var token = Token(Signed($"{Encode(header.ToJsonString())}.{Encode(claims.ToJsonString())}", _key));
        return (200, string.Create(CultureInfo.InvariantCulture, $$"""{"access_token":"x","token_type":"Bearer","id_token":"{{token}}"}"""));
    }
}
