using System.Text.RegularExpressions;
using Quarterdeck.Packs.Yaml;

namespace Quarterdeck.Packs.Environments;

/// <summary>Reads <c>services:</c> of an environment.</summary>
internal sealed partial class ServiceBindingReader(string path, EnvironmentExpansion expansion, FindingList findings)
{
    private static readonly Dictionary<string, ServiceDriverKind> Drivers =
        Enum.GetValues<ServiceDriverKind>().ToDictionary(kind => kind.ToString().ToLowerInvariant(), StringComparer.Ordinal);

    public Dictionary<string, ServiceBinding> Read(YamlMap file, EnvironmentKind? environment)
    {
        var services = new Dictionary<string, ServiceBinding>(StringComparer.Ordinal);
        foreach (var (name, _, value) in file.Map("services")?.Entries("service") ?? [])
        {
            if (value.Map() is { } map && Read(name, map, environment) is { } binding) services[name] = binding;
        }

        return services;
    }

    private ServiceBinding? Read(string name, YamlMap map, EnvironmentKind? environment)
    {
        if (!map.Has("driver")) map.Missing("driver", "Add 'driver:' kubernetes, compose, systemd or process.");
        var driver = map.Word("driver", Drivers);
        var target = Word(map, "target") ?? name;
        var verbs = map.Texts("verbs");
        var known = driver is { } kind ? ServiceBinding.VerbsOf(kind) : ServiceBinding.AllVerbs;
        var unknown = verbs.FirstOrDefault(verb => !known.Contains(verb));
        if (unknown is not null)
        {
            findings.Error(FindingCodes.ValueInvalid, map.PositionOf("verbs"), $"The service '{name}' allows the verb '{unknown}', which its driver has not.",
                NearestName.Suggest(unknown, known, $"Write some of {string.Join(", ", known)}."));
        }

        var binding = new ServiceBinding(name, driver ?? ServiceDriverKind.Process, target, verbs.Count == 0 ? ServiceBinding.DefaultVerbs : verbs)
        {
            Space = Word(map, "namespace") ?? Word(map, "project"),
            Context = Word(map, "context"),
            File = Path(map, "file"),
            Control = Path(map, "control"),
            Replicas = map.Integer("replicas", 1, 1000) ?? 1,
        };
        if (driver == ServiceDriverKind.Process && binding.Control is null)
            map.Missing("control", "Add 'control: \"${QUARTERDECK_STATE}/control\"', the control folder of the embedded environment.");
        if (driver is not null and not ServiceDriverKind.Process && environment == EnvironmentKind.Devnet)
        {
            findings.Error(FindingCodes.ValueInvalid, map.PositionOf("driver"),
                $"The service '{name}' has the driver '{Text(driver.Value)}' on a devnet.",
                "On a devnet only 'driver: process' acts; name the others in environments of another kind.");
        }

        map.Close();
        return driver is null || unknown is not null ? null : binding;
    }

    // Words that become arguments of a program: none may pass for an option.
    private string? Word(YamlMap map, string key)
    {
        if (map.Text(key) is not { } text || expansion.Expand(text, map.PositionOf(key)) is not { } word) return null;
        if (Plain().IsMatch(word)) return word;
        map.Value(key)!.Invalid("a plain name without spaces that does not begin with a dash", "deployment/relay");
        return null;
    }

    private string? Path(YamlMap map, string key) =>
        map.Text(key) is { } text && expansion.Expand(text, map.PositionOf(key)) is { } full
            ? System.IO.Path.GetFullPath(full, System.IO.Path.GetDirectoryName(path)!)
            : null;

#pragma warning disable CA1308 // The words of the file are lower case.
    private static string Text(ServiceDriverKind kind) => kind.ToString().ToLowerInvariant();
#pragma warning restore CA1308

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9_.@:/-]*$")]
    private static partial Regex Plain();
}
