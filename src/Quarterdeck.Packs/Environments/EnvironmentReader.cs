using System.Text.Json;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Packs.Manifest;
using Quarterdeck.Packs.Yaml;
using Quarterdeck.Primitives;

namespace Quarterdeck.Packs.Environments;

/// <summary>Reads environments/NAME.yaml.</summary>
internal sealed class EnvironmentReader
{
    private static readonly Dictionary<string, EnvironmentKind> Kinds = new(StringComparer.Ordinal)
    {
        ["devnet"] = EnvironmentKind.Devnet,
        ["fork"] = EnvironmentKind.Fork,
        ["staging"] = EnvironmentKind.Staging,
        ["production"] = EnvironmentKind.Production,
    };

    private readonly string _path;
    private readonly FindingList _findings;
    private readonly Dictionary<string, Address> _contracts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, EnvironmentAccount> _accounts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _lines = new(StringComparer.Ordinal);
    private readonly EnvironmentExpansion _expansion;
    private ulong? _deploymentBlock;
    private bool _awaitsDeployment;

    public EnvironmentReader(string path, Func<string, string?> process, FindingList findings)
    {
        (_path, _findings) = (path, findings);
        _expansion = new EnvironmentExpansion(process, findings, _contracts, _accounts);
    }

    public PackEnvironment Read(YamlMap file)
    {
        var kind = file.Word("kind", Kinds);
        if (!file.Has("kind")) file.Missing("kind", "Add 'kind:' devnet, fork, staging or production.");
        ReadDeployment(file);
        foreach (var (name, at, value) in file.Map("contracts")?.Entries("contract") ?? [])
        {
            if (value.Text() is { } text && _expansion.Expand(text, at) is { } full && ParseAddress(full, at) is { } address)
                (_contracts[name], _lines[$"contracts.{name}"]) = (address, at.Line);
        }

        foreach (var (name, at, value) in file.Map("accounts")?.Entries("account") ?? [])
        {
            if (value.Map() is { } map && ReadAccount(name, at, map) is { } account) (_accounts[name], _lines[$"accounts.{name}"]) = (account, at.Line);
        }

        CheckExecutors();

        var chains = new Dictionary<string, EnvironmentChain>(StringComparer.Ordinal);
        foreach (var (name, at, value) in file.Map("chains")?.Entries("chain") ?? [])
        {
            if (value.Map() is { } map && ReadChain(name, map) is { } chain) (chains[name], _lines[$"chains.{name}"]) = (chain, at.Line);
        }

        var (variables, secrets) = ReadVariables(file);
        var environment = new PackEnvironment
        {
            Name = file.Text("name") ?? Path.GetFileNameWithoutExtension(_path),
            Kind = kind ?? EnvironmentKind.Production,
            Path = _path,
            Chains = chains,
            Contracts = _contracts,
            DeploymentBlock = _deploymentBlock,
            Accounts = _accounts,
            Operators = ReadOperators(file, kind),
            Variables = variables,
            Secrets = secrets,
            Databases = ReadDatabases(file),
            Services = new ServiceBindingReader(_path, _expansion, _findings).Read(file, kind),
            Lines = _lines,
        };
        file.Close();
        return environment;
    }

    private void ReadDeployment(YamlMap file)
    {
        if (file.Text("deployment") is not { } text) return;
        var at = file.PositionOf("deployment");
        if (_expansion.Expand(text, at) is not { } expanded) return;
        var folder = Path.GetDirectoryName(_path)!;

        // An absolute path can only have come from the process's environment, which the author of the pack does not write.
        var full = Path.IsPathRooted(expanded) && text.StartsWith("${", StringComparison.Ordinal)
            ? expanded
            : PackPath.Resolve(folder, expanded);
        if (full is null)
        {
            _findings.Error(FindingCodes.PathOutside, at, $"The deployment file '{text}' is outside the folder of environments.",
                "Name a file beside the environment, or begin with a variable such as ${QUARTERDECK_STATE}.");
            return;
        }

        if (!File.Exists(full))
        {
            _awaitsDeployment = true;
            _findings.Warning(FindingCodes.NotDeployed, at, $"The deployment file '{expanded}' does not exist.",
                "Deploy the contracts first ('quarterdeck up' does), or write their addresses under 'contracts:'.");
            return;
        }

        try
        {
            using var json = JsonDocument.Parse(File.ReadAllText(full));
            foreach (var contract in json.RootElement.GetProperty("contracts").EnumerateObject())
            {
                if (ParseAddress(contract.Value.GetString() ?? "", at) is { } address)
                    (_contracts[contract.Name], _lines[$"contracts.{contract.Name}"]) = (address, at.Line);
            }

            if (json.RootElement.TryGetProperty("block", out var block)) _deploymentBlock = block.GetUInt64();
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or IOException)
        {
            _findings.Error(FindingCodes.FileUnreadable, at, $"The deployment file '{expanded}' cannot be read: {e.Message}",
                "It must be JSON with {\"contracts\": {\"Name\": \"0x…\"}, \"block\": 12}.");
        }
    }

