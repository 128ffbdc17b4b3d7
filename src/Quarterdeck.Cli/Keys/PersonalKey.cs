using System.Numerics;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Signatures;
using Quarterdeck.Devnet.Keys;
using Quarterdeck.Primitives;
using Quarterdeck.Respond.Transactions.Signing;

namespace Quarterdeck.Cli.Keys;

/// <summary>An operator's own wallet key, opened from a key file on the operator's own machine. It signs there and goes nowhere.</summary>
internal sealed class PersonalKey
{
    private const string PasswordVariable = "QUARTERDECK_KEYSTORE_PASSWORD";
    private readonly byte[] _secret;

    private PersonalKey(byte[] secret)
    {
        _secret = secret;
        Address = DevKey.FromSecret(secret).Address;
    }

    public Address Address { get; }

    /// <summary>Opens a Foundry or geth key file (version 3). The password comes from a file, the environment, or the terminal.</summary>
    public static async Task<PersonalKey> Open(string file, string? passwordFile, CancellationToken cancel)
    {
        string json;
        try
        {
            json = await File.ReadAllTextAsync(file, cancel);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"The key file {file} cannot be read: {problem.Message}", QuarterdeckCommand.BadInput);
        }

        try
        {
            return new PersonalKey(Keystore.Decrypt(json, await Password(passwordFile, cancel)));
        }
        catch (Exception problem) when (problem is KeystoreException or ArgumentException)
        {
            throw new CommandException($"{file}: {problem.Message}", QuarterdeckCommand.BadInput);
        }
    }

    /// <summary>65 bytes r ‖ s ‖ v: libsecp256k1 where it is installed (constant time), else managed code.</summary>
    public byte[] Sign(Hash32 digest)
    {
        if (LibSecp256k1.Available && LibSecp256k1.Sign(digest.ToArray(), _secret) is var (r, s, parity))
            return new EcdsaSignature(new BigInteger(r, true, true), new BigInteger(s, true, true), parity).ToLowS().ToArray();
        return DevKey.FromSecret(_secret).Sign(digest);
    }

    private static async Task<string> Password(string? file, CancellationToken cancel)
    {
        if (file is not null)
        {
            try
            {
                return (await File.ReadAllTextAsync(file, cancel)).TrimEnd('\r', '\n');
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
            {
                throw new CommandException($"The password file {file} cannot be read: {problem.Message}", QuarterdeckCommand.BadInput);
            }
        }

        if (Environment.GetEnvironmentVariable(PasswordVariable) is { } given) return given;
        if (Console.IsInputRedirected)
            throw new CommandException($"The key file needs its password: give --password-file or {PasswordVariable}.", QuarterdeckCommand.BadInput);
        await Console.Error.WriteAsync("Password of the key file: ");
        var password = new System.Text.StringBuilder();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key != ConsoleKey.Backspace) password.Append(key.KeyChar);
            else if (password.Length > 0) password.Length--;
        }

        await Console.Error.WriteLineAsync();
        return password.ToString();
    }
}
