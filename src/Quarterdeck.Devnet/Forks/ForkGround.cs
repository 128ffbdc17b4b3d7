using System.Globalization;
using System.Text;
using System.Text.Json;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Devnet.Chain;
using Quarterdeck.Devnet.Deployment;
using Quarterdeck.Devnet.Keys;
using Quarterdeck.Packs;

namespace Quarterdeck.Devnet.Forks;

/// <summary>A pack on a fork of its chain: the addresses of a real environment, and a stand-in for each of its accounts.</summary>
public sealed class ForkGround : IAsyncDisposable
{
    private readonly Dictionary<string, DevKey> _standIns;
    private readonly PackEnvironment _environment;

    private ForkGround(ForkSource source, PackEnvironment environment, DeployedPack deployed, Dictionary<string, DevKey> standIns) =>
        (Source, _environment, Deployed, _standIns) = (source, environment, deployed, standIns);

    /// <summary>The way to the forked chain, which only reads.</summary>
    public ForkSource Source { get; }

    /// <summary>The environment whose addresses are used.</summary>
    public string EnvironmentName => _environment.Name;

    /// <summary>Contracts and accounts as the environment knows them.</summary>
    public DeployedPack Deployed { get; }

    /// <summary>The server's way to the fork; there once <see cref="Open"/> was called.</summary>
    public ForkDoor Door { get; private set; } = null!;

