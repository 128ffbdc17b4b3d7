namespace Quarterdeck.Cli.Tests;

/// <summary>The process has one standard output: tests that read what a command printed run one after another.</summary>
[CollectionDefinition("console")]
public sealed class ConsoleCollection;
