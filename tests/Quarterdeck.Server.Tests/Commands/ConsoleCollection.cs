namespace Quarterdeck.Server.Tests.Commands;

/// <summary>Tests that read what is printed, alone with the console.</summary>
[CollectionDefinition("console", DisableParallelization = true)]
public sealed class ConsoleCollection;