    /// <summary>Reads the environment that the chain at the address belongs to.</summary>
    /// <param name="chain">The endpoint to fork.</param>
    /// <param name="name">The environment; null takes the one that names this chain's id, production before others.</param>
    /// <param name="state">Where a development environment keeps its deployment.</param>
    /// <exception cref="DevnetException">No environment fits, or the endpoint does not answer.</exception>
    public static async Task<ForkGround> Of(ProtocolPack pack, Uri chain, string? name, string state, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(pack);
        var source = new ForkSource(chain);
        try
        {
            using var rpc = new DevnetRpc(source.Endpoint);
            var id = DevnetRpc.Quantity(await rpc.Send("eth_chainId", [], cancel));
            var block = DevnetRpc.Quantity(await rpc.Send("eth_blockNumber", [], cancel));
            var environment = Choose(pack, chain, name, state, id);
            if (BoundPack.Bind(pack, environment) is { Pack: null } unbound)
                throw new DevnetException($"The pack {pack.Name} does not fit its environment '{environment.Name}': {string.Join(" ", unbound.Findings)}");
            var accounts = await Accounts(pack, environment, state, cancel);
            var missing = new List<string>();
            foreach (var (contract, address) in environment.Contracts)
                if ((await rpc.Send("eth_getCode", [address.ToString(), "latest"], cancel)).GetString() is null or "0x") missing.Add(contract);
            if (missing.Count > 0)
                throw new DevnetException($"At {chain} there is no code of {string.Join(", ", missing)}, as '{environment.Name}' places them. Name another environment with --environment.");
            var standIns = environment.Accounts.Keys.Where(accounts.ContainsKey).ToDictionary(account => account, _ => DevKey.Random());
            return new ForkGround(source, environment, new DeployedPack(environment.Contracts, accounts, block, $"fork of {environment.Name}"), standIns);
        }
        catch (HttpRequestException problem)
        {
            await source.DisposeAsync();
            throw new DevnetException($"{chain} cannot be forked: {problem.Message}", problem);
        }
        catch
        {
            await source.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens the server's way to the fork, and lets its accounts be impersonated and pay for gas.</summary>
    public async Task Open(Anvil fork, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(fork);
        var accounts = _standIns.ToDictionary(entry => entry.Value.Address, entry => Deployed.Accounts[entry.Key]);
        Door = new ForkDoor(fork.Endpoint, accounts);
        foreach (var account in accounts.Values)
        {
            await fork.Rpc.Send("anvil_impersonateAccount", [account.ToString()], cancel);
            await fork.Rpc.Send("anvil_setBalance", [account.ToString(), "0x56bc75e2d63100000"], cancel);
        }
    }

    /// <summary>Writes the environment file of the fork, its deployment and the stand-ins' key files into a state folder.</summary>
    /// <returns>The path of the environment file.</returns>
    public async Task<string> Write(ProtocolPack pack, ulong chain, string state, IReadOnlyDictionary<string, Address> operators, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(pack);
        ArgumentNullException.ThrowIfNull(operators);
        Deployed.Save(DeployedPack.PathOf(state, pack.Name));
        var password = Path.Combine(state, "keys", "password");
        var secret = await File.ReadAllTextAsync(password, cancel);
        foreach (var (name, key) in _standIns) KeyFile.Write(Path.Combine(state, "keys", $"fork-{name}.json"), key, secret);
        var text = new StringBuilder();
        void Line(string line) => text.AppendLine(line);
        Line("name: fork");
        Line("kind: fork");
        Line("chains:");
        foreach (var name in _environment.Chains.Keys)
            Line(string.Create(CultureInfo.InvariantCulture, $"  {name}: {{ id: \"eip155:{chain}\", endpoints: [{Quoted(Door.Endpoint.ToString().TrimEnd('/'))}], blockTime: 1s, confirmations: 1 }}"));
        Line("deployment: \"${QUARTERDECK_STATE}/deployments/" + pack.Name + ".json\"");
        Line("contracts: {}");
        Line("accounts:");
        foreach (var (name, key) in _standIns)
            Line($"  {name}: {{ address: {Quoted(key.Address.ToString())}, keystore: {Quoted(Path.Combine(state, "keys", $"fork-{name}.json"))}, password: {Quoted("file:" + password)} }}");
        Line("operators:");
        foreach (var (name, wallet) in operators)
            Line($"  - {{ name: {name}, roles: [{string.Join(", ", Roles(pack, name))}], wallet: {Quoted(wallet.ToString())} }}");
        Line("variables:");
        foreach (var (name, value) in _environment.Variables) Line($"  {name}: {Quoted(value)}");
        if (_environment.Variables.Count == 0) Line("  {}");
        var path = Path.Combine(state, "fork.yaml");
        PrivateFile.Write(path, text.ToString());
        return path;
    }

    public async ValueTask DisposeAsync()
    {
        if (Door is not null) await Door.DisposeAsync();
        await Source.DisposeAsync();
    }

    private static PackEnvironment Choose(ProtocolPack pack, Uri chain, string? name, string state, ulong id)
    {
        // What only a running environment sets is given as that one would.
        string? Variable(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } set ? set : variable switch
        {
            "QUARTERDECK_STATE" => state,
            "QUARTERDECK_DEVNET_RPC" => chain.ToString().TrimEnd('/'),
            _ => null,
        };
        var problems = new List<string>();
        var fitting = new List<PackEnvironment>();
        foreach (var candidate in name is null ? pack.Environments.Keys : [name])
        {
            var loaded = EnvironmentLoader.Load(pack, candidate, Variable);
            if (loaded.Environment is not { } environment) problems.AddRange(loaded.Findings.Select(finding => finding.ToString()));
            else if (environment.Chains.Values.Any(c => c.Id == Primitives.ChainId.Evm(id))) fitting.Add(environment);
            else problems.Add($"'{candidate}' is for {string.Join(", ", environment.Chains.Values.Select(c => c.Id))}.");
        }

        return fitting.OrderByDescending(environment => environment.Kind).FirstOrDefault()
            ?? throw new DevnetException($"No environment of {pack.Name} is for the chain eip155:{id} at {chain}. {string.Join(" ", problems)}");
    }

    // An address is stated, in the key file, or what the development deployment called by that name.
    private static async Task<Dictionary<string, Address>> Accounts(ProtocolPack pack, PackEnvironment environment, string state, CancellationToken cancel)
    {
        var accounts = environment.Kind == EnvironmentKind.Devnet && await DeployedPack.Load(DeployedPack.PathOf(state, pack.Name), cancel) is { } deployed
            ? deployed.Accounts.ToDictionary()
            : [];
        foreach (var account in environment.Accounts.Values)
        {
            if (account.Address is { } stated) accounts[account.Name] = stated;
            else if (account.Signer is KeystoreSigner { File: var file } && File.Exists(file) && !accounts.ContainsKey(account.Name))
            {
                using var json = JsonDocument.Parse(await File.ReadAllTextAsync(file, cancel));
                if (json.RootElement.TryGetProperty("address", out var address))
                    accounts[account.Name] = Address.Parse("0x" + address.GetString()!.Replace("0x", "", StringComparison.Ordinal));
            }
        }

        return accounts;
    }

    // The drill's own two approvers hold every role that a policy of the pack asks for; who is on duty approves nothing.
    private static IEnumerable<string> Roles(ProtocolPack pack, string name) => name == Environments.DevnetKeys.OnDuty
        ? ["operator", "admin"]
        : pack.Policies.Policies.Values.SelectMany(policy => policy.Roles).Prepend("approver").Prepend("operator").Distinct();

    private static string Quoted(string text) => JsonSerializer.Serialize(text);
}
