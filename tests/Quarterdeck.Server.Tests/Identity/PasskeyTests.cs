using System.Buffers.Binary;
using System.Buffers.Text;
using System.Formats.Cbor;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Quarterdeck.Server.Identity.Passkeys;

namespace Quarterdeck.Server.Tests.Identity;

public sealed class PasskeyTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private const string Origin = "http://localhost:8080";

    [Fact]
    public async Task A_passkey_is_enrolled_and_then_signs_in_by_itself()
    {
        using var authenticator = new Authenticator();
        using var me = await Localhost("operator");
        var options = await Post(me, "/api/auth/passkey/register/options", new { });
        var challenge = options.GetProperty("challenge").GetString()!;
        var enrolled = await me.PostAsJsonAsync(
            "/api/auth/passkey/register", new { challenge, credential = authenticator.Create(challenge, Origin), label = "Laptop" });
        Assert.Equal(HttpStatusCode.OK, enrolled.StatusCode);

        using var stranger = await Localhost(null);
        var request = (await Post(stranger, "/api/auth/passkey/options", new { })).GetProperty("challenge").GetString()!;
        var answer = new { challenge = request, credential = authenticator.Get(request, Origin) };
        var first = await stranger.PostAsJsonAsync("/api/auth/passkey/signin", answer);
        var replay = await stranger.PostAsJsonAsync("/api/auth/passkey/signin", answer);

        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, replay.StatusCode);
    }

    [Fact]
    public async Task A_challenge_of_one_operator_enrols_nothing_for_another()
    {
        using var authenticator = new Authenticator();
        using var one = await Localhost("approver");
        using var other = await Localhost("compliance");
        var challenge = (await Post(one, "/api/auth/passkey/register/options", new { })).GetProperty("challenge").GetString()!;

        var reply = await other.PostAsJsonAsync(
            "/api/auth/passkey/register", new { challenge, credential = authenticator.Create(challenge, Origin) });

        Assert.Equal(HttpStatusCode.Forbidden, reply.StatusCode);
    }

    [Fact]
    public async Task Opened_by_an_address_the_console_says_where_passkeys_work()
    {
        using var client = server.Stranger();
        var reply = await client.PostAsJsonAsync("/api/auth/passkey/options", new { });

        Assert.Equal(HttpStatusCode.UnprocessableEntity, reply.StatusCode);
        Assert.Contains("http://localhost", await reply.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("webauthn.get", Origin, 0x45, "localhost", "registration")]
    [InlineData("webauthn.create", "https://evil.example", 0x45, "localhost", "origin")]
    [InlineData("webauthn.create", Origin, 0x41, "localhost", "not verified")]
    [InlineData("webauthn.create", Origin, 0x45, "evil.example", "domain")]
    [InlineData("webauthn.create", Origin, 0x05, "localhost", "no credential")]
    public void A_registration_that_is_wrong_in_one_thing_is_refused_for_it(
        string type, string origin, byte flags, string domain, string why)
    {
        using var authenticator = new Authenticator();
        var challenge = RandomNumberGenerator.GetBytes(32);
        var credential = authenticator.Create(Base64Url.EncodeToString(challenge), origin, type, flags, domain);

        var (key, refusal) = Attestation.Read(credential, challenge, "localhost", [Origin]);

        Assert.Null(key);
        Assert.Contains(why, refusal);
    }

    [Fact]
    public void Damaged_registrations_are_refused_and_never_crash()
    {
        using var authenticator = new Authenticator();
        var challenge = RandomNumberGenerator.GetBytes(32);
        var whole = authenticator.AttestationObject("localhost", 0x45);
        for (var length = 0; length < whole.Length; length++)
        {
            var credential = authenticator.Wrap(Base64Url.EncodeToString(challenge), Origin, "webauthn.create", whole[..length]);
            Assert.Null(Attestation.Read(credential, challenge, "localhost", [Origin]).Key);
        }
    }

    private async Task<HttpClient> Localhost(string? role)
    {
        var client = role is null ? server.Stranger() : await server.As(role);
        client.DefaultRequestHeaders.Host = "localhost:8080";
        return client;
    }

    private static async Task<JsonElement> Post(HttpClient client, string path, object body)
    {
        var reply = await client.PostAsJsonAsync(path, body);
        Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
        return await reply.Content.ReadFromJsonAsync<JsonElement>();
    }

    /// <summary>What a device does: one ES256 key, a counter, user verified.</summary>
    private sealed class Authenticator : IDisposable
    {
        private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        private readonly byte[] _id = RandomNumberGenerator.GetBytes(20);
        private uint _count = 1;

        public JsonElement Create(
            string challenge, string origin, string type = "webauthn.create", byte flags = 0x45, string domain = "localhost") =>
            Wrap(challenge, origin, type, AttestationObject(domain, flags));

        public JsonElement Wrap(string challenge, string origin, string type, byte[] attestation) => JsonSerializer.SerializeToElement(new
        {
            id = Base64Url.EncodeToString(_id),
            type = "public-key",
            response = new { clientDataJSON = Client(type, challenge, origin), attestationObject = Base64Url.EncodeToString(attestation) },
        });

        public byte[] AttestationObject(string domain, byte flags)
        {
            var data = new List<byte>(Head(domain, flags));
            if ((flags & 0x40) != 0)
            {
                data.AddRange(new byte[16]);
                data.AddRange([0, (byte)_id.Length, .. _id, .. Cose()]);
            }
            else
            {
                data.AddRange(new byte[32]);
            }

            var cbor = new CborWriter(CborConformanceMode.Ctap2Canonical);
            cbor.WriteStartMap(3);
            cbor.WriteTextString("fmt");
            cbor.WriteTextString("none");
            cbor.WriteTextString("attStmt");
            cbor.WriteStartMap(0);
            cbor.WriteEndMap();
            cbor.WriteTextString("authData");
            cbor.WriteByteString(data.ToArray());
            cbor.WriteEndMap();
            return cbor.Encode();
        }

        public JsonElement Get(string challenge, string origin)
        {
            var client = Base64Url.DecodeFromChars(Client("webauthn.get", challenge, origin));
            var data = Head("localhost", 0x05);
            var signature = _key.SignData([.. data, .. SHA256.HashData(client)], HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
            return JsonSerializer.SerializeToElement(new
            {
                id = Base64Url.EncodeToString(_id),
                type = "public-key",
                response = new
                {
                    clientDataJSON = Base64Url.EncodeToString(client),
                    authenticatorData = Base64Url.EncodeToString(data),
                    signature = Base64Url.EncodeToString(signature),
                },
            });
        }

        public void Dispose() => _key.Dispose();

        private static string Client(string type, string challenge, string origin) => Base64Url.EncodeToString(
            Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { type, challenge, origin, crossOrigin = false })));

        private byte[] Head(string domain, byte flags)
        {
            var head = new byte[37];
            SHA256.HashData(Encoding.UTF8.GetBytes(domain), head);
            head[32] = flags;
            BinaryPrimitives.WriteUInt32BigEndian(head.AsSpan(33), _count++);
            return head;
        }

        private byte[] Cose()
        {
            var point = _key.ExportParameters(false).Q;
            var cbor = new CborWriter(CborConformanceMode.Ctap2Canonical);
            cbor.WriteStartMap(5);
            cbor.WriteInt32(1);
            cbor.WriteInt32(2);
            cbor.WriteInt32(3);
            cbor.WriteInt32(-7);
            cbor.WriteInt32(-1);
            cbor.WriteInt32(1);
            cbor.WriteInt32(-2);
            cbor.WriteByteString(point.X!);
            cbor.WriteInt32(-3);
            cbor.WriteByteString(point.Y!);
            cbor.WriteEndMap();
            return cbor.Encode();
        }
    }
}
