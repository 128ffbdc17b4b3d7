namespace Quarterdeck.Server.Identity;

/// <summary>Seals of credentials: which authenticator is whose.</summary>
internal sealed class CredentialSeals(IdentitySeal seal)
{
    private const string Table = "credentials";

    public byte[] OfWallet(string id, string operatorId, string address) => seal.Of(Table, id, operatorId, "wallet", address);

    public byte[] OfPasskey(string id, string operatorId, byte[] credentialId, byte[] publicKey) =>
        seal.Of(Table, id, operatorId, "passkey", credentialId, publicKey);

    public bool HoldsWallet(byte[]? stamp, string id, string operatorId, string address) =>
        seal.Holds(stamp, Table, id, operatorId, "wallet", address);

    public bool HoldsPasskey(byte[]? stamp, string id, string operatorId, byte[] credentialId, byte[] publicKey) =>
        seal.Holds(stamp, Table, id, operatorId, "passkey", credentialId, publicKey);

    public bool Holds(string operatorId, StoredCredential row) => row.Kind == "wallet"
        ? HoldsWallet(row.Seal, row.Id, operatorId, row.Address!)
        : HoldsPasskey(row.Seal, row.Id, operatorId, row.CredentialId!, row.PublicKey!);

    public byte[] Of(string operatorId, StoredCredential row) => row.Kind == "wallet"
        ? OfWallet(row.Id, operatorId, row.Address!)
        : OfPasskey(row.Id, operatorId, row.CredentialId!, row.PublicKey!);
}
