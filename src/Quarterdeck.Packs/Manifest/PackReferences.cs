namespace Quarterdeck.Packs.Manifest;

/// <summary>Names that one file of a pack uses and another defines, checked once everything is read.</summary>
internal static class PackReferences
{
    public static void Check(ProtocolPack pack, PackFiles files)
    {
        var slugs = pack.Runbooks.Select(r => r.Slug).ToArray();
        foreach (var runbook in pack.Runbooks.GroupBy(r => r.Slug).Where(g => g.Count() > 1))
        {
            var second = runbook.ElementAt(1);
            files.FindingsOf(second.Source).Error(FindingCodes.NameTwice, new Yaml.Position(second.Line),
                $"Two runbooks are named '{runbook.Key}': here and in {runbook.First().Source}.", "Rename the file or the heading.");
        }

        foreach (var runbook in pack.Runbooks.Where(r => r.PolicyName is { } p && !pack.Policies.Policies.ContainsKey(p)))
            ReferenceCheck.Known("policy", runbook.PolicyName!, pack.Policies.Policies.Keys, new Yaml.Position(runbook.Line), files.FindingsOf(runbook.Source));
        foreach (var slug in pack.Policies.Propose.Where(s => !slugs.Contains(s)))
            ReferenceCheck.Known("runbook", slug, slugs, Yaml.Position.WholeFile, files.FindingsOf("policies.yaml"));
        foreach (var slug in pack.Policies.Rehearse.Keys.Where(s => !slugs.Contains(s)))
            ReferenceCheck.Known("runbook", slug, slugs, Yaml.Position.WholeFile, files.FindingsOf("policies.yaml"));
        foreach (var schedule in pack.Schedules.Where(s => s.Runbook.Length > 0 && !slugs.Contains(s.Runbook)))
            ReferenceCheck.Known("runbook", schedule.Runbook, slugs, Yaml.Position.WholeFile, files.FindingsOf("schedules.yaml"));
        foreach (var fault in pack.Faults.Where(f => f.Runbook is { } r && !slugs.Contains(r)))
            ReferenceCheck.Known("runbook", fault.Runbook!, slugs, Yaml.Position.WholeFile, files.FindingsOf("faults.yaml"));
    }
}
