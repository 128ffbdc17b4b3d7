using System.Globalization;
using Quarterdeck.Primitives.Findings;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Quarterdeck.Devnet.Deployment;

/// <summary>contracts/deploy.yaml of a pack: how its contracts come to a development chain.</summary>
internal sealed record DeployFile(IReadOnlyDictionary<string, uint> Accounts, IReadOnlyList<DeployStep> Steps)
{
    private const string Name = "contracts/deploy.yaml";
    private const string DefaultAccount = "deployer";
    private const uint LastAccount = 19;

    /// <summary>Reads the file of the pack in this folder.</summary>
    /// <exception cref="AuthorException">It is not a deployment; the finding names the line.</exception>
    public static DeployFile Load(string packRoot) => Parse(File.ReadAllText(Path.Combine(packRoot, Name)));

    internal static DeployFile Parse(string text)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException problem)
        {
            throw Bad((int)problem.Start.Line, $"It is not YAML: {problem.Message}", "Mend the line.");
        }

        if (stream.Documents is not [{ RootNode: YamlMappingNode root }])
            throw Bad(1, "It is not a mapping.", "Begin with 'accounts:' and 'steps:'.");
        var accounts = new Dictionary<string, uint> { [DefaultAccount] = 0 };
        foreach (var (key, value) in Map(root, "accounts") ?? new YamlMappingNode())
        {
            if (!uint.TryParse(Text(value), NumberStyles.None, CultureInfo.InvariantCulture, out var index) || index > LastAccount)
                throw Bad(Line(value), $"Account '{key}' is '{value}'.", $"Give the index of a development account, 0 to {LastAccount}.");
            accounts[Text(key)] = index;
        }

        if (!root.Children.TryGetValue("steps", out var steps) || steps is not YamlSequenceNode list)
            throw Bad(1, "There are no steps.", "Add 'steps:' with a list of 'deploy:' and 'send:'.");
        return new DeployFile(accounts, [.. list.Select(step => Step(step, accounts))]);
    }

    private static DeployStep Step(YamlNode node, Dictionary<string, uint> accounts)
    {
        if (node is not YamlMappingNode map) throw Bad(Line(node), "A step is not a mapping.", "Write '- deploy: Name' or '- send: Contract.function(types)'.");
        var line = Line(node);
        foreach (var key in map.Children.Keys.Select(Text))
        {
            if (key is not ("deploy" or "artifact" or "proxy" or "send" or "args" or "as" or "value"))
                throw Bad(line, $"A step has the unknown key '{key}'.", "Known are deploy, artifact, proxy, send, args, as and value.");
        }

        var account = Optional(map, "as") ?? DefaultAccount;
        if (!accounts.ContainsKey(account)) throw Bad(line, $"There is no account '{account}'.", $"Known are {string.Join(", ", accounts.Keys)}.");
        if (Optional(map, "deploy") is { } name)
        {
            var proxy = Map(map, "proxy") is { } inner
                ? new DeployProxy(
                    Optional(inner, "initialize") ?? throw Bad(Line(inner), "The proxy has no 'initialize'.", "Name the function, such as initialize(address)."),
                    Arguments(inner))
                : null;
            return new DeployContract(line, account, name, Optional(map, "artifact") ?? name, Arguments(map), proxy);
        }

        var call = Optional(map, "send") ?? throw Bad(line, "A step neither deploys nor sends.", "Write 'deploy:' or 'send:'.");
        var dot = call.IndexOf('.', StringComparison.Ordinal);
        if (dot < 1) throw Bad(line, $"'{call}' names no contract.", "Write Contract.function(types).");
        return new DeployCall(line, account, call[..dot], call[(dot + 1)..], Arguments(map), Optional(map, "value"));
    }

    private static string[] Arguments(YamlMappingNode map) =>
        map.Children.TryGetValue("args", out var node) && node is YamlSequenceNode list ? [.. list.Select(Argument)] : [];

    private static string Argument(YamlNode node) =>
        node is YamlSequenceNode list ? $"[{string.Join(',', list.Select(Argument))}]" : Text(node);

    private static YamlMappingNode? Map(YamlMappingNode map, string key) =>
        map.Children.TryGetValue(key, out var node) ? node as YamlMappingNode : null;

    private static string? Optional(YamlMappingNode map, string key) => map.Children.TryGetValue(key, out var node) ? Text(node) : null;

    private static string Text(YamlNode node) => node is YamlScalarNode { Value: { } value }
        ? value
        : throw Bad(Line(node), "A text is expected here.", "Write a plain value.");

    private static int Line(YamlNode node) => (int)node.Start.Line;

    internal static AuthorException Bad(int line, string message, string remedy) =>
        new(new Finding("QD1901", FindingSeverity.Error, Name, line, message, remedy));
}
