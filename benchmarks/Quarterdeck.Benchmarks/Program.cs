using System.CommandLine;

if (args is [Quarterdeck.Benchmarks.Indexing.IndexRun.Word, .. var rest]) return await Quarterdeck.Benchmarks.Indexing.IndexRun.Run(rest);
if (args is [Quarterdeck.Benchmarks.Indexing.FloorRun.Word, .. var floor]) return await Quarterdeck.Benchmarks.Indexing.FloorRun.Run(floor);

// Every class in Quarterdeck.Benchmarks.Commands that derives from Command is one of the words: adding a benchmark is adding one file.
var root = new RootCommand("The figures of the README, each beside its peer or floor in the same run.");
var commands = typeof(Quarterdeck.Benchmarks.Commands.AuditBenchmark).Assembly.GetTypes()
    .Where(type => type.Namespace == "Quarterdeck.Benchmarks.Commands" && !type.IsNested && !type.IsAbstract && type.IsSubclassOf(typeof(Command)))
    .Select(type => (Command)Activator.CreateInstance(type)!)
    .OrderBy(command => command.Name, StringComparer.Ordinal)
    .ToList();
foreach (var command in commands) root.Subcommands.Add(command);
if (args.Length > 0) return await root.Parse(args).InvokeAsync();

foreach (var command in commands)
{
    Console.WriteLine($"== {command.Name}");
    var code = await root.Parse([command.Name]).InvokeAsync();
    if (code != 0) return code;
}

return 0;
