namespace Quarterdeck.Cli;

/// <summary>A command cannot do what was asked. The message says what is wrong and what to do; no stack trace is shown.</summary>
public class CommandException(string message, int exitCode = 1) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}
