using System.Formats.Asn1;
using System.Numerics;
using Amazon;
using Amazon.KeyManagementService;
using Amazon.KeyManagementService.Model;
using Amazon.Runtime;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Signatures;
using Quarterdeck.Chains.Evm.Transactions;
using Quarterdeck.Packs;
using Quarterdeck.Primitives;

namespace Quarterdeck.Respond.Transactions.Signing;

/// <summary>
/// Signs with a key that never leaves AWS KMS (ECC_SECG_P256K1, SIGN_VERIFY). KMS gives DER with s in either half and without
/// a recovery id: s is brought into the lower half (EIP-2), and the id is found by recovering the key's own address. The process's own
/// AWS credentials are used (environment, profile, instance or pod role).
/// </summary>
internal sealed class KmsKeySigner : ITransactionSigner, IDisposable
{
    private const string EcPublicKey = "1.2.840.10045.2.1";
    private const string Secp256k1Curve = "1.3.132.0.10";

    private readonly AmazonKeyManagementServiceClient _client;
    private readonly string _key;

    private KmsKeySigner(AmazonKeyManagementServiceClient client, string key, Address address) =>
        (_client, _key, Address) = (client, key, address);

    public Address Address { get; }

    /// <summary>Asks for the public key, which gives the address.</summary>
    /// <exception cref="SigningRefusedException">No such key, no right to it, no credentials, or a key of another kind.</exception>
    /// <exception cref="TransientException">KMS cannot be reached or asks to wait.</exception>
    public static async Task<KmsKeySigner> Open(KmsSigner account, CancellationToken cancel)
    {
        var settings = new AmazonKeyManagementServiceConfig { Timeout = TimeSpan.FromSeconds(5), MaxErrorRetry = 2 };
        if (account.Region is { } region) settings.RegionEndpoint = RegionEndpoint.GetBySystemName(region);
        if (account.Endpoint is { } endpoint)
        {
            settings.ServiceURL = endpoint.ToString();
            if (account.Region is { } signed) settings.AuthenticationRegion = signed;
        }

        var client = await Ask(account.KeyId, () => Task.FromResult(new AmazonKeyManagementServiceClient(settings)));
        try
        {
            var answer = await Ask(account.KeyId, () => client.GetPublicKeyAsync(new GetPublicKeyRequest { KeyId = account.KeyId }, cancel));
            if (answer.KeySpec != KeySpec.ECC_SECG_P256K1 || answer.KeyUsage != KeyUsageType.SIGN_VERIFY)
            {
                throw new SigningRefusedException(
                    $"The KMS key {account.KeyId} is {answer.KeySpec} for {answer.KeyUsage}: a key of ECC_SECG_P256K1 for SIGN_VERIFY is needed.");
            }

            return new KmsKeySigner(client, account.KeyId, AddressOf(account.KeyId, answer.PublicKey.ToArray()));
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    public async Task<SignedTransaction> Sign(UnsignedTransaction transaction, CancellationToken cancel)
    {
        var digest = transaction.SigningHash();
        using var message = new MemoryStream(digest.ToArray());
        var answer = await Ask(_key, () => _client.SignAsync(
            new SignRequest
            {
                KeyId = _key,
                Message = message,
                MessageType = MessageType.DIGEST,
                SigningAlgorithm = SigningAlgorithmSpec.ECDSA_SHA_256,
            }, cancel));
        return transaction.Sign(Signature(answer.Signature.ToArray(), digest));
    }

    /// <summary>The account of a public key in DER (SubjectPublicKeyInfo, RFC 5480).</summary>
    internal static Address AddressOf(string key, byte[] spki)
    {
        try
        {
            var info = new AsnReader(spki, AsnEncodingRules.DER).ReadSequence();
            var algorithm = info.ReadSequence();
            var (kind, curve) = (algorithm.ReadObjectIdentifier(), algorithm.ReadObjectIdentifier());
            var point = info.ReadBitString(out _);
            if (kind == EcPublicKey && curve == Secp256k1Curve && point.Length == 65 && point[0] == 4)
                return Address.FromWord(Keccak256.Hash(point.AsSpan(1)).ToArray());
        }
        catch (AsnContentException problem)
        {
            throw new SigningRefusedException($"The public key of {key} cannot be read: {problem.Message}", problem);
        }

        throw new SigningRefusedException($"The public key of {key} is no uncompressed point of secp256k1.");
    }

    /// <summary>r, s and the recovery id from DER (RFC 3279).</summary>
    internal EcdsaSignature Signature(byte[] der, Hash32 digest)
    {
        BigInteger r, s;
        try
        {
            var pair = new AsnReader(der, AsnEncodingRules.DER).ReadSequence();
            (r, s) = (pair.ReadInteger(), pair.ReadInteger());
        }
        catch (AsnContentException problem)
        {
            throw new SigningRefusedException($"The signature of {_key} cannot be read: {problem.Message}", problem);
        }

        var guess = new EcdsaSignature(r, s, 0);
        if (guess.IsWellFormed)
        {
            guess = guess.ToLowS();
            foreach (var candidate in new[] { guess, guess with { YParity = 1 - guess.YParity } })
                if (candidate.TryRecover(digest, out var signer) && signer == Address) return candidate;
        }

        throw new SigningRefusedException($"The signature of {_key} is not of {Address}.");
    }

    private static async Task<T> Ask<T>(string key, Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (Exception problem) when (problem is KMSInternalException or DependencyTimeoutException or KeyUnavailableException or LimitExceededException
            || problem is AmazonServiceException { StatusCode: System.Net.HttpStatusCode.TooManyRequests or >= System.Net.HttpStatusCode.InternalServerError or 0 }
            || problem is AmazonServiceException { ErrorCode: "ThrottlingException" } or HttpRequestException or IOException
            || problem is TaskCanceledException { InnerException: TimeoutException })
        {
            throw new TransientException($"KMS does not sign with {key} now: {problem.Message}", problem);
        }
        catch (Exception problem) when (problem is AmazonServiceException or AmazonClientException)
        {
            throw new SigningRefusedException($"KMS does not sign with {key}: {problem.Message}", problem);
        }
    }

    public void Dispose() => _client.Dispose();
}

/// <summary>What holds the key will not sign as things are; a person has to mend it.</summary>
internal sealed class SigningRefusedException(string message, Exception? problem = null) : InvalidOperationException(message, problem);