    private EnvironmentChain? ReadChain(string name, YamlMap map)
    {
        var text = map.RequiredText("id", "Add 'id: \"eip155:1\"', the CAIP-2 id.");
        ChainId? id = ChainId.TryParse(text, out var parsed) ? parsed : null;
        if (id is null && text.Length > 0)
            map.Value("id")!.Invalid("a CAIP-2 chain id", "\"eip155:1\"");
        var endpoints = new List<Uri>();
        foreach (var value in map.List("endpoints"))
        {
            if (value.Text() is not { } written || _expansion.Expand(written, value.At) is not { } expanded) continue;
            if (Uri.TryCreate(expanded, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" or "ws" or "wss") endpoints.Add(uri);
            else value.Invalid("a URL of http, https, ws or wss", "\"https://rpc.example.org\"");
        }

        if (!map.Has("endpoints")) map.Missing("endpoints", "Add 'endpoints: [\"https://…\"]'.");
        var (time, confirmations, agree) = (map.Duration("blockTime"), map.Integer("confirmations", 0, 10_000), map.Integer("agree", 1, 10));
        var (batchSize, concurrency) = (map.Integer("batchSize", 1, 1_000_000), map.Integer("concurrency", 1, 64));
        var rate = map.Integer("requestsPerSecond", 1, 100_000);
        if (agree > endpoints.Count && endpoints.Count > 0)
        {
            _findings.Error(FindingCodes.ValueInvalid, map.PositionOf("agree"), $"{agree} endpoints of '{name}' must agree, and it has {endpoints.Count}.",
                "Add endpoints of independent operators, or lower 'agree'.");
        }

        map.Close();
        return id is { } known
            ? new EnvironmentChain(name, known, endpoints, time, confirmations ?? 1)
            {
                Agree = agree ?? 1,
                BatchSize = batchSize,
                Concurrency = concurrency,
                RequestsPerSecond = rate,
            }
            : null;
    }

    private EnvironmentAccount? ReadAccount(string name, Position at, YamlMap map)
    {
        Address? address = map.Text("address") is { } text && _expansion.Expand(text, map.PositionOf("address")) is { } expanded
            ? ParseAddress(expanded, map.PositionOf("address"))
            : null;
        AccountSigner? signer = null;
        if (map.Text("keystore") is { } keystore)
        {
            var password = ReadSecret(map, "password");
            if (!map.Has("password")) map.Missing("password", "Add 'password: \"file:PATH\"' or 'env:NAME'.");
            if (_expansion.Expand(keystore, map.PositionOf("keystore")) is { } file && password is not null)
                signer = new KeystoreSigner(Path.GetFullPath(file, Path.GetDirectoryName(_path)!), password);
        }
        else if (map.Text("kms") is { } key)
        {
            if (_expansion.Expand(key, map.PositionOf("kms")) is { } keyId) signer = new KmsSigner(keyId, map.Text("region"), ReadUrl(map, "endpoint"));
        }
        else if (map.Text("safe") is { } safe) (address, signer) = (ReadAddress(map, "safe", safe), ReadSafe(map));
        else if (map.Flag("unlocked") == true) signer = new UnlockedSigner();
        else
        {
            _findings.Error(FindingCodes.KeyMissing, at, $"The account '{name}' says no way to sign.",
                "Give keystore and password, kms and region, safe and executor, or on development chains unlocked: true.");
        }

        map.Close();
        return signer is null ? null : new EnvironmentAccount(name, address, signer);
    }

    // A Safe signs by its owners; another account sends what they signed and pays for it.
    private SafeSigner? ReadSafe(YamlMap map)
    {
        var executor = map.RequiredText("executor", "Add 'executor:' with the account that sends what the Safe's owners signed.");
        var multiSend = map.Text("multiSend") is { } text ? ReadAddress(map, "multiSend", text) : null;
        return executor.Length == 0 ? null : new SafeSigner(executor, multiSend);
    }

    private Uri? ReadUrl(YamlMap map, string key)
    {
        if (map.Text(key) is not { } text || _expansion.Expand(text, map.PositionOf(key)) is not { } expanded) return null;
        if (Uri.TryCreate(expanded, UriKind.Absolute, out var url) && url.Scheme is "http" or "https") return url;
        map.Value(key)!.Invalid("a URL of http or https", "\"https://kms.eu-west-1.amazonaws.com\"");
        return null;
    }

    private Address? ReadAddress(YamlMap map, string key, string text) =>
        _expansion.Expand(text, map.PositionOf(key)) is { } expanded ? ParseAddress(expanded, map.PositionOf(key)) : null;

    private void CheckExecutors()
    {
        foreach (var (name, account) in _accounts)
        {
            if (account.Signer is not SafeSigner safe) continue;
            var at = new Position(_lines[$"accounts.{name}"]);
            if (!_accounts.TryGetValue(safe.Executor, out var executor))
            {
                _findings.Error(FindingCodes.NameUnknown, at, $"The executor '{safe.Executor}' of the Safe '{name}' is no account.",
                    NearestName.Suggest(safe.Executor, _accounts.Keys, "Name an account that can sign transactions."));
            }
            else if (executor.Signer is SafeSigner)
            {
                _findings.Error(FindingCodes.ValueInvalid, at, $"The executor '{safe.Executor}' of the Safe '{name}' is a Safe itself.",
                    "Name an account with a key: it sends what the owners signed and can do nothing without their signatures.");
            }
        }
    }

    private List<EnvironmentOperator> ReadOperators(YamlMap file, EnvironmentKind? kind)
    {
        var operators = new List<EnvironmentOperator>();
        if (file.Has("operators") && kind is EnvironmentKind.Production or EnvironmentKind.Staging)
        {
            _findings.Error(FindingCodes.ValueInvalid, file.PositionOf("operators"),
                $"Operators are written in an environment of the kind {kind}.",
                "Remove them: outside devnets and forks, operators are added by two people, not by a file.");
        }

        foreach (var map in file.List("operators").Select(v => v.Map()).OfType<YamlMap>())
        {
            var (name, roles) = (map.RequiredText("name", "Add 'name:'."), map.Texts("roles"));
            var text = map.RequiredText("wallet", "Add 'wallet:' with the operator's address.");
            var at = map.PositionOf("wallet");
            map.Close();
            if (text.Length > 0 && _expansion.Expand(text, at, optional: true) is { } expanded && ParseAddress(expanded, at) is { } wallet)
                operators.Add(new EnvironmentOperator(name, roles, wallet));
        }

        return operators;
    }

    private (Dictionary<string, string>, Dictionary<string, SecretReference>) ReadVariables(YamlMap file)
    {
        var (variables, secrets) = (new Dictionary<string, string>(StringComparer.Ordinal), new Dictionary<string, SecretReference>(StringComparer.Ordinal));
        foreach (var (name, at, value) in file.Map("variables")?.Entries("variable") ?? [])
        {
            if (value.IsMap)
            {
                var map = value.Map()!;
                if (ReadSecret(map, "secret") is { } secret) secrets[name] = secret;
                if (!map.Has("secret")) map.Missing("secret", "Write { secret: \"env:NAME\" } or plain text.");
                map.Close();
            }
            else if (value.Text() is { } text)
            {
                var waits = _awaitsDeployment && text.Contains("${contract:", StringComparison.Ordinal);
                if (_expansion.Expand(text, at, optional: waits || !text.Contains("${contract:", StringComparison.Ordinal)) is { } full) variables[name] = full;
            }
        }

        return (variables, secrets);
    }

    private Dictionary<string, SecretReference> ReadDatabases(YamlMap file)
    {
        var databases = new Dictionary<string, SecretReference>(StringComparer.Ordinal);
        if (file.Map("databases") is not { } map) return databases;
        foreach (var (name, _, _) in map.Entries("database"))
        {
            if (ReadSecret(map, name) is { } secret) databases[name] = secret;
        }

        return databases;
    }

    private SecretReference? ReadSecret(YamlMap map, string key)
    {
        if (map.Text(key) is not { } text) return null;
        var at = map.PositionOf(key);
        if (!text.StartsWith("env:", StringComparison.Ordinal) && !text.StartsWith("file:", StringComparison.Ordinal))
        {
            // The text is not repeated: it may be the secret.
            _findings.Error(FindingCodes.SecretLiteral, at, $"{YamlMap.Capital(map.Where)} has '{key}' written out.",
                "Put the secret into an environment variable or a file and write env:NAME or file:PATH.");
            return null;
        }

        if (_expansion.Expand(text, at) is not { } expanded) return null;
        if (SecretReference.Parse(expanded) is { } secret) return secret;
        _findings.Error(FindingCodes.ValueInvalid, at, $"'{key}' of {map.Where} is no secret reference.", "Write env:NAME or file:PATH.");
        return null;
    }

    private Address? ParseAddress(string text, Position at)
    {
        if (Address.TryParse(text, out var address)) return address;
        _findings.Error(FindingCodes.AddressInvalid, at, $"'{text}' is not an address.",
            "Write 0x and 40 hex digits; with mixed case the EIP-55 checksum must be right.");
        return null;
    }
}
