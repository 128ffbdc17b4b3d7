using System.CommandLine;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Findings;

namespace Quarterdeck.Cli;

/// <summary>
/// The root command. Every class in <c>Quarterdeck.Cli.Commands</c> that derives from <see cref="Command"/> and has a
/// constructor without parameters is one of its words, so that adding a command is adding one file.
/// </summary>
internal static class QuarterdeckCommand
{
    private const string CommandNamespace = "Quarterdeck.Cli.Commands";

    /// <summary>The exit code where a file or an argument is at fault; 1 is a task that failed.</summary>
    public const int BadInput = 2;

    public static RootCommand Create()
    {
        var root = new RootCommand("Quarterdeck: the operations platform of an on-chain protocol.");
        var commands = typeof(QuarterdeckCommand).Assembly.GetTypes()
            .Where(type => type.Namespace == CommandNamespace && !type.IsNested && !type.IsAbstract
                && type.IsSubclassOf(typeof(Command)) && type.GetConstructor(Type.EmptyTypes) is not null)
            .Select(type => (Command)Activator.CreateInstance(type)!)
            .OrderBy(command => command.Name, StringComparer.Ordinal);
        foreach (var command in commands) root.Subcommands.Add(command);
        return root;
    }

    public static async Task<int> Run(string[] args, CancellationToken cancel)
    {
        // A command that owns child processes needs time to stop them: PostgreSQL writes its last checkpoint.
        var configuration = new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = TimeSpan.FromSeconds(30),
        };
        try
        {
            return await Create().Parse(args).InvokeAsync(configuration, cancel);
        }
        catch (AuthorException exception)
        {
            foreach (var finding in exception.Findings) await Console.Error.WriteLineAsync(finding.ToString());
            return BadInput;
        }
        catch (CommandException exception)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return exception.ExitCode;
        }
        catch (Api.ApiException refused)
        {
            await Console.Error.WriteLineAsync(refused.Message);
            return 1;
        }
        catch (TransientException exception)
        {
            await Console.Error.WriteLineAsync($"{exception.Message} This may pass: try again.");
            return 1;
        }
        catch (OperationCanceledException)
        {
            return 130;
        }
    }
}
