using System.Text.RegularExpressions;
using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Packs.Yaml;

namespace Quarterdeck.Packs.Checking;

/// <summary>Kubernetes objects that manifests define, by kind and name.</summary>
/// <param name="Names">Names by kind, such as <c>deployment</c>.</param>
/// <param name="Namespaces">Namespaces that the manifests name.</param>
public sealed partial record ClusterObjects(IReadOnlyDictionary<string, IReadOnlySet<string>> Names, IReadOnlySet<string> Namespaces)
{
    private static readonly Dictionary<string, string> Kinds = new(StringComparer.Ordinal)
    {
        ["deploy"] = "deployment",
        ["sts"] = "statefulset",
        ["ds"] = "daemonset",
        ["svc"] = "service",
        ["cm"] = "configmap",
        ["cj"] = "cronjob",
        ["ing"] = "ingress",
        ["ns"] = "namespace",
        ["sa"] = "serviceaccount",
        ["pvc"] = "persistentvolumeclaim",
        ["hpa"] = "horizontalpodautoscaler",
    };

    /// <summary>Reads the manifests of a folder. Documents whose name is a template's are passed over.</summary>
    public static ClusterObjects FromFolder(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var names = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        var spaces = new HashSet<string>(StringComparer.Ordinal);
        var files = Directory.EnumerateFiles(folder, "*.y*ml", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 6, AttributesToSkip = FileAttributes.ReparsePoint }).Take(2_000);
        foreach (var document in files.Where(f => new FileInfo(f).Length < 1 << 20).SelectMany(f => Separator().Split(File.ReadAllText(f))))
        {
            if (Kind().Match(document) is not { Success: true } kind || Name().Match(document) is not { Success: true } name) continue;
            var plain = kind.Groups[1].Value.ToLowerInvariant();
            if (!names.TryGetValue(plain, out var known)) names[plain] = known = new HashSet<string>(StringComparer.Ordinal);
            known.Add(name.Groups[1].Value);
            if (plain == "namespace") spaces.Add(name.Groups[1].Value);
            if (Space().Match(document) is { Success: true } space) spaces.Add(space.Groups[1].Value);
        }

        return new ClusterObjects(names.ToDictionary(n => n.Key, n => (IReadOnlySet<string>)n.Value, StringComparer.Ordinal), spaces);
    }

    /// <summary>The kind that a word of kubectl means.</summary>
    internal static string KindOf(string word)
    {
        var plain = word.Split('.')[0].ToLowerInvariant();
        return Kinds.GetValueOrDefault(plain) ?? (plain is "ingresses" ? "ingress" : plain.EndsWith('s') && plain is not "ingress" ? plain[..^1] : plain);
    }

    internal static void Check(RunbookStep step, CheckScope scope, FindingList findings)
    {
        if (scope.Objects is not { Names.Count: > 0 } objects || step is not ServiceStep { Driver: "kubernetes" } service) return;
        var at = new Position(step.Line);
        if (service.Namespace is { Length: > 0 } space && Plain().IsMatch(space) && objects.Namespaces.Count > 0 && !objects.Namespaces.Contains(space))
            findings.Warning(FindingCodes.ObjectUnknown, at, $"No manifest names the namespace '{space}'.", NearestName.Suggest(space, objects.Namespaces, "Correct the name, or give the manifests of that namespace."));
        if (service.Target.Split('/') is not [var kind, var name] || service.Verb.StartsWith("create", StringComparison.Ordinal) || !Plain().IsMatch(name)) return;
        if (!objects.Names.TryGetValue(KindOf(kind), out var known) || known.Contains(name)) return;
        findings.Warning(FindingCodes.ObjectUnknown, at, $"No manifest defines the {KindOf(kind)} '{name}'.", NearestName.Suggest(name, known, "Correct the name, or give the manifest that defines it."));
    }

    [GeneratedRegex(@"(?m)^---\s*$")]
    private static partial Regex Separator();

    [GeneratedRegex(@"(?m)^kind:\s*[""']?([A-Za-z]+)")]
    private static partial Regex Kind();

    [GeneratedRegex(@"(?m)^metadata:[^\n]*\n(?:[ \t]+[^\n]*\n|[ \t]*\n|#[^\n]*\n)*?[ \t]{1,8}name:\s*[""']?([a-z0-9][a-z0-9.-]*)[""']?\s*$")]
    private static partial Regex Name();

    [GeneratedRegex(@"(?m)^metadata:[^\n]*\n(?:[ \t]+[^\n]*\n|[ \t]*\n|#[^\n]*\n)*?[ \t]{1,8}namespace:\s*[""']?([a-z0-9][a-z0-9-]*)[""']?\s*$")]
    private static partial Regex Space();

    [GeneratedRegex("^[a-z0-9][a-z0-9.-]*$")]
    private static partial Regex Plain();
}
